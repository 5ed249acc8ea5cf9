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
    ['Alice Example (alice@example.com)', 'Alice Example alice example.com'],
    ['Alice Example （alice＠example.com）', 'Alice Example alice example.com'],
    ['Alice Example ❨alice﹫example.com❩', 'Alice Example alice example.com'],
    ['alice@example.com', 'alice example.com'],
    ['Alice Example: I resign. Bob', 'Alice Example I resign. Bob'],
    ['* Alice Example', 'Alice Example'],
    ['-- Alice <alice@example.com>', 'Alice <alice example.com>'],
    ['Alice Example\u2800\u3164\u00ad\u034f\uffa0\u180e [tag:ci]', 'Alice Example tag ci'],
    ['Example, Alice', 'Example, Alice'],
    ['Аlice Example', 'Аlice Example'],
    ['Αlice Example', 'Αlice Example'],
    ['ᎪᏞᏆᏟᎬ', 'ᎪᏞᏆᏟᎬ'],
    ['𝐀lice Example', '𝐀lice Example'],
    ['Alice\u200dExample', 'Alice\u200dExample'],
  ])('shows the login beside the name %j, which cannot write one itself', (name, shown) => {
    const mallory = personOf(user('mallory@evil.example', { name }))!;
    expect(mallory).toMatchObject({ name: shown, ambiguous: true });
    expect(labelOf(mallory)).toBe(`${shown} (mallory@evil.example)`);
  });

  it.each([
    'Alice Example',
    "Jean-Luc O'Neill Jr.",
    'José Müller',
    'Дмитрий Иванов',
    '山田 太郎',
    'Νίκος',
    'مریم',
    'Zoë 🦊',
  ])('shows the name %s as it is', (name) => {
    expect(personOf(user('x@example.com', { name }))).toMatchObject({ name });
    expect(personOf(user('x@example.com', { name }))).not.toHaveProperty('ambiguous');
  });

  it('shows a login that is also the name as it is', () => {
    const person = personOf(user('x@example.com', { name: 'x@example.com' }))!;
    expect(person).toMatchObject({ name: 'x@example.com', handle: 'x@example.com' });
    expect(labelOf(person)).toBe('x@example.com');
  });

  it.each([
    ['alice\u200b@example.com', 'alice\\u{200b}@example.com'],
    ['\u0430lice@example.com', '\\u{430}lice@example.com'],
    ['x (alice@example.com)', 'x\\u{20}\\u{28}alice@example.com\\u{29}'],
    ['jos\u00e9@example.com', 'josé@example.com'],
    [`${'a'.repeat(90)}@example.com`, `${'a'.repeat(90)}@example.com`],
  ])('shows the login %j so that it passes for no other', (login, handle) => {
    expect(personOf(user(login))!.handle).toBe(handle);
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
