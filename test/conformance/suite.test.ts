/** The published suite against this proxy, with the exact bytes that the app got for every case. */

import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Gate } from '../../src/access/gate.ts';
import type { Identity } from '../../src/identity/identity.ts';
import { encodeHeaderValue } from '../../src/identity/rfc2047.ts';
import { ProxyServer } from '../../src/proxy/proxy.ts';
import { OwnHosts } from '../../src/proxy/request/own-hosts.ts';
import { parseTarget } from '../../src/proxy/target/target.ts';
import { alice, ci, funnelCaller, jose, stranger } from '../identity/callers.ts';
import { terminate } from '../proxy/tcp/tls-rig.ts';
import { testPair } from '../proxy/test-certificate.ts';
import { expectedFailures } from './expected-failures.ts';
import { type Recorder, startRecorder } from './recorder.mjs';
import { type Caller, type Case, loadCases, type Protocol, runCase } from './runner.mjs';

const CALLERS: Record<string, Identity> = {
  user: alice,
  foreign: jose,
  tagged: ci,
  unknown: stranger,
  funnel: funnelCaller,
};

let recorder: Recorder;
const callers: Record<Protocol, Record<string, Caller>> = { 'http/1.1': {}, h2: {} };
const cleanups: (() => unknown)[] = [];

async function openDoor(accept: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const door = net.createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    accept(socket);
  });
  await once(door.listen(0, '127.0.0.1'), 'listening');
  cleanups.push(() => {
    door.close();
    for (const socket of sockets) socket.destroy();
  });
  return (door.address() as AddressInfo).port;
}

beforeAll(async () => {
  recorder = await startRecorder();
  for (const [kind, identity] of Object.entries(CALLERS)) {
    const proxy = new ProxyServer({
      target: parseTarget(`127.0.0.1:${recorder.port}`),
      identify: () => identity,
      gate: new Gate(),
      own: new OwnHosts([], { names: ['myapp.tail1234.ts.net', 'app.test'] }),
    });
    cleanups.push(() => proxy.close({ timeout: 0 }));
    const accept = terminate(testPair, ['h2'], (socket) => proxy.accept(socket));
    const { login, name, picture, ip } = identity;
    const caller = { login, name: encodeHeaderValue(name), picture, ip, ca: testPair.cert };
    const plain = await openDoor((socket) => proxy.accept(socket));
    callers['http/1.1'][kind] = { ...caller, url: `http://127.0.0.1:${plain}`, host: 'myapp.tail1234.ts.net' };
    const secure = await openDoor(accept);
    callers.h2[kind] = { ...caller, url: `https://127.0.0.1:${secure}`, host: 'app.test' };
  }
});

afterAll(async () => {
  for (const cleanup of cleanups) await cleanup();
  recorder.close();
});

/** Cases in which some versions of Node end the connection, and others do not. */
const NODE_DECIDES = new Set(['upgrade/h2c-with-body', 'identity/unread-body-upgrade']);

describe.each([
  ['http/1.1', 'bytes.jsonl'],
  ['h2', 'bytes-h2.jsonl'],
] as const)('the conformance suite by %s', (protocol, file) => {
  const results: Record<string, { status: number | 'reset' | 'refused'; closed?: boolean; service: string }> = {};

  const check = async (one: Case) => {
    const caller = callers[protocol][one.caller ?? 'user']!;
    const { ok, problems, status, closed, bytes } = await runCase(one, recorder, caller, protocol);
    expect(problems).toEqual([]);
    expect(ok).toBe(true);
    // How a parser refuses depends on its version: with a page, with a reset, with the end of the connection.
    const refused = protocol === 'h2' && bytes === '' && [0, 400, 'reset'].includes(status);
    results[one.id] = {
      status: refused ? 'refused' : status,
      ...(protocol === 'http/1.1' && !NODE_DECIDES.has(one.id) && { closed }),
      service: bytes.replace(/(.{8})\1{100,}/g, '…'),
    };
  };

  for (const one of loadCases(protocol)) {
    const pending = expectedFailures[protocol][one.id];
    // Vitest reports one of these as failed once it passes, so that the list stays true.
    if (pending) it.fails(`${one.id} (expected to fail today: ${pending})`, () => check(one));
    else it(one.id, () => check(one));
  }

  it('gets the recorded status, connection and bytes', async () => {
    const text = Object.entries(results)
      .map(([id, result]) => `${JSON.stringify({ id, ...result })}\n`)
      .join('');
    await expect(text).toMatchFileSnapshot(file);
  });
});
