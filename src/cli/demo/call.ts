import { type OutgoingHttpHeaders, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { TsexposeError } from '../../errors.ts';
import type { DemoCall } from '../../ui/demo-text.ts';
import type { Door } from '../../ui/screen/door-list.tsx';
import type { Greeting } from './sample-page.ts';

/** The login that every caller of the demo forges. */
export const FORGED_LOGIN = 'mallory@example.com';

/**
 * Calls the sample app through a door, with a forged identity header, and returns what the app received.
 *
 * @param host The Host header that a browser would send.
 * @throws `ERR_TSEXPOSE_INTERNAL` if the app took the caller for someone else.
 */
export async function callApp({ url, who }: Door, host: string): Promise<DemoCall> {
  const headers = { host, accept: 'application/json', 'Tailscale-User-Login': FORGED_LOGIN };
  const { status, body } = await get(url, headers);
  if (status !== 200) throw wrong(`${who} got status ${status} from ${url}`);
  const received = JSON.parse(body) as Greeting;
  const person = who.includes('@');
  if (received.login !== (person ? who : '')) throw wrong(`the app took ${who} for ${JSON.stringify(received.login)}`);
  return { who, person, headers: received.headers };
}

// fetch does not let its caller set the Host header.
function get(url: string, headers: OutgoingHttpHeaders): Promise<{ status?: number; body: string }> {
  return new Promise((resolve, reject) => {
    request(url, { headers, agent: false }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, body }), reject);
    })
      .on('error', reject)
      .end();
  });
}

function wrong(what: string): TsexposeError {
  return new TsexposeError('ERR_TSEXPOSE_INTERNAL', `The demo failed: ${what}.`);
}
