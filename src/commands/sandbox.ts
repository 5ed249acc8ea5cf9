import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { outputFlags } from '../cli/flags/node-flags.ts';
import { startOwnSandbox } from '../cli/run/own-sandbox.ts';
import { callersOf, openDoor } from '../cli/run/sandbox-doors.ts';
import { Shutdown } from '../cli/run/shutdown.ts';
import { LineWriter } from '../cli/screen/line-writer.ts';
import { nearest } from '../cli/suggestion.ts';
import { TsexposeError } from '../errors.ts';
import type { Sandbox as Tailnet } from '../sandbox/sandbox.ts';
import { jsonLine, printable } from '../ui/printable.ts';
import { type SandboxFacts, sandboxText } from '../ui/sandbox-text.ts';

export default class Sandbox extends Command {
  static override summary = 'Run a private tailnet on this machine, to try and to test with.';
  static override usage = 'sandbox [--door WHO=NAME:PORT] [--port PORT] [--json]';
  static override examples = [
    { command: 'tsexpose sandbox', description: 'prints how to join it, and as whom' },
    { command: 'tsexpose sandbox --door alice=myapp:80', description: 'with a local URL that is Alice opening myapp' },
    { command: 'tsexpose sandbox --json', description: 'for a test: the first line has all that it needs' },
  ];
  static override flags = {
    door: Flags.string({
      description: 'Open a local port that reaches NAME:PORT as WHO; may be repeated.',
      helpValue: 'WHO=NAME:PORT',
      multiple: true,
      multipleNonGreedy: true,
    }),
    port: Flags.integer({
      description: 'Port of the control server. Default: a free one.',
      helpValue: 'PORT',
      env: 'TSEXPOSE_SANDBOX_PORT',
      min: 0,
      max: 65535,
    }),
    ...outputFlags,
  };

  async run(): Promise<number> {
    const { flags } = await this.parse(Sandbox);
    const wanted = (flags.door ?? []).map(parseDoor);
    using shutdown = new Shutdown();
    const out = new LineWriter(process.stdout, shutdown.endOutput);
    const log = flags.verbose ? (line: string) => process.stderr.write(`${printable(line)}\n`) : undefined;
    await using sandbox = await startOwnSandbox(shutdown, { port: flags.port, log });
    for (const { who } of wanted) checkCaller(sandbox, who);
    const doors: SandboxFacts['doors'] = [];
    for (const { who, target } of wanted) doors.push({ target, ...(await openDoor(sandbox, who, target)) });
    out.write(flags.json ? jsonLine(readyEvent(sandbox, doors)) : sandboxText(factsOf(sandbox, doors)));
    const { exit, error, reason } = await shutdown.wait();
    if (flags.json) out.write(jsonLine({ event: 'closed', reason }));
    if (error) throw error;
    return exit;
  }
}

function parseDoor(text: string): { who: string; target: string } {
  const [, who, name, port = '80'] = /^([^=]+)=([a-z0-9.-]+|\[[0-9a-f:]+\])(?::(\d{1,5}))?$/i.exec(text) ?? [];
  if (who && name && Number(port) >= 1 && Number(port) <= 65535) return { who, target: `${name}:${port}` };
  const message = `Expected a door such as alice=myapp:80, got ${JSON.stringify(text)}.`;
  throw new TsexposeError('ERR_TSEXPOSE_USAGE', message, { suggestions: ['--door alice=myapp:80'] });
}

function checkCaller({ people, devices }: Tailnet, who: string): void {
  const known = [
    ...people.flatMap(({ id, login }) => [id, login]),
    ...devices.flatMap(({ name, tags }) => [name, ...tags]),
  ];
  if (known.includes(who)) return;
  const message = `Expected a person, a device or a tag of the sandbox at the door, got ${JSON.stringify(who)}.`;
  const suggestions = [nearest(who, known) ?? 'alice', 'ci-runner'].map((visitor) => `--door ${visitor}=myapp:80`);
  throw new TsexposeError('ERR_TSEXPOSE_USAGE', message, { suggestions: [...new Set(suggestions)] });
}

function factsOf(sandbox: Tailnet, doors: SandboxFacts['doors']): SandboxFacts {
  const { controlUrl, people, devices, env } = sandbox;
  const names = new Map(people.map(({ id, login }) => [id, login]));
  const members = callersOf(sandbox).map((visitor) => {
    const tags = devices.find(({ name }) => name === visitor)?.tags;
    return { who: names.get(visitor) ?? `${tags?.join(', ')}`, authKey: sandbox.authKey(visitor) };
  });
  return { controlUrl, members, doors, env: { ...env } };
}

function readyEvent(sandbox: Tailnet, doors: SandboxFacts['doors']) {
  const { controlUrl, suffix, people, devices, authKeys, env, caFile } = sandbox;
  return { event: 'ready', controlUrl, suffix, people, devices, authKeys, doors, env, caFile };
}
