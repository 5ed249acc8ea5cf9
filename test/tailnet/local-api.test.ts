import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tailnet } from '../../src/tailnet/tailnet.ts';
import { join, useSandbox } from './pair.ts';

/** The listening TCP sockets of this process, by inode. */
function listeningSockets(): string[] {
  const tables = ['tcp', 'tcp6'].map((table) => readFileSync(`/proc/self/net/${table}`, 'utf8').split('\n'));
  const rows = tables.flat().map((row) => row.trim().split(/\s+/));
  const listening = new Set(rows.filter(([, , , state]) => state === '0A').map((row) => row[9]));
  return readdirSync('/proc/self/fd')
    .map((fd) => /socket:\[(\d+)\]/.exec(linkOf(fd))?.[1])
    .filter((inode): inode is string => inode !== undefined && listening.has(inode));
}

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ''; // the one that read the directory
  }
}

describe('tailnet.localApi', () => {
  useSandbox();
  let alice: Tailnet;

  beforeAll(async () => {
    alice = await join('alice', 'server');
  });
  afterAll(() => alice.close({ timeout: 0 }));

  it('answers with a Response', async () => {
    const response = await alice.localApi('GET', 'status');
    expect(response).toMatchObject({ status: 200, ok: true });
    expect(response.headers.get('content-type')).toContain('json');
    expect(await response.json()).toMatchObject({ BackendState: 'Running', TailscaleIPs: alice.ips });
    expect((await alice.localApi('GET', '/localapi/v0/no-such-thing')).status).toBe(404);
  });

  it('sends objects as JSON, texts and streams as they are', async () => {
    const prefs = { HostnameSet: true, Hostname: 'renamed' };
    for (const body of [prefs, JSON.stringify(prefs), Readable.from([JSON.stringify(prefs)])]) {
      const response = await alice.localApi('PATCH', 'prefs', body);
      expect(await response.json()).toMatchObject({ Hostname: 'renamed' });
    }
  });

  it('streams', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const response = await alice.localApi('GET', 'watch-ipn-bus?mask=2', undefined, { signal });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader.read()).value).toContain('"State":6');
    controller.abort();
    await expect(reader.read()).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('fails with what its body fails with', async () => {
    const body = Readable.from(
      (async function* () {
        yield '{';
        throw new Error('the disk is gone');
      })(),
    );
    await expect(alice.localApi('PATCH', 'prefs', body)).rejects.toThrow('the disk is gone');
  });

  it('opens no port', async () => {
    const before = listeningSockets();
    await (await alice.localApi('GET', 'status')).text();
    expect(listeningSockets()).toEqual(before);
  });

  it('is closed with the node', async () => {
    const node = await join('bob', 'short-lived');
    const response = await node.localApi('GET', 'watch-ipn-bus?mask=2');
    await node.close({ timeout: 0 });
    await expect(response.text()).rejects.toThrow();
    await expect(node.localApi('GET', 'status')).rejects.toMatchObject({ code: 'ERR_TSEXPOSE_NODE_CLOSED' });
  });
});
