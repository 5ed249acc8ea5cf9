import { describe, expect, it } from 'vitest';
import { freshSurroundings } from './run.ts';

const surroundings = freshSurroundings();

describe('tsexpose demo without a terminal', () => {
  it('prints what the service received from Alice, Bob and a tagged device, and ends', async () => {
    const { code, stdout } = await surroundings().run(['demo']);
    const visits = stdout.split('\n\n').filter((part) => part.includes('opens it. The service receives:'));
    expect(visits).toHaveLength(3);
    const [alice, bob, ci] = visits;
    expect(alice).toContain('  Tailscale-User-Login: alice@example.com\n  Tailscale-User-Name: Alice Example');
    expect(bob).toContain('  Tailscale-User-Login: bob@example.com\n  Tailscale-User-Name: Bob Example');
    expect(ci).toContain('ci-runner (tag:ci) opens it.');
    expect(ci).not.toContain('Tailscale-User-Login');
    for (const visit of visits) expect(visit).not.toContain('mallory');
    expect(code).toBe(0);
    expect(surroundings().leftovers()).toEqual([]);
  });

  it('prints it as JSON', async () => {
    const { code, stdout } = await surroundings().run(['demo', '--json']);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const visits = events.filter(({ event }) => event === 'visit');
    expect(visits.map(({ who, person }) => [who, person])).toEqual([
      ['alice@example.com', true],
      ['bob@example.com', true],
      ['ci-runner (tag:ci)', false],
    ]);
    expect(visits[1].headers).toContainEqual(['Tailscale-User-Login', 'bob@example.com']);
    expect(events.at(-1)).toEqual({ event: 'closed', reason: 'the demo is over' });
    expect(code).toBe(0);
  });

  it('does not take a key, a control server or a name from the environment', async () => {
    const env = { TS_AUTHKEY: 'tskey-auth-REAL', TS_CONTROL_URL: 'http://127.0.0.1:1', TSEXPOSE_NAME: 'x' };
    const { code, stdout } = await surroundings().run(['demo'], env);
    expect(stdout).toContain('http://demo.sandbox.ts.net');
    expect(code).toBe(0);
  });
});
