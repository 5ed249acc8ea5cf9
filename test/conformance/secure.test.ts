/** The published suite through a tailnet, by HTTPS as `tsexpose` serves it: HTTP/1.1 in TLS, and HTTP/2. */
import { describe, expect, it } from 'vitest';
import { encodeHeaderValue } from '../../src/identity/rfc2047.ts';
import { useFronts } from '../expose/rig.ts';
import { expectedFailures } from './expected-failures.ts';
import { startRecorder } from './recorder.mjs';
import { type Caller, loadCases, type Protocol, runCase } from './runner.mjs';

const DOORS = { user: 'bob', foreign: 'carol', tagged: 'ci-runner' };

describe('the conformance suite through a tailnet', () => {
  const front = useFronts();

  it.each<Protocol>(['http/1.1', 'h2'])('passes over TLS and %s', { timeout: 180_000 }, async (protocol) => {
    const recorder = await startRecorder();
    front.ends.push(() => recorder.close());
    const { fqdn } = await front.expose(recorder.port, { funnel: true });
    const { ca, people } = front.sandbox();
    const callers: Record<string, Caller> = {};
    for (const [kind, who] of Object.entries(DOORS)) {
      const { port } = await front.door(who, 'app:443');
      const { login, name = '', picture = '' } = people.find(({ id }) => id === who) ?? {};
      callers[kind] = {
        url: `https://127.0.0.1:${port}`,
        host: fqdn,
        ca,
        login,
        name: encodeHeaderValue(name),
        picture,
      };
    }
    const funnel = await front.sandbox().funnel('app:443', { visitor: '203.0.113.7' });
    front.ends.push(() => funnel.close());
    callers.funnel = { url: `https://127.0.0.1:${funnel.port}`, host: fqdn, ca, ip: '203.0.113.7' };
    const failures: string[] = [];
    for (const one of loadCases(protocol, { secure: true })) {
      if (one.id in expectedFailures[protocol]) continue;
      const caller = callers[one.caller ?? 'user'];
      if (!caller) continue; // No caller can be made unknown to the tailnet.
      const { ok, problems } = await runCase(one, recorder, caller, protocol);
      if (!ok) failures.push(`${one.id}: ${problems.join('; ')}`);
    }
    expect(failures).toEqual([]);
  });
});
