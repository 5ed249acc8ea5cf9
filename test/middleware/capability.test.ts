import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineCapability } from '../../src/middleware/capability.ts';
import type { StandardSchema } from '../../src/middleware/standard-schema.ts';
import { alice, bob } from './people.ts';

const name = 'example.com/cap/notes';

describe('a capability', () => {
  it.each<[string, StandardSchema<{ role: 'reader' | 'writer' }>]>([
    ['zod', z.object({ role: z.enum(['reader', 'writer']) })],
    ['valibot', v.object({ role: v.picklist(['reader', 'writer']) })],
  ])('gives the values that fit a %s schema, and says why others do not', (_, schema) => {
    const notes = defineCapability(name, schema);
    const { values, issues } = notes.parse(alice);
    expect(values).toEqual([{ role: 'writer' }]);
    expect(issues).toHaveLength(1);
    expect(issues[0]?.message).toMatch(/reader/);
    expect(notes.values(bob)).toEqual([]);
    expect(notes.values(undefined)).toEqual([]);
  });

  it('returns the values as they are without a schema', () => {
    expect(defineCapability(name).values(alice)).toEqual([{ role: 'writer' }, { role: 'owner' }]);
  });

  it('is not granted by values that do not fit', () => {
    expect(defineCapability(name, z.object({ role: z.literal('writer') })).grants(alice)).toBe(true);
    expect(defineCapability(name, z.object({ role: z.literal('admin') })).grants(alice)).toBe(false);
    expect(defineCapability(name).grants(bob)).toBe(false);
  });

  it('is not found on the prototype of an object', () => {
    const forged = { ...bob, capabilities: Object.create({ [name]: [{ role: 'writer' }] }) };
    expect(defineCapability(name).grants(forged)).toBe(false);
    expect(defineCapability(name).values(forged)).toEqual([]);
  });

  it('refuses an asynchronous schema', () => {
    const later = defineCapability(
      name,
      z.any().refine(async () => true),
    );
    expect(() => later.values(alice)).toThrow(/asynchronous/);
  });
});
