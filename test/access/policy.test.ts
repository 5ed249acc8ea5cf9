import { describe, expect, it } from 'vitest';
import { Gate } from '../../src/access/gate.ts';
import { parsePolicy } from '../../src/access/policy.ts';
import { alice, ci, funnelCaller, jose, stranger } from '../identity/callers.ts';

const everybody = { alice, jose, ci, stranger, funnelCaller };

/** Who of everybody may come in. */
function admitted(options: Parameters<typeof parsePolicy>[0]): string[] {
  const policy = parsePolicy(options);
  return Object.entries(everybody)
    .filter(([, identity]) => policy.decide(identity).allowed)
    .map(([name]) => name);
}

describe('the policy', () => {
  it.each([
    [[], ['alice', 'jose', 'ci', 'stranger', 'funnelCaller']],
    [['alice@example.com'], ['alice']],
    [['ALICE@Example.com'], ['alice']],
    [['*@example.com'], ['alice', 'jose']],
    [['*@EXAMPLE.com'], ['alice', 'jose']],
    [['*@ample.com'], []],
    [['tag:ci'], ['ci']],
    [['tag:c'], []],
    [['cap:example.com/cap/app'], ['alice', 'ci']],
    [['cap:example.com/cap/ap'], []],
    [['node:alice-laptop'], ['alice', 'jose']],
    [['node:ci-runner.tail1234.ts.net.'], ['ci']],
    [['100.64.0.2'], ['alice']],
    [
      ['100.64.0.0/24', 'fd7a:115c:a1e0::/48'],
      ['alice', 'jose', 'ci'],
    ],
    [['0.0.0.0/0'], ['alice', 'jose', 'ci', 'stranger']],
    [['alice@example.com, tag:ci'], ['alice', 'ci']],
  ])('lets in by --allow %j: %j', (allow, expected) => {
    expect(admitted({ allow })).toEqual(expected);
  });

  it('keeps out by --deny, and with it whoever it cannot tell', () => {
    expect(admitted({ deny: ['alice@example.com'] })).toEqual(['jose', 'ci', 'funnelCaller']);
    expect(admitted({ allow: ['*@example.com'], deny: ['alice@example.com'] })).toEqual(['jose']);
    // An address that may come in does not say that it is not hers.
    expect(admitted({ allow: ['0.0.0.0/0'], deny: ['alice@example.com'] })).toEqual(['jose', 'ci']);
  });

  it('names the rule', () => {
    const policy = parsePolicy({ allow: ['*@example.com', 'tag:ci'], deny: ['cap:example.com/cap/other'] });
    expect(policy.decide(alice)).toEqual({ allowed: false, rule: '--deny cap:example.com/cap/other' });
    expect(policy.decide(jose)).toEqual({ allowed: true, rule: '--allow *@example.com' });
    expect(policy.decide(stranger)).toEqual({ allowed: false, rule: '--allow *@example.com,tag:ci' });
  });

  it('takes no tagged device, funnel visitor or stranger for the user whose login it shows', () => {
    for (const rule of ['alice@example.com', '*@example.com']) {
      const policy = parsePolicy({ allow: [rule] });
      for (const kind of ['tagged', 'funnel', 'unknown'] as const) {
        expect(policy.decide({ ...alice, kind }).allowed).toBe(false);
      }
    }
    expect(parsePolicy({ allow: ['tag:ci'] }).decide({ ...ci, kind: 'user' }).allowed).toBe(false);
    expect(parsePolicy({ allow: ['cap:example.com/cap/app'] }).decide({ ...ci, kind: 'funnel' }).allowed).toBe(false);
    expect(parsePolicy({ allow: ['node:ci-runner'] }).decide({ ...ci, kind: 'funnel' }).allowed).toBe(false);
  });

  it.each([
    ['', '"" is not a rule. Try alice@example.com'],
    ['alice', '--allow: "alice" is not a rule. Try alice@example.com for a person, or node:alice for a device.'],
    ['@example.com', 'Try a login'],
    ['*', 'Try alice@example.com, *@example.com, tag:ci'],
    ['*@*', 'Try a login'],
    ['al*@example.com', 'A star stands for the whole part before the @'],
    ['tag:', 'Try a tag'],
    ['tag:1', 'Try a tag'],
    ['cap:app', 'Try a capability'],
    ['group:eng', 'A node does not learn the groups'],
    ['autogroup:admin', 'A node does not learn the groups'],
    ['node:', 'Try a device'],
    ['100.64.0.0/33', 'The prefix length goes from 0 to 32'],
    ['100.64.0.0/', 'The prefix length goes from 0 to 32'],
    ['fd7a::/129', 'The prefix length goes from 0 to 128'],
    ['100.64.0', 'Try 100.64.0@example.com'],
    ['::ffff:100.64.0.1', 'Write an IPv4 address as such'],
  ])('refuses the rule %j', (rule, message) => {
    expect(() => parsePolicy({ allow: [rule] })).toThrowError(
      expect.objectContaining({ code: 'ERR_TSEXPOSE_INVALID_OPTION', message: expect.stringContaining(message) }),
    );
  });

  it('knows an IPv4 address in the clothes of IPv6', () => {
    const policy = parsePolicy({ deny: ['100.64.0.2'] });
    expect(policy.decide({ ...alice, ip: '::ffff:100.64.0.2' }).allowed).toBe(false);
  });

  it.each([
    ['IPv4', '100.64.0.2'],
    ['IPv6', 'fd7a:115c:a1e0::2'],
  ])('applies a rule about one address of a device to all of them: a caller over %s', (_, ip) => {
    const caller = { ...alice, ip };
    for (const rule of ['100.64.0.2', '100.64.0.0/24', 'fd7a:115c:a1e0::2', 'fd7a:115c:a1e0::/48']) {
      expect(parsePolicy({ allow: [rule] }).decide(caller).allowed, `--allow ${rule}`).toBe(true);
      expect(parsePolicy({ deny: [rule] }).decide(caller).allowed, `--deny ${rule}`).toBe(false);
    }
    for (const rule of ['100.64.0.3', 'fd7a:115c:a1e0::3', '192.0.2.0/24']) {
      expect(parsePolicy({ allow: [rule] }).decide(caller).allowed, `--allow ${rule}`).toBe(false);
      expect(parsePolicy({ deny: [rule] }).decide(caller).allowed, `--deny ${rule}`).toBe(true);
    }
  });

  it('takes a short device name for a device of this tailnet only', () => {
    const fqdn = 'alice-laptop.tail-other.ts.net';
    const guest = { ...alice, node: { ...alice.node!, name: fqdn, fqdn } };
    expect(parsePolicy({ allow: ['node:alice-laptop'] }).decide(guest).allowed).toBe(false);
    expect(parsePolicy({ allow: [`node:${fqdn}`] }).decide(guest).allowed).toBe(true);
  });

  it.each([
    ['a login', 'kate@kiosk.example', { login: '\u212aate@kiosk.example' }],
    ['a domain', '*@kiosk.example', { login: 'kate@\u212aiosk.example' }],
    ['a device', 'node:kiosk', { node: { ...alice.node!, name: '\u212aiosk', fqdn: '\u212aiosk.tail1234.ts.net' } }],
  ])('takes no letter outside ASCII for one of %s: the Kelvin sign is not a k', (_, rule, who) => {
    expect(parsePolicy({ allow: [rule] }).decide({ ...alice, ...who }).allowed).toBe(false);
    expect(() => parsePolicy({ allow: ['node:\u212aiosk'] })).toThrowError(/Try a device/);
    const kate = { ...alice, login: 'KATE@Kiosk.Example', node: { ...alice.node!, name: 'KIOSK' } };
    expect(parsePolicy({ allow: [rule] }).decide(kate).allowed).toBe(true);
  });

  it('takes the addresses of a device from whois only', () => {
    for (const kind of ['funnel', 'unknown'] as const) {
      const caller = { ...alice, kind, ip: '192.0.2.7' };
      expect(parsePolicy({ allow: ['100.64.0.2'] }).decide(caller).allowed).toBe(false);
    }
  });

  it('names every rule that it cannot read', () => {
    expect(() => parsePolicy({ allow: ['eve'], deny: ['bob,tag:ci', 'cap:x'] })).toThrowError(
      /^--allow: "eve" .*\n--deny: "bob" .*\n--deny: "cap:x" [^\n]*$/,
    );
  });
});

describe('--require-identity', () => {
  const gate = new Gate({ requireIdentity: true });

  it('fails closed: who is not known waits outside, who cannot have an identity stays there', () => {
    expect(gate.admit(stranger).denial).toEqual({ status: 503, rule: '--require-identity' });
    expect(gate.admit(funnelCaller).denial).toEqual({ status: 403, rule: '--require-identity' });
    expect(gate.admit(alice).denial).toBeUndefined();
    expect(gate.admit(ci).denial).toBeUndefined();
  });
});
