import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tailnet } from '../../src/tailnet/tailnet.ts';
import type { TailnetChange } from '../../src/tailnet/watch.ts';
import { join, useSandbox } from './pair.ts';

describe('tailnet.watch', () => {
  const sandbox = useSandbox();
  let alice: Tailnet;

  beforeAll(async () => {
    alice = await join('alice', 'watcher');
  });
  afterAll(() => alice.close({ timeout: 0 }));

  async function next(changes: AsyncIterator<TailnetChange>, is: (change: TailnetChange) => boolean | undefined) {
    for (;;) {
      const { done, value } = await changes.next();
      if (done) throw new Error('the changes have ended');
      if (is(value)) return value;
    }
  }

  it('begins with the state as it is', async () => {
    const changes = alice.watch();
    const { ips, fqdn, name } = alice;
    expect((await changes.next()).value).toEqual({ type: 'state', state: 'running' });
    expect((await changes.next()).value).toEqual({ type: 'self', name, fqdn, ips });
    await changes.return!();
    await expect.poll(() => alice.listenerCount('peers')).toBe(0);
  });

  it('tells of devices that come, change and go', async () => {
    const changes = alice.watch();
    const bob = await join('bob', 'newcomer');
    const isNewcomer = (change: TailnetChange) => change.type === 'peer' && change.peer.name === 'newcomer';
    const come = await next(changes, isNewcomer);
    expect(come).toMatchObject({ peer: { fqdn: bob.fqdn, ips: bob.ips, user: 'bob@example.com', online: true } });
    await sandbox().admin.rename('newcomer', 'renamed');
    await next(changes, (change) => change.type === 'peer' && change.peer.name === 'renamed');
    await bob.close({ timeout: 0 });
    const gone = await next(changes, (change) => change.type === 'peer-gone');
    expect(gone).toMatchObject({ type: 'peer-gone', peer: { name: 'renamed' } });
    await changes.return!();
  });

  it('tells of the node itself', async () => {
    const changes = alice.watch();
    await sandbox().admin.rename('watcher', 'looker');
    const self = await next(changes, (change) => change.type === 'self' && change.name === 'looker');
    expect(self).toMatchObject({ fqdn: alice.fqdn, ips: alice.ips });
    await changes.return!();
  });

  it('is not told of the node again because others come and go', async () => {
    const seen: string[] = [];
    alice.on('change', () => seen.push(alice.name));
    const changes = alice.watch();
    const isPassing = (change: TailnetChange) => 'peer' in change && change.peer.name === 'passing';
    const bob = await join('bob', 'passing');
    await next(changes, isPassing);
    await bob.close({ timeout: 0 });
    await next(changes, (change) => isPassing(change) && change.type === 'peer-gone');
    await sandbox().admin.rename(alice.name, 'marker');
    await next(changes, (change) => change.type === 'self' && change.name === 'marker');
    expect(seen).toEqual(['marker']);
    await changes.return!();
  });

  it('lets its signal fire before anybody reads', async () => {
    const changes = alice.watch({ signal: AbortSignal.abort() });
    await new Promise(setImmediate); // an unhandled error would be uncaught by now
    await expect(changes.next()).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('has ended where its node is closed', async () => {
    const node = await join('carol', 'shorter-lived');
    await node.close({ timeout: 0 });
    const types: string[] = [];
    for await (const { type } of node.watch()) types.push(type);
    expect(types).toEqual(['state', 'self']);
  });

  it('ends with its signal, and with the node', async () => {
    const node = await join('carol', 'short-lived');
    const controller = new AbortController();
    const aborted = (async () => {
      for await (const _ of node.watch({ signal: controller.signal })) controller.abort();
    })();
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
    const types: string[] = [];
    for await (const change of node.watch()) {
      types.push(change.type);
      if (types.length === 1) node.close({ timeout: 0 });
    }
    expect(types[0]).toBe('state');
  });
});
