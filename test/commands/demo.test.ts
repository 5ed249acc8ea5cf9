import { describe, expect, it } from 'vitest';
import { freshSurroundings } from './run.ts';

const surroundings = freshSurroundings();

describe('tsexpose demo without a terminal', () => {
  it('prints what the app receives from Alice, Bob and a tagged device, and exits', async () => {
    const { code, stdout } = await surroundings().run(['demo']);
    const calls = stdout.split('\n\n').filter((part) => part.includes('opens the app, which receives:'));
    expect(calls).toHaveLength(3);
    const [alice, bob, ci] = calls;
    expect(alice).toContain('  Tailscale-User-Login: alice@example.com\n  Tailscale-User-Name: Alice Example');
    expect(bob).toContain('  Tailscale-User-Login: bob@example.com\n  Tailscale-User-Name: Bob Example');
    expect(ci).toContain('ci-runner (tag:ci) opens the app');
    expect(ci).not.toContain('Tailscale-User-Login');
    for (const call of calls) expect(call).not.toContain('mallory');
    expect(code).toBe(0);
    expect(surroundings().leftovers()).toEqual([]);
  });

  it('prints it as JSON', async () => {
    const { code, stdout } = await surroundings().run(['demo', '--json']);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const calls = events.filter(({ event }) => event === 'visit');
    expect(calls.map(({ who, person }) => [who, person])).toEqual([
      ['alice@example.com', true],
      ['bob@example.com', true],
      ['ci-runner (tag:ci)', false],
    ]);
    expect(calls[1].headers).toContainEqual(['Tailscale-User-Login', 'bob@example.com']);
    expect(events.at(-1)).toEqual({ event: 'closed', reason: 'the demo is complete' });
    expect(code).toBe(0);
  });

  it('ignores an auth key, a control server and a name in the environment', async () => {
    const env = { TS_AUTHKEY: 'tskey-auth-REAL', TS_CONTROL_URL: 'http://127.0.0.1:1', TSEXPOSE_NAME: 'x' };
    const { code, stdout } = await surroundings().run(['demo'], env);
    expect(stdout).toContain('http://demo.sandbox.ts.net');
    expect(code).toBe(0);
  });
});
