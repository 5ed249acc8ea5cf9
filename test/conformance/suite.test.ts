/** The published suite against this proxy, with the exact bytes that the service got for every case. */

import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Gate } from '../../src/identity/gate.ts';
import type { Identity } from '../../src/identity/identity.ts';
import { encodeHeaderValue } from '../../src/identity/rfc2047.ts';
import { ProxyServer } from '../../src/proxy/server.ts';
import { parseTarget } from '../../src/proxy/target.ts';
import { alice, ci, jose, stranger, visitor } from '../identity/callers.ts';
import { type Recorder, startRecorder } from './recorder.mjs';
import { type Caller, loadCases, runCase } from './runner.mjs';

const CALLERS: Record<string, Identity> = {
  user: alice,
  foreign: jose,
  tagged: ci,
  unknown: stranger,
  funnel: visitor,
};

let recorder: Recorder;
const callers: Record<string, Caller> = {};
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  recorder = await startRecorder();
  for (const [kind, identity] of Object.entries(CALLERS)) {
    const proxy = new ProxyServer({
      target: parseTarget(`127.0.0.1:${recorder.port}`),
      identify: () => identity,
      gate: new Gate(),
    });
    const door = net.createServer({ allowHalfOpen: true }, (socket) => proxy.accept(socket));
    await once(door.listen(0, '127.0.0.1'), 'listening');
    const { login, name, picture, ip } = identity;
    const url = `http://127.0.0.1:${(door.address() as AddressInfo).port}`;
    callers[kind] = { url, host: 'myapp.tail1234.ts.net', login, name: encodeHeaderValue(name), picture, ip };
    cleanups.push(
      () => proxy.close({ timeout: 0 }),
      () => door.close(),
    );
  }
});

afterAll(async () => {
  for (const cleanup of cleanups) await cleanup();
  recorder.close();
});

describe('the conformance suite', () => {
  const results: Record<string, { status: number; closed: boolean; service: string }> = {};

  it.each(loadCases().map((one) => [one.id, one] as const))('%s', async (_, one) => {
    const { ok, problems, status, closed, bytes } = await runCase(one, recorder, callers[one.caller ?? 'user']!);
    expect(problems).toEqual([]);
    expect(ok).toBe(true);
    results[one.id] = { status, closed, service: bytes.replace(/(.{8})\1{100,}/g, '…') };
  });

  it('gives the status, the connection and the bytes that are written down', async () => {
    const text = Object.entries(results)
      .map(([id, result]) => `${JSON.stringify({ id, ...result })}\n`)
      .join('');
    await expect(text).toMatchFileSnapshot('bytes.jsonl');
  });
});
