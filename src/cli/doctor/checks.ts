import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import { findNodes } from '../../control-socket/client.ts';
import { TsexposeError } from '../../errors.ts';
import { whyUnreachable } from '../../proxy/target/probe.ts';
import type { Target } from '../../proxy/target/target.ts';
import { checkState, hasLoggedIn } from '../../tailnet/start/state-file.ts';
import { defaultStateDir } from '../../tailnet/state-dir.ts';
import type { CheckResult } from '../../ui/check-line.ts';
import { listensBeyondLoopback } from '../child/listening-port.ts';

const TAILSCALE = 'https://controlplane.tailscale.com';
/** How long a control server may take to respond, in milliseconds. */
const CONTROL_TIMEOUT_MS = 10_000;

const NOT_ASKED =
  'not asked, because TS_PANIC_IF_HIT_MAIN_CONTROL is set, which forbids any contact with Tailscale’s own';
const UNSET = ['unset TS_PANIC_IF_HIT_MAIN_CONTROL', '--control-url URL'];

/** The options that `tsexpose` would start with. */
export interface CheckedOptions {
  name: string;
  authKey?: string | undefined;
  controlUrl?: string | undefined;
  stateDir?: string | undefined;
  tags?: readonly string[] | undefined;
  /** The local app. @default not checked */
  target?: Target | undefined;
}

/** Checks everything that a node needs, one thing after the other. */
export async function* runChecks(options: CheckedOptions): AsyncGenerator<CheckResult> {
  const stateDir = options.stateDir ?? defaultStateDir(options.name, options.controlUrl);
  yield ok('Node.js', `${process.versions.node} on ${process.platform}-${process.arch}`);
  yield await addon();
  yield await stateDirectory(stateDir);
  yield login(stateDir, options);
  yield await controlServer(options.controlUrl ?? TAILSCALE);
  if (options.target) yield* localTarget(options.target);
  yield* runningNodes();
}

async function addon(): Promise<CheckResult> {
  try {
    const { loadBinding } = await import('../../native/loader.ts');
    loadBinding();
    return ok('addon', 'loads');
  } catch (error) {
    return fault('addon', error as TsexposeError);
  }
}

async function stateDirectory(directory: string): Promise<CheckResult> {
  for (let path = directory; ; path = dirname(path)) {
    try {
      await access(path, constants.W_OK | constants.X_OK);
      if (path === directory) checkState(directory);
      return ok('state', path === directory ? directory : `${directory} (will be created)`);
    } catch (error) {
      if (error instanceof TsexposeError) return fault('state', error);
      // A missing directory is fine if it can be created in its parent.
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' && path !== '/') continue;
      const suggestions = [`ls -ld ${path}`, '--state-dir DIR', '--ephemeral'];
      return fault('state', { message: `Cannot write to ${path} (${code}).`, suggestions });
    }
  }
}

function login(stateDir: string, { name, authKey, tags = [] }: CheckedOptions): CheckResult {
  if (authKey?.startsWith('tskey-client-') && tags.length === 0) {
    const message = 'An OAuth client secret can only log in tagged nodes, and no tag is set.';
    return fault('login', { message, suggestions: ['--tag tag:web'] });
  }
  if (authKey) return ok('login', 'with an auth key');
  if (hasLoggedIn(stateDir)) return ok('login', `${name} has logged in before`);
  return note('login', `${name} has not logged in yet; the first start prints a login page`, [
    `tsexpose 3000 --name ${name}`,
    'Without a browser, set TS_AUTHKEY.',
  ]);
}

async function controlServer(url: string): Promise<CheckResult> {
  try {
    // Every node requests this path first. Tests never contact Tailscale's own server.
    if (url === TAILSCALE && process.env.TS_PANIC_IF_HIT_MAIN_CONTROL) return note('control server', NOT_ASKED, UNSET);
    const signal = AbortSignal.timeout(CONTROL_TIMEOUT_MS);
    const response = await fetch(new URL('/key?v=130', url), { signal });
    const { publicKey } = (await response.json()) as { publicKey?: string };
    if (publicKey) return ok('control server', url);
    throw new Error(`it responded with status ${response.status} and no key`);
  } catch (error) {
    const { cause, message } = error as Error & { cause?: NodeJS.ErrnoException };
    const suggestions = ['Check --control-url and the network; behind a proxy, set HTTPS_PROXY.'];
    const why = cause?.code ?? message;
    return fault('control server', { message: `Could not reach the control server at ${url}: ${why}.`, suggestions });
  }
}

async function* localTarget(target: Target): AsyncGenerator<CheckResult> {
  const absent = await whyUnreachable(target);
  yield absent ? note('target', absent.message, absent.suggestions) : ok('target', target.url);
  if (target.local || target.socketPath || !listensBeyondLoopback(target.port)) return;
  const message = `Port ${target.port} is open to other machines, which can forge identity headers`;
  yield note('target', message, ['Make the app listen on 127.0.0.1 only; see docs/security.md.']);
}

async function* runningNodes(): AsyncGenerator<CheckResult> {
  try {
    for (const { found } of await findNodes()) {
      const problems = found.state === 'running' ? found.health : [`it is ${found.state}`, ...found.health];
      if (problems.length === 0) yield ok('running node', found.urls[0] ?? found.name);
      for (const problem of problems) yield note('running node', `${found.name}: ${problem}`, []);
    }
  } catch (error) {
    yield fault('runtime directory', error as TsexposeError);
  }
}

export const ok = (about: string, message: string): CheckResult => ({ about, verdict: 'ok', message, suggestions: [] });

export const note = (about: string, message: string, suggestions: string[]): CheckResult => ({
  about,
  verdict: 'note',
  message,
  suggestions,
});

export const fault = (
  about: string,
  { message, suggestions }: Pick<TsexposeError, 'message' | 'suggestions'>,
): CheckResult => ({ about, verdict: 'fault', message, suggestions });
