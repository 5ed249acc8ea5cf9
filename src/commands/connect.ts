import * as Args from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { explainDial } from '../cli/connect/dial-failure.ts';
import { openLocalPort, openSocksPort } from '../cli/connect/local-port.ts';
import { nodeFlags, outputFlags } from '../cli/flags/node-flags.ts';
import { readNodeFlags } from '../cli/flags/options.ts';
import { nodeStopped, Shutdown } from '../cli/run/shutdown.ts';
import { startNode } from '../cli/run/start-node.ts';
import { TsexposeError } from '../errors.ts';
import type { ExposeEvent } from '../events.ts';
import { Problems } from '../problems.ts';
import type { Tailnet } from '../tailnet/tailnet.ts';
import { plainLines } from '../ui/plain.ts';

export default class Connect extends Command {
  static override summary = 'Connect to a port on the tailnet from this machine.';
  static override usage = 'connect NAME:PORT [LOCAL-PORT] [flags]';
  static override examples = [
    { command: 'tsexpose connect db:5432 5432', description: 'as port 5432 of this machine' },
    { command: 'tsexpose connect db:5432 < query', description: 'from standard input to standard output' },
    { command: 'tsexpose connect --socks5 1080', description: 'the whole tailnet, for SOCKS5 clients' },
  ];
  static override args = {
    address: Args.string({ description: 'Name or address, and port, of a device on the tailnet.', ignoreStdin: true }),
    port: Args.string({ description: 'Port on 127.0.0.1. Default: standard input and output.', ignoreStdin: true }),
  };
  static override flags = {
    ...nodeFlags,
    name: Flags.string({
      char: 'n',
      description: 'Name on the tailnet. Default: connect; the node is then ephemeral.',
      helpValue: 'NAME',
      env: 'TSEXPOSE_NAME',
      helpGroup: 'node',
    }),
    socks5: Flags.integer({
      description: 'Open a SOCKS5 proxy on this port of 127.0.0.1.',
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
    // Others have no reason to look for this node, so any name will do.
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
    tailnet.once('close', () => shutdown.end(nodeStopped(tailnet.failure)));
    return await (goal!.local === undefined ? pipe(tailnet, goal!, shutdown) : this.#hold(tailnet, goal!, shutdown));
  }

  async #hold(tailnet: Tailnet, { host, port, local }: Goal, shutdown: Shutdown): Promise<number> {
    const onFailure = (error: Error) => this.logToStderr(error.message);
    const open = await (host === ''
      ? openSocksPort(tailnet, local!, onFailure)
      : openLocalPort(tailnet, local!, { host, port }, onFailure));
    this.log(host === '' ? `socks5://127.0.0.1:${open.port}` : `127.0.0.1:${open.port} -> ${host}:${port}`);
    const { error, exit } = await shutdown.wait();
    await open.close();
    if (error) throw error;
    return exit;
  }
}

/** What to connect: a port on the tailnet, or all of it if `host` is empty, to a local port or to standard input. */
interface Goal {
  host: string;
  port: number;
  local: number | undefined;
}

function readGoal(address: string | undefined, local: string | undefined, socks: number | undefined): Goal {
  if (socks !== undefined && address === undefined) return { host: '', port: 0, local: socks };
  if (socks !== undefined) throw usage('--socks5 cannot be combined with NAME:PORT.');
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

/** Connects standard input and output to a port on the tailnet, and ends when the other side does. */
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
  if (shutdown.cause?.error) throw shutdown.cause.error;
  return shutdown.cause?.exit ?? 0;
}
