import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { abortError } from '../../errors.ts';

/** How long to wait before a name is looked up again, in milliseconds. */
const RETRY_MS = 1000;

/**
 * Waits until the name of a control server of one's own resolves, and reports while it does not. Tailscale's client would
 * ask Tailscale's relays for the name instead, one after the other, and not say why it is waiting.
 *
 * @throws an `AbortError` when the signal fires
 */
export async function controlNameResolves(
  controlUrl: string | undefined,
  report: (trouble: string | undefined) => void,
  signal: AbortSignal,
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  const host = controlUrl && URL.canParse(controlUrl) ? new URL(controlUrl).hostname.replace(/^\[|\]$/g, '') : '';
  // A proxy may know names that this machine does not.
  const proxied = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].some((name) => env[name]);
  if (host === '' || isIP(host) || host.endsWith('.tailscale.com') || proxied) return;
  for (let reported = false; ; await sleep(RETRY_MS, undefined, { signal })) {
    const error = await Promise.race([failure(host), aborted(signal)]);
    if (signal.aborted) throw abortError(signal);
    if (error === undefined) {
      if (reported) report(undefined);
      return;
    }
    if (!reported) report(`The name of the control server, ${host}, does not resolve (${error}).`);
    reported = true;
  }
}

async function failure(host: string): Promise<string | undefined> {
  try {
    await lookup(host);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }));
}

/** Returns a sentence of Tailscale's health report as one about a node that starts. */
export function explainHealth(message: string): string {
  const [, login] = /^You are logged out\. The last login error was: (.*)/.exec(message) ?? [];
  if (login === undefined) return message;
  if (/^invalid character .* looking for beginning of value/.test(login)) {
    return 'Something else than a control server answers at its URL: a captive portal of this network, or another site.';
  }
  return `The last attempt to log in failed: ${login}`;
}
