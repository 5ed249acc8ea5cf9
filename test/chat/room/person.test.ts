import { describe, expect, it } from 'vitest';
import { labelOf, mayModerate, personOf } from '../../../src/chat/room/person.ts';
import { unknownIdentity } from '../../../src/identity/identity.ts';
import { alice, ci, moderator, user } from '../people.ts';

describe('personOf', () => {
  it('identifies a user by the user ID, on every device', () => {
    const elsewhere = { ...alice, ip: '100.64.0.9', node: { ...alice.node!, id: 'nOther', name: 'alice-phone' } };
    expect(personOf(alice)).toEqual({
      id: `u:${alice.userId}`,
      kind: 'user',
      name: 'Alice Example',
      handle: 'alice@example.com',
      tags: [],
    });
    expect(personOf(elsewhere)).toEqual(personOf(alice));
  });

  it('identifies a tagged device by its stable node ID', () => {
    expect(personOf(ci)).toEqual({
      id: 'n:nCiCNTRL',
      kind: 'device',
      name: 'ci-runner',
      handle: 'ci-runner.tail1.ts.net',
      tags: ['tag:ci'],
    });
  });

  it('rejects a caller that whois does not know, and one from the public internet', () => {
    expect(personOf(unknownIdentity('100.64.0.1', 1))).toBeUndefined();
    expect(personOf({ ...alice, kind: 'funnel' })).toBeUndefined();
  });

  it('shows the login of a user without a name', () => {
    expect(personOf({ ...alice, name: ' \u202e' })?.name).toBe('alice@example.com');
  });

  it.each([
    ['https://pictures.example.com/alice.png', true],
    ['http://pictures.example.com/alice.png', false],
    ['javascript:alert(1)', false],
    ['data:image/svg+xml,<svg onload=alert(1)>', false],
    ['', false],
  ])('accepts the picture %j: %s', (picture, taken) => {
    expect(personOf({ ...alice, picture })?.picture).toBe(taken ? picture : undefined);
  });
});

describe('mayModerate', () => {
  it.each([
    ['the capability with moderate', moderator, true],
    ['no capability', alice, false],
    [
      'the capability without moderate',
      user('x@y', { capabilities: { 'tsexpose.dev/cap/chat': [{}, null, 'moderate'] } }),
      false,
    ],
    ['another capability', user('x@y', { capabilities: { 'example.com/cap/chat': [{ moderate: true }] } }), false],
    ['moderate as a string', user('x@y', { capabilities: { 'tsexpose.dev/cap/chat': [{ moderate: 'true' }] } }), false],
  ])('judges %s', (_, identity, may) => expect(mayModerate(identity)).toBe(may));
});

describe('labelOf', () => {
  it('adds the login only if the name is ambiguous', () => {
    const person = personOf(alice)!;
    expect(labelOf(person)).toBe('Alice Example');
    expect(labelOf({ ...person, ambiguous: true })).toBe('Alice Example (alice@example.com)');
  });
});
