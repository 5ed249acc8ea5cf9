import { type OutgoingHttpHeaders, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { TsexposeError } from '../../errors.ts';
import type { Door } from '../../ui/door.ts';
import type { Greeting } from '../../ui/sample-page.ts';
import type { Visit } from '../../ui/visit-text.ts';

/** What every visitor claims to be, and nobody is. */
export const FORGED_LOGIN = 'mallory@example.com';

/**
 * Opens the sample service through a door, with a forged identity header, and returns what the service was told.
 *
 * @param host What the visitor's browser would say as Host.
 * @throws `ERR_TSEXPOSE_INTERNAL` when that is not who the visitor is.
 */
export async function visit({ url, who }: Door, host: string): Promise<Visit> {
  const headers = { host, accept: 'application/json', 'Tailscale-User-Login': FORGED_LOGIN };
  const { status, body } = await get(url, headers);
  if (status !== 200) throw wrong(`${who} got ${status} from ${url}`);
  const told = JSON.parse(body) as Greeting;
  const person = who.includes('@');
  if (told.login !== (person ? who : '')) throw wrong(`${who} was taken for ${JSON.stringify(told.login)}`);
  return { who, person, headers: told.headers };
}

// fetch does not let its caller choose the Host.
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
  return new TsexposeError('ERR_TSEXPOSE_INTERNAL', `Expected the service to be told who calls, but ${what}.`);
}
