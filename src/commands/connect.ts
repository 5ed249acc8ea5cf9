import * as Args from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { explainDial } from '../cli/connect/dial-failure.ts';
import { openLocalDoor } from '../cli/connect/local-port.ts';
import { socksDestination } from '../cli/connect/socks.ts';
import { nodeFlags, outputFlags } from '../cli/flags/node-flags.ts';
import { readNodeFlags } from '../cli/flags/options.ts';
import { Shutdown } from '../cli/run/shutdown.ts';
import { startNode } from '../cli/run/start-node.ts';
import { TsexposeError } from '../errors.ts';
import type { ExposeEvent } from '../events.ts';
import { Problems } from '../problems.ts';
import type { Tailnet } from '../tailnet/tailnet.ts';
import { plainLines } from '../ui/plain.ts';

export default class Connect extends Command {
  static override summary = 'Reach a port of the tailnet from this machine.';
  static override usage = 'connect NAME:PORT [LOCAL-PORT] [flags]';
  static override examples = [
    { command: 'tsexpose connect db:5432 5432', description: 'as port 5432 of this machine' },
    { command: 'tsexpose connect db:5432 < query', description: 'from standard input to standard output' },
    { command: 'tsexpose connect --socks5 1080', description: 'all of the tailnet, for SOCKS5 clients' },
  ];
  static override args = {
    address: Args.string({ description: 'Name or address, and port, of a device of the tailnet.', ignoreStdin: true }),
    port: Args.string({ description: 'Port on 127.0.0.1; without one, standard input and output.', ignoreStdin: true }),
  };
  static override flags = {
    ...nodeFlags,
    socks5: Flags.integer({
      description: 'Port on 127.0.0.1 for SOCKS5 clients.',
      helpValue: 'PORT',
      env: 'TSEXPOSE_SOCKS5',
      min: 0,
      max: 65_535,
    }),
    verbose: outputFlags.verbose,
  };

  async run(): Promise<number> {
    const { args, flags } = await this.parse(Connect);
    const problems = new Problems();
    // A name of its own: nobody is meant to find this node.
    const named = { ...flags, name: flags.name ?? 'connect', ephemeral: flags.ephemeral ?? flags.name === undefined };
    const node = readNodeFlags(problems, named, { cwd: process.cwd(), env: process.env });
    const goal = problems.check(() => readGoal(args.address, args.port, flags.socks5));
    problems.throw();
    using shutdown = new Shutdown();
    const anyName = flags.name === undefined;
    const onEvent = (event: ExposeEvent) => {
      for (const { text } of plainLines(event, new Date())) this.logToStderr(text);
    };
    const log = flags.verbose ? (line: string) => this.logToStderr(line) : undefined;
    const { joinTailnet } = await import('../expose/expose.ts');
    await using tailnet = await startNode({ ...node, anyName, onEvent, log }, shutdown, joinTailnet);
    return await (goal!.local === undefined ? pipe(tailnet, goal!, shutdown) : this.#hold(tailnet, goal!, shutdown));
  }

  async #hold(tailnet: Tailnet, { host, port, local }: Goal, shutdown: Shutdown): Promise<number> {
    const destination = host === '' ? socksDestination : async () => ({ host, port });
    const door = await openLocalDoor(tailnet, local!, destination, (error) => this.logToStderr(error.message));
    this.log(host === '' ? `socks5://127.0.0.1:${door.port}` : `127.0.0.1:${door.port} -> ${host}:${port}`);
    const { exit } = await shutdown.wait();
    await door.close();
    return exit;
  }
}

/** What is connected: a port of the tailnet (`host` is empty for all of it) and a local one, or none. */
interface Goal {
  host: string;
  port: number;
  local: number | undefined;
}

function readGoal(address: string | undefined, local: string | undefined, socks: number | undefined): Goal {
  if (socks !== undefined && address === undefined) return { host: '', port: 0, local: socks };
  if (socks !== undefined) throw usage('Expected NAME:PORT or --socks5, got both.');
  const [, host, port] = /^(\[[0-9a-f:.]+\]|[A-Za-z0-9._-]+):(\d+)$/i.exec(address ?? '') ?? [];
  if (!host || !port)
    throw usage(`Expected NAME:PORT, got ${address === undefined ? 'nothing' : JSON.stringify(address)}.`);
  return {
    host: host.replace(/^\[|\]$/g, ''),
    port: readPort(port),
    local: local === undefined ? undefined : readPort(local),
  };
}

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw usage(`Expected a port from 1 to 65535, got ${JSON.stringify(text)}.`);
}

function usage(message: string): TsexposeError {
  return new TsexposeError('ERR_TSEXPOSE_USAGE', message, {
    suggestions: ['tsexpose connect db:5432 5432', 'tsexpose connect --socks5 1080'],
  });
}

/** Joins a connection with standard input and output; ends when the other side has. */
async function pipe(tailnet: Tailnet, { host, port }: Goal, shutdown: Shutdown): Promise<number> {
  const socket = await tailnet
    .dial({ host, port, allowHalfOpen: true, signal: shutdown.signal })
    .catch((error: Error) => Promise.reject(explainDial(error, host, port)));
  shutdown.signal.addEventListener('abort', () => socket.destroy());
  process.stdin.pipe(socket);
  process.stdout.on('error', () => socket.destroy());
  const written = new Promise<void>((resolve, reject) => {
    socket
      .once('end', resolve)
      .once('error', reject)
      .once('close', () => resolve());
  });
  socket.pipe(process.stdout, { end: false });
  await written;
  socket.destroy();
  process.stdin.destroy();
  return shutdown.cause?.exit ?? 0;
}
