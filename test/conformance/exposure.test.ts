/** The published suite through a tailnet, as `tsexpose` serves it: by HTTP/1.1 with and without TLS, and by HTTP/2. */
import { afterEach, describe, expect, it } from 'vitest';
import { encodeHeaderValue } from '../../src/identity/rfc2047.ts';
import { useFronts } from '../expose/rig.ts';
import { expectedFailures } from './expected-failures.ts';
import { startRecorder } from './recorder.mjs';
import { type Caller, loadCases, type Protocol, runCase } from './runner.mjs';

const DOORS = { user: 'bob', foreign: 'carol', tagged: 'ci-runner' };

describe('the conformance suite through a tailnet', () => {
  const front = useFronts();
  afterEach(() => {
    delete process.env.TSEXPOSE_FAST_PATH;
  });

  /** Exposes a recorder, and returns how to reach it as different callers. */
  async function exposed(port: number, options: Parameters<typeof front.expose>[1] = {}) {
    const recorder = await startRecorder();
    front.ends.push(() => recorder.close());
    const { fqdn, name } = await front.expose(recorder.port, options);
    const { ca, people } = front.sandbox();
    const scheme = port === 443 ? 'https' : 'http';
    const callers: Record<string, Caller> = {};
    for (const [kind, who] of Object.entries(DOORS)) {
      const door = await front.door(who, `${name}:${port}`);
      const { login, name: display = '', picture = '' } = people.find(({ id }) => id === who) ?? {};
      const url = `${scheme}://127.0.0.1:${door.port}`;
      callers[kind] = { url, host: fqdn, ca, login, name: encodeHeaderValue(display), picture };
    }
    return { recorder, callers, fqdn };
  }

  it.each<[Protocol, number]>([
    ['http/1.1', 80],
    ['http/1.1', 443],
    ['h2', 443],
  ])('passes by %s on port %i', { timeout: 180_000 }, async (protocol, port) => {
    const { recorder, callers, fqdn } = await exposed(port, { funnel: port === 443 });
    if (port === 443) {
      const funnel = await front.sandbox().funnel('app:443', { visitor: '203.0.113.7' });
      front.ends.push(() => funnel.close());
      const { ca } = front.sandbox();
      callers.funnel = { url: `https://127.0.0.1:${funnel.port}`, host: fqdn, ca, ip: '203.0.113.7' };
    }
    const failures: string[] = [];
    for (const one of loadCases(protocol, { secure: port === 443 })) {
      // The fast path fails none.
      if (protocol === 'h2' && one.id in expectedFailures.h2) continue;
      const caller = callers[one.caller ?? 'user'];
      if (!caller) continue; // No caller can be made unknown to the tailnet.
      const { ok, problems } = await runCase(one, recorder, caller, protocol);
      if (!ok) failures.push(`${one.id}: ${problems.join('; ')}`);
    }
    expect(failures).toEqual([]);
  });

  it('has the same outcome with and without the fast path', { timeout: 180_000 }, async () => {
    const outcomes: Record<string, unknown>[] = [];
    for (const mode of ['on', 'off']) {
      process.env.TSEXPOSE_FAST_PATH = mode;
      const { recorder, callers } = await exposed(80, { https: 'off', name: `app-${mode}` });
      const outcome: Record<string, unknown> = {};
      for (const one of loadCases('http/1.1')) {
        const caller = callers[one.caller ?? 'user'];
        if (!caller || DIFFERENT.has(one.id) || one.id in expectedFailures['http/1.1']) continue;
        const { status, closed } = await runCase(one, recorder, caller, 'http/1.1');
        const requests = recorder.requests.map(({ line, headers, body, trailers }) => ({
          ...{ line, body, trailers },
          headers: headers.map(([name, value]) => said(name, value, mode)).sort(),
        }));
        outcome[one.id] = { status, closed, requests };
      }
      outcomes.push(outcome);
    }
    expect(outcomes[0]).toEqual(outcomes[1]);
    expect(Object.keys(outcomes[0]!).length).toBeGreaterThan(150);
  });
});

/** What the two engines do differently, and both may. */
const DIFFERENT = new Set([
  // 400 and 413: what they call it.
  'framing/chunk-extension-bomb',
  // The fast path passes any method and any target on as they come.
  'head/method-lower-case',
  'target/high-byte',
  'identity/unread-body-upgrade',
  'upgrade/unknown-protocol',
  // It leaves the expectation to the app.
  'identity/expect-100-continue',
  // undici closes the connection to the app after HEAD.
  'message/head',
]);

function said(name: string, value: string, mode: string): string {
  return `${name}: ${value}`.toLowerCase().replace(`app-${mode}`, 'app');
}
