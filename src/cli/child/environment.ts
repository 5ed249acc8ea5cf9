import type { AppTerminal } from '../screen/screen.ts';

/** Variables that a node could log in with, or that let callers in. */
const SECRETS =
  /^(?:TS|TSNET|TSEXPOSE|TAILSCALE|HEADSCALE)_(?:\w*_)?(?:AUTH|\w*KEY|SECRET|TOKEN|CLIENT_ID|AUDIENCE|PASSWORD)(?:_|$)/;
/** Variables with which a GitHub job gets ID tokens, with which a node could log in, and writes to caches. */
const RUNNER = /^ACTIONS_(?:ID_TOKEN_REQUEST|RUNTIME)_(?:TOKEN|URL)$/;
/** Variables with which a job uses the API of its CI service. */
const JOB_TOKENS =
  /^(?:(?:GITHUB|GH|GITLAB|CI_JOB|CI_REGISTRY|BUILDKITE_AGENT_ACCESS)_(?:TOKEN|PASSWORD)|CI_JOB_JWT\w*)$/;

export interface ChildEnvironmentOptions {
  /** Whether the app runs in a job, whose tokens it does not get. @default false */
  inJob?: boolean;
  /** Tokens of the job that it gets nevertheless. @default [] */
  pass?: readonly string[];
  /** Hosts that callers use, for development servers that can be told. @default [] */
  hosts?: readonly string[];
}

/** Returns the environment of an app that the command starts. */
export function childEnvironment(env: NodeJS.ProcessEnv, options: ChildEnvironmentOptions = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !isWithheld(name, options));
  return { ...Object.fromEntries(kept), ...allowedHosts(env, options) };
}

/** Vite reads this variable, and so does everything that is built on it. */
const VITE_HOSTS = '__VITE_ADDITIONAL_SERVER_ALLOWED_HOSTS';

function allowedHosts(env: NodeJS.ProcessEnv, { hosts = [] }: ChildEnvironmentOptions): NodeJS.ProcessEnv {
  const named = hosts.filter((host) => host !== '*');
  if (named.length === 0) return {};
  return { [VITE_HOSTS]: [env[VITE_HOSTS], ...named].filter(Boolean).join(',') };
}

/**
 * Returns the variables with which an app uses colors although its output is a pipe, as it would in the terminal itself.
 * Those that the user has set stay as they are.
 */
export function terminalEnvironment({ color, columns }: AppTerminal, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isDecided = env.NO_COLOR !== undefined || env.FORCE_COLOR !== undefined;
  return { COLUMNS: String(columns), ...(color && !isDecided && { FORCE_COLOR: '1', CLICOLOR_FORCE: '1' }) };
}

function isWithheld(name: string, { inJob = false, pass = [] }: ChildEnvironmentOptions): boolean {
  // rule: the app sees no variable that a node could log in with
  // mutate: SECRETS.test(name) || =>
  // mutate: || RUNNER.test(name) =>
  if (SECRETS.test(name) || RUNNER.test(name)) return true;
  // rule: the app in a job does not see the tokens of the job — mutate: inJob && => false &&
  return inJob && JOB_TOKENS.test(name) && !pass.includes(name);
}
