import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { outputFlags } from '../cli/flags/node-flags.ts';
import { nearest } from '../cli/flags/suggestion.ts';
import { startOwnSandbox } from '../cli/run/own-sandbox.ts';
import { callersOf, INTERNET, openDoor } from '../cli/run/sandbox-doors.ts';
import { Shutdown } from '../cli/run/shutdown.ts';
import { LineWriter } from '../cli/screen/line-writer.ts';
import { TsexposeError } from '../errors.ts';
import { TLS_PORTS } from '../expose/ports.ts';
import type { Sandbox as Tailnet } from '../sandbox/sandbox.ts';
import { jsonLine, printable } from '../ui/printable.ts';
import { type SandboxFacts, sandboxText } from '../ui/sandbox-text.ts';

export default class Sandbox extends Command {
  static override summary = 'Run a private tailnet on this machine, for development and tests.';
  static override usage = 'sandbox [--door WHO=NAME:PORT] [--port PORT] [--json]';
  static override examples = [
    { command: 'tsexpose sandbox', description: 'print how nodes join it' },
    { command: 'tsexpose sandbox --door alice=myapp:80', description: 'open a local URL that reaches myapp as Alice' },
    { command: 'tsexpose sandbox --json', description: 'print everything a test needs on one line' },
  ];
  static override flags = {
    door: Flags.string({
      description: 'Open a local port that reaches NAME:PORT as WHO, or as funnel. Repeatable.',
      helpValue: 'WHO=NAME:PORT',
      multiple: true,
      multipleNonGreedy: true,
    }),
    port: Flags.integer({
      char: 'p',
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
    for (const { who, target } of wanted) {
      // No browser knows the authority of a sandbox.
      const tls = TLS_PORTS.some((port) => target.endsWith(`:${port}`));
      doors.push({ target, ...(await openDoor(sandbox, who, target, { tls })) });
    }
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
    INTERNET,
  ];
  if (known.includes(who)) return;
  const message = `Expected a person, device or tag of the sandbox in --door, got ${JSON.stringify(who)}.`;
  const suggestions = [nearest(who, known) ?? 'alice', 'ci-runner'].map((caller) => `--door ${caller}=myapp:80`);
  throw new TsexposeError('ERR_TSEXPOSE_USAGE', message, { suggestions: [...new Set(suggestions)] });
}

function factsOf(sandbox: Tailnet, doors: SandboxFacts['doors']): SandboxFacts {
  const { controlUrl, people, devices, env } = sandbox;
  const names = new Map(people.map(({ id, login }) => [id, login]));
  const members = callersOf(sandbox).map((caller) => {
    const tags = devices.find(({ name }) => name === caller)?.tags;
    return { who: names.get(caller) ?? `${tags?.join(', ')}`, authKey: sandbox.authKey(caller) };
  });
  return { controlUrl, members, doors, env: { ...env } };
}

function readyEvent(sandbox: Tailnet, doors: SandboxFacts['doors']) {
  const { controlUrl, suffix, people, devices, authKeys, env, caFile } = sandbox;
  return { event: 'ready', controlUrl, suffix, people, devices, authKeys, doors, env, caFile };
}
