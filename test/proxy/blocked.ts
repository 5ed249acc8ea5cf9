import { once } from 'node:events';
import type { ClientHttp2Session } from 'node:http2';
import type { Writable } from 'node:stream';
import { expect } from 'vitest';
import { exchangeRaw } from './rig.ts';
import { ask } from './tcp/tls-rig.ts';

/** The answer to `/large`. */
export const LARGE = 'x'.repeat(1 << 20);
/** How many round trips without progress mean that nothing moves. */
const ROUND_TRIPS = 20;

/** Returns whether a full socket drains before the proxy on a port has answered a number of other requests. */
export async function drains(socket: Writable, port: number): Promise<boolean> {
  let drained = false;
  const drain = once(socket, 'drain').then(
    () => {
      drained = true;
    },
    () => {},
  );
  // Without a Host, so that the proxy answers by itself.
  const answers = async () => {
    for (let count = 0; count < ROUND_TRIPS && !drained; count += 1) await exchangeRaw(port, 'GET / HTTP/1.1\r\n\r\n');
  };
  await Promise.race([drain, answers()]);
  return drained;
}

/** Waits until a number stays the same over a number of answers of 1 MB to other requests for `/large`. */
export async function settled(session: ClientHttp2Session, value: () => number): Promise<void> {
  let before = Number.NaN;
  for (let same = 0; same < ROUND_TRIPS; same = value() === before ? same + 1 : 0) {
    before = value();
    expect((await ask(session, { ':path': '/large' })).text).toHaveLength(LARGE.length);
  }
}
