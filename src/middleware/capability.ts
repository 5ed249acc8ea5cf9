import { isCapabilityName } from '../access/capability.ts';
import { TsexposeError } from '../errors.ts';
import type { Identity } from '../identity/identity.ts';
import type { SchemaIssue, StandardSchema } from './standard-schema.ts';

/** What a caller's grants of one capability contain. */
export interface CapabilityValues<Value> {
  /** The values that fit the schema. */
  values: Value[];
  /** Why the others do not: mistakes in the tailnet's policy file. */
  issues: SchemaIssue[];
}

/**
 * An application capability: what the tailnet's policy file grants a caller on this node, read through a schema.
 *
 * @example
 * ```ts
 * import { z } from 'zod';
 * const notes = defineCapability('example.com/cap/notes', z.object({ role: z.enum(['reader', 'writer']) }));
 * tailnet.createServer((req, res) => {
 *   const writes = notes.values(req.tailscale).some(({ role }) => role === 'writer');
 *   res.end(writes ? 'you may write' : 'you may not');
 * });
 * ```
 */
export class Capability<Value> {
  /** Such as `example.com/cap/notes`. */
  readonly name: string;
  readonly #schema: StandardSchema<Value> | undefined;

  /** @internal */
  constructor(name: string, schema: StandardSchema<Value> | undefined) {
    this.name = name;
    this.#schema = schema;
  }

  /** Returns the values that a caller has been granted. A value that does not fit the schema grants nothing. */
  values(identity: Identity | undefined): Value[] {
    return this.parse(identity).values;
  }

  /** Returns the values that a caller has been granted, and why others do not fit. */
  parse(identity: Identity | undefined): CapabilityValues<Value> {
    const capabilities = identity?.capabilities ?? {};
    // rule: a capability on the prototype of an object has no values
    // mutate: Object.hasOwn(capabilities, this.name) ? => this.name in capabilities ?
    const granted = Object.hasOwn(capabilities, this.name) ? capabilities[this.name]! : [];
    const parsed: CapabilityValues<Value> = { values: [], issues: [] };
    for (const value of granted) {
      const result = this.#schema ? this.#schema['~standard'].validate(value) : { value: value as Value };
      if (result instanceof Promise) throw asynchronous(this.name);
      // rule: a value that does not fit the schema grants nothing
      if (result.issues) parsed.issues.push(...result.issues);
      else parsed.values.push(result.value);
    }
    return parsed;
  }

  /** Whether a caller has been granted the capability, with a value that fits the schema if there is one. */
  grants(identity: Identity | undefined): boolean {
    // rule: a capability on the prototype of an object is not granted
    // mutate: Object.hasOwn(identity?.capabilities ?? {}, this.name) => this.name in (identity?.capabilities ?? {})
    const granted = Object.hasOwn(identity?.capabilities ?? {}, this.name);
    return granted && (this.#schema === undefined || this.values(identity).length > 0);
  }
}

/**
 * Defines an application capability with the schema of its values.
 *
 * @param schema - any Standard Schema, such as zod's or valibot's. `@default` values are `unknown`
 * @throws TsexposeError `ERR_TSEXPOSE_INVALID_OPTION`
 * @example
 * ```ts
 * import * as v from 'valibot';
 * const notes = defineCapability('example.com/cap/notes', v.object({ role: v.picklist(['reader', 'writer']) }));
 * ```
 */
export function defineCapability<Value = unknown>(name: string, schema?: StandardSchema<Value>): Capability<Value> {
  if (isCapabilityName(name)) return new Capability(name, schema);
  throw new TsexposeError(
    'ERR_TSEXPOSE_INVALID_OPTION',
    `Expected the name of an application capability (example.com/cap/app), got ${JSON.stringify(name)}.`,
  );
}

function asynchronous(name: string): TsexposeError {
  const message = `The schema of ${name} is asynchronous. Use one that validates synchronously.`;
  return new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', message);
}
