import { describe, expect, it } from 'vitest';
import { freshSurroundings, localApp } from './run.ts';

const surroundings = freshSurroundings();

describe('tsexpose sandbox', () => {
  it('prints command lines that join it', async () => {
    const sandbox = surroundings().start(['sandbox', '--door', 'bob=myapp']);
    await sandbox.until(({ stdout }) => stdout.includes('Ctrl-C to stop'));
    const line = /^ +alice@example\.com +tsexpose 3000 (--name myapp .*)$/m.exec(sandbox.stdout)?.[1];
    await using app = await localApp();
    const node = surroundings().start([app.target, ...line!.split(' '), '--json']);
    await node.event('ready');
    // Such as one about a certificate that needs the internet.
    expect(node.events.filter(({ event }) => event === 'warning')).toEqual([]);
    const door = /^ +bob@example\.com +to myapp:80 +(http:\S+)$/m.exec(sandbox.stdout)?.[1];
    const { headers } = (await (await fetch(door!)).json()) as { headers: Record<string, string> };
    expect(headers['tailscale-user-login']).toBe('bob@example.com');
    expect((await node.stop()).code).toBe(130);
    expect((await sandbox.stop()).code).toBe(130);
    expect(surroundings().leftovers()).toEqual([]);
  });

  it('prints everything a test needs on the first line of JSON', async () => {
    const sandbox = surroundings().start(['sandbox', '--json', '--door', 'ci-runner=other:8080']);
    const ready = await sandbox.event('ready');
    expect(ready).toMatchObject({
      controlUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      suffix: 'sandbox.ts.net',
      authKeys: { alice: expect.any(String), 'tag:ci': expect.any(String) },
      doors: [{ who: 'ci-runner (tag:ci)', target: 'other:8080', url: expect.stringMatching(/^http:/) }],
      env: { TS_CONTROL_URL: ready.controlUrl },
    });
    await sandbox.stop('SIGTERM');
    expect(sandbox.events.at(-1)).toEqual({ event: 'closed', reason: 'interrupted' });
    expect(surroundings().leftovers()).toEqual([]);
  });

  it('exits when its reader is gone', async () => {
    const sandbox = surroundings().start(['sandbox']);
    sandbox.child.stdout!.destroy();
    expect((await sandbox.ended).code).toBe(1);
    expect(surroundings().leftovers()).toEqual([]);
  });
});
