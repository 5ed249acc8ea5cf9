import { describe, expect, it } from 'vitest';
import { defineCapability } from '../../src/middleware/capability.ts';
import { type GateOptions, makeGate } from '../../src/middleware/gate.ts';
import { alice, bob, funnelCaller, runner, unknown } from './people.ts';

const callers = { alice, bob, runner, funnelCaller, unknown, 'no identity': undefined };

describe('the gate of the middleware', () => {
  it.each<[string, GateOptions, Record<string, number>]>([
    ['every known caller', {}, { funnelCaller: 401, unknown: 401, 'no identity': 401 }],
    ['every caller, if they need not be known', { require: false }, {}],
    [
      'whom a rule allows',
      { allow: ['*@example.com', 'tag:ci'] },
      { bob: 403, funnelCaller: 401, unknown: 401, 'no identity': 401 },
    ],
    [
      'whom a function allows',
      { allow: ({ name }) => name === 'Bob' },
      { alice: 403, runner: 403, funnelCaller: 401, unknown: 401, 'no identity': 401 },
    ],
    [
      'whom no rule denies',
      { deny: 'tag:ci', require: false },
      { runner: 403, funnelCaller: 401, unknown: 401, 'no identity': 401 },
    ],
    [
      'who has a capability',
      { capability: 'example.com/cap/notes', require: false },
      { bob: 403, runner: 403, funnelCaller: 401, unknown: 401, 'no identity': 401 },
    ],
    [
      'who is allowed and has a capability',
      { allow: 'bob@elsewhere.org', capability: defineCapability('example.com/cap/notes') },
      { alice: 403, bob: 403, runner: 403, funnelCaller: 401, unknown: 401, 'no identity': 401 },
    ],
  ])('gives access: %s', (_, options, refused) => {
    const admit = makeGate(options);
    const statuses = Object.entries(callers).map(([name, caller]) => [name, admit(caller).refusal?.status]);
    expect(Object.fromEntries(statuses.filter(([, status]) => status))).toEqual(refused);
  });

  it('refuses rules and capabilities that cannot be read', () => {
    expect(() => makeGate({ allow: 'alice' })).toThrow('allow: "alice" is not a rule.');
    expect(() => makeGate({ capability: 'notes' })).toThrow(/name of an application capability/);
  });
});
