/** Opens a preview from a second node, so that it is ready when it says so: a tailnet tells its devices one by one. */
import http from 'node:http';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { TsexposeError } from '../../errors.ts';
import type { Exposure } from '../../expose/expose.ts';
import type { JoinOptions } from '../../expose/options.ts';
import { MAX_LABEL } from '../../tailnet/label.ts';
import { Tailnet } from '../../tailnet/tailnet.ts';

/** How long one attempt may take, in milliseconds. */
const ATTEMPT_MS = 5000;
const RETRY_MS = 250;
const SUFFIX = '-check';

export interface CheckOptions {
  /** How the preview joined. */
  node: Pick<JoinOptions, 'name' | 'controlUrl' | 'tags'>;
  /** What is checked, in messages. @default 'preview' */
  subject?: 'preview' | 'app';
  /** The key for the second node. */
  authKey: string | undefined;
  /** Milliseconds; 0 for no limit. */
  timeout: number;
  signal: AbortSignal;
  /** Called with the addresses of the second node. */
  onJoin: (ips: string[]) => void;
}

/** What a second node needs to know. */
export type Checked = Pick<Exposure, 'urls' | 'fqdn' | 'ips'>;

/**
 * Resolves once a second node has opened the preview.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_UNREACHABLE` if it cannot within the time, or cannot join
 */
export async function checkReachable(exposure: Checked, options: CheckOptions): Promise<void> {
  const { node, authKey, timeout, signal } = options;
  const { controlUrl, tags, name } = node;
  const hostname = `${name.slice(0, MAX_LABEL - SUFFIX.length).replace(/-+$/, '')}${SUFFIX}`;
  const checker = new Tailnet({ hostname, authKey, controlUrl, tags, ephemeral: true });
  try {
    await checker.up({ login: 'fail', timeout, signal }).catch((error: Error) => {
      if (signal.aborted) throw error;
      throw notJoined(error, options);
    });
    options.onJoin(checker.ips);
    await openUntilDone(exposure, checker, options);
  } finally {
    await checker.close({ timeout: 0 });
  }
}

async function openUntilDone(exposure: Checked, checker: Tailnet, options: CheckOptions): Promise<void> {
  const { timeout, signal } = options;
  const deadline = timeout > 0 ? Date.now() + timeout : Number.POSITIVE_INFINITY;
  // With `--https only` there may be no URL yet, but port 80 redirects already.
  for (let last = ''; ; await sleep(RETRY_MS, undefined, { signal })) {
    const url = new URL(exposure.urls[0] ?? `http://${exposure.fqdn}`);
    try {
      await open(url, checker, exposure, AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_MS)]));
      return;
    } catch (error) {
      if (signal.aborted) throw error;
      const { code, message } = error as NodeJS.ErrnoException;
      last = code === 'ABORT_ERR' || code === 'ETIMEDOUT' ? 'no response' : (code ?? message);
    }
    if (Date.now() > deadline) throw await unreachable(url, checker, exposure, last, options);
  }
}

/** Every response is one, and so is a refused connection of a TCP port that the second node may not use. */
async function open(url: URL, checker: Tailnet, { ips }: Checked, signal: AbortSignal): Promise<void> {
  const { protocol, hostname } = url;
  const host = checker.magicDns ? hostname : ips[0]!;
  if (protocol === 'http:' || protocol === 'https:') return ask(url, host, checker, signal);
  try {
    (await checker.dial({ host, port: Number(url.port), signal })).destroy();
  } catch (error) {
    if (!['ECONNREFUSED', 'ECONNRESET'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

function ask(url: URL, host: string, checker: Tailnet, signal: AbortSignal): Promise<void> {
  const isSecure = url.protocol === 'https:';
  const port = Number(url.port) || (isSecure ? 443 : 80);
  const headers = { host: url.host, 'user-agent': 'tsexpose-check', connection: 'close' };
  return new Promise((resolve, reject) => {
    // WireGuard knows who responds, and the authority of a sandbox is not one that Node.js trusts.
    const request = isSecure
      ? https.request({
          ...{ host, port, headers, signal, servername: url.hostname, rejectUnauthorized: false },
          agent: checker.secureAgent({ keepAlive: false }),
        })
      : http.request({ host, port, headers, signal, agent: checker.agent({ keepAlive: false }) });
    request.once('error', reject).once('response', (response) => {
      response.destroy();
      resolve();
    });
    request.end();
  });
}

/** What is said besides, where the check may be left out. */
function leaveOut(subject: string): string[] {
  return subject === 'preview' ? ['Or leave out the check: --no-check'] : [];
}

function notJoined(error: Error, { subject = 'preview' }: CheckOptions): TsexposeError {
  const { code = '' } = error as Partial<TsexposeError>;
  const cures = ['ERR_TSEXPOSE_AUTH_KEY', 'ERR_TSEXPOSE_LOGIN_NEEDED'].includes(code)
    ? ['Use an auth key that is reusable: the check logs in a second node with it.']
    : [];
  return new TsexposeError(
    'ERR_TSEXPOSE_UNREACHABLE',
    `The ${subject} could not be checked, because the second node did not join: ${error.message}`,
    { suggestions: [...cures, ...leaveOut(subject)], cause: error },
  );
}

async function unreachable(
  url: URL,
  checker: Tailnet,
  { ips }: Checked,
  reason: string,
  { subject = 'preview' }: CheckOptions,
): Promise<TsexposeError> {
  const { peers, tags } = await checker.status();
  const sees = peers.some((peer) => peer.ips.some((ip) => ips.includes(ip)));
  const who = tags.length > 0 ? tags.join(', ') : 'the owner of the auth key';
  const why = sees ? reason : `its network map does not have the ${subject}`;
  return new TsexposeError('ERR_TSEXPOSE_UNREACHABLE', `A second node, ${who}, could not open ${url.href}: ${why}.`, {
    suggestions: [`Let ${who} connect to ${who} in the tailnet’s access rules.`, ...leaveOut(subject)],
  });
}
