import { hideSecret, TsexposeError } from '../../errors.ts';

/** What a node logs in with, and where. */
export interface Credentials {
  authKey?: string | undefined;
  controlUrl?: string | undefined;
}

/** The options of a node that these come from. */
type Options = Credentials & { clientSecret?: string | undefined; tags?: readonly string[] | undefined };

/** What an OAuth client secret begins with. */
const CLIENT_SECRET = 'tskey-client-';
/** Hosts of Tailscale, whose API creates auth keys from OAuth client secrets. */
const TAILSCALE = /(^|\.)tailscale\.com$/;

/**
 * Returns the credentials of a node: its options first, then the environment of this thread. No log line or error message
 * will contain them.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_AUTH_KEY` for an OAuth client secret that cannot create an auth key
 */
export function credentialsOf(options: Options, env: NodeJS.ProcessEnv = process.env): Credentials {
  const { TS_AUTHKEY, TS_AUTH_KEY, TS_CLIENT_SECRET, TS_CONTROL_URL } = env;
  const authKey = options.authKey || options.clientSecret || TS_AUTHKEY || TS_AUTH_KEY || TS_CLIENT_SECRET || undefined;
  const controlUrl = options.controlUrl ?? (TS_CONTROL_URL || undefined);
  for (const secret of [authKey, options.clientSecret]) if (secret) hideSecret(secret);
  if (authKey?.startsWith(CLIENT_SECRET)) checkClientSecret(authKey, controlUrl, options.tags, env);
  return { authKey, controlUrl };
}

function checkClientSecret(
  secret: string,
  controlUrl: string | undefined,
  tags: readonly string[] = [],
  env: NodeJS.ProcessEnv,
): void {
  if (tags.length === 0) {
    throw new TsexposeError(
      'ERR_TSEXPOSE_AUTH_KEY',
      'An OAuth client secret can only log in tagged nodes, and no tag is set.',
      { suggestions: ['--tag tag:web', 'Or use an auth key instead of the client secret.'] },
    );
  }
  // A secret that names the API has chosen where it goes.
  if (new URLSearchParams(secret.split('?')[1]).has('baseURL')) return;
  const host = controlUrl && URL.canParse(controlUrl) ? new URL(controlUrl).hostname : undefined;
  if (host === undefined ? !env.TS_PANIC_IF_HIT_MAIN_CONTROL : TAILSCALE.test(host)) return;
  const where = host === undefined ? 'This process may not contact it' : `The control server is ${host}`;
  throw new TsexposeError(
    'ERR_TSEXPOSE_AUTH_KEY',
    `An OAuth client secret is for Tailscale’s own control server. ${where}, so the secret was not sent.`,
    { suggestions: ['Use an auth key of your control server.', 'Or add its API to the secret: ?baseURL=https://…'] },
  );
}
