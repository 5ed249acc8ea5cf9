import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import { findNodes } from '../../control-socket/client.ts';
import type { TsexposeError } from '../../errors.ts';
import { whyUnreachable } from '../../proxy/target/probe.ts';
import type { Target } from '../../proxy/target/target.ts';
import { defaultStateDir } from '../../tailnet/state-dir.ts';
import type { Finding } from '../../ui/finding-line.ts';
import { listensBeyondLoopback } from '../child/listening-port.ts';
import { hasLoggedIn } from '../run/fresh-state.ts';

const TAILSCALE = 'https://controlplane.tailscale.com';
/** How long a control server may take to answer, in milliseconds. */
const CONTROL_PATIENCE_MS = 10_000;

/** What `tsexpose` would be started with. */
export interface Examined {
  name: string;
  authKey?: string | undefined;
  controlUrl?: string | undefined;
  stateDir?: string | undefined;
  tags?: readonly string[] | undefined;
  /** The local service. @default it is not looked at */
  target?: Target | undefined;
}

/** Looks at everything that a node needs, one thing after the other, and says what would keep it from working. */
export async function* examine(examined: Examined): AsyncGenerator<Finding> {
  const stateDir = examined.stateDir ?? defaultStateDir(examined.name, examined.controlUrl);
  yield ok('Node.js', `${process.versions.node} on ${process.platform}-${process.arch}`);
  yield await addon();
  yield await stateDirectory(stateDir);
  yield login(stateDir, examined);
  yield await controlServer(examined.controlUrl ?? TAILSCALE);
  if (examined.target) yield* localService(examined.target);
  yield* runningNodes();
}

async function addon(): Promise<Finding> {
  try {
    const { loadBinding } = await import('../../native/binding.ts');
    loadBinding();
    return ok('addon', 'the tailnet node can be loaded');
  } catch (error) {
    return fault('addon', error as TsexposeError);
  }
}

async function stateDirectory(directory: string): Promise<Finding> {
  for (let path = directory; ; path = dirname(path)) {
    try {
      await access(path, constants.W_OK | constants.X_OK);
      return ok('state', path === directory ? `in ${directory}` : `will be in ${directory}`);
    } catch (error) {
      // What does not exist yet is made, if what is above it lets us.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' && path !== '/') continue;
      const message = `Expected to be able to write ${path}: ${(error as NodeJS.ErrnoException).code}.`;
      return fault('state', { message, suggestions: [`ls -ld ${path}`, '--state-dir DIR', '--ephemeral'] });
    }
  }
}

function login(stateDir: string, { name, authKey, tags = [] }: Examined): Finding {
  if (authKey?.startsWith('tskey-client-') && tags.length === 0) {
    const message = 'An OAuth client secret logs in tagged nodes only, and there is no tag.';
    return fault('login', { message, suggestions: ['--tag tag:web'] });
  }
  if (authKey) return ok('login', 'by the auth key');
  if (hasLoggedIn(stateDir)) return ok('login', `${name} has logged in before`);
  return note('login', `${name} has not logged in yet: the first start prints a login page`, [
    `tsexpose 3000 --name ${name}`,
    'TS_AUTHKEY=tskey-auth-… where nobody is there to open it',
  ]);
}

async function controlServer(url: string): Promise<Finding> {
  try {
    // What every node asks for first. Tests never ask Tailscale's own.
    if (url === TAILSCALE && process.env.TS_PANIC_IF_HIT_MAIN_CONTROL) return note('control server', 'not asked', []);
    const signal = AbortSignal.timeout(CONTROL_PATIENCE_MS);
    const response = await fetch(new URL('/key?v=130', url), { signal });
    const { publicKey } = (await response.json()) as { publicKey?: string };
    if (publicKey) return ok('control server', url);
    throw new Error(`it answers ${response.status} and has no key`);
  } catch (error) {
    const { cause, message } = error as Error & { cause?: NodeJS.ErrnoException };
    const suggestions = ['Check --control-url, the network, and HTTPS_PROXY where the network needs one.'];
    const why = cause?.code ?? message;
    return fault('control server', { message: `Expected a control server at ${url}: ${why}.`, suggestions });
  }
}

async function* localService(target: Target): AsyncGenerator<Finding> {
  const absent = await whyUnreachable(target);
  yield absent ? note('service', absent.message, absent.suggestions) : ok('service', target.url);
  if (target.local || target.socketPath || !listensBeyondLoopback(target.port)) return;
  const message = `Port ${target.port} is open to other machines as well, which can write any identity header`;
  yield note('service', message, ['Let it listen on 127.0.0.1 only: docs/security.md']);
}

async function* runningNodes(): AsyncGenerator<Finding> {
  try {
    for (const { found } of await findNodes()) {
      const troubles = found.state === 'running' ? found.health : [`it is ${found.state}`, ...found.health];
      if (troubles.length === 0) yield ok('running node', found.urls[0] ?? found.name);
      for (const trouble of troubles) yield note('running node', `${found.name}: ${trouble}`, []);
    }
  } catch (error) {
    yield fault('runtime directory', error as TsexposeError);
  }
}

const ok = (about: string, message: string): Finding => ({ about, verdict: 'ok', message, suggestions: [] });

const note = (about: string, message: string, suggestions: string[]): Finding => ({
  about,
  verdict: 'note',
  message,
  suggestions,
});

const fault = (about: string, { message, suggestions }: Pick<TsexposeError, 'message' | 'suggestions'>): Finding => ({
  about,
  verdict: 'fault',
  message,
  suggestions,
});
