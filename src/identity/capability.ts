/** Application capabilities as header values: what the tailnet's policy file grants a caller towards this node. */

/** A capability, or one field of its values, under a header name of its own. */
export interface CapabilityHeader {
  /** Name of the capability, such as `example.com/cap/app`. */
  capability: string;
  /** Field of each of its values, such as `role`. Without one, the header carries the values as JSON. */
  field?: string;
  /** Header name, such as `X-App-Role`. */
  header: string;
}

/** Returns the accepted capabilities as the JSON that `tailscale serve` sends: keys sorted, Go's escapes. */
export function appCapabilities(capabilities: Record<string, unknown[]>, accepted: readonly string[]): string {
  // rule: only accepted capabilities are passed on — mutate: [...new Set(accepted)] => Object.keys(capabilities)
  const names = [...new Set(accepted)].filter((name) => Object.hasOwn(capabilities, name)).sort(byBytes);
  const members = names.map((name) => `${toGoJson(name)}:${toGoJson(capabilities[name] ?? null)}`);
  return `{${members.join(',')}}`;
}

// Go sorts keys by their bytes, JavaScript by UTF-16 units.
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

// encoding/json escapes what could break out of HTML or JavaScript, inside raw messages too.
function toGoJson(value: unknown): string {
  // rule: JSON in a header cannot break out of HTML — mutate: [<>& => [
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * Returns the value of a mapped header, or undefined if the caller has no such capability. Several values are joined with
 * a comma. A comma inside a value is percent-encoded, so that one role cannot pass for two.
 */
export function capabilityValue(
  capabilities: Record<string, unknown[]> | undefined,
  mapping: CapabilityHeader,
): string | undefined {
  // rule: a capability named __proto__ is not granted
  // mutate: !capabilities || !Object.hasOwn(capabilities, mapping.capability) => !capabilities
  if (!capabilities || !Object.hasOwn(capabilities, mapping.capability)) return undefined;
  const values = capabilities[mapping.capability] ?? [];
  if (mapping.field === undefined) return JSON.stringify(values);
  const found = new Set<string>();
  for (const value of values) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, mapping.field)) continue;
    for (const item of [(value as Record<string, unknown>)[mapping.field]].flat()) {
      if (typeof item === 'string' || typeof item === 'number' || typeof item === 'boolean') {
        // rule: a comma in a value does not make two values of it — mutate: .replace(/[%,]/g, encodeURIComponent) =>
        found.add(String(item).replace(/[%,]/g, encodeURIComponent));
      }
    }
  }
  return found.size === 0 ? undefined : [...found].join(',');
}
