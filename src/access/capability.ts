/** Application capabilities: what the tailnet's policy file grants a caller towards this node, as header values. */
import { TsexposeError } from '../errors.ts';
import { foldName } from '../identity/field.ts';

/** A capability, or one field of its values, under a header name of its own. */
export interface CapabilityHeader {
  /** Name of the capability, such as `example.com/cap/app`. */
  capability: string;
  /** Field of each of its values, such as `role`. Absent: the header carries the values as JSON. */
  field?: string;
  /** Header name, such as `X-App-Role`. */
  header: string;
}

// The rule that `tailscale serve --accept-app-caps` applies.
const CAPABILITY = /^([\p{L}\p{N}-]+\.)+[\p{L}\p{N}-]+\/[\p{L}\p{N}\-/]+$/u;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const UNMAPPABLE =
  /^(connection|keep-alive|te|trailer|transfer-encoding|upgrade|host|content-|expect|proxy|cookie|authorization|tailscale-user-|tailscale-headers-|tailscale-funnel-|tailscale-app-|x-forwarded-(for|host|proto|prefix)$)/;

/** Whether a text is the name of an application capability. */
export function isCapabilityName(text: string): boolean {
  return CAPABILITY.test(text);
}

/**
 * Checks the names for `Tailscale-App-Capabilities`.
 *
 * @throws ERR_TSEXPOSE_INVALID_OPTION
 */
export function parseAppCaps(names: readonly string[]): string[] {
  for (const name of names) {
    if (isCapabilityName(name)) continue;
    throw new TsexposeError(
      'ERR_TSEXPOSE_INVALID_OPTION',
      `Expected the name of an application capability (example.com/cap/app), got ${JSON.stringify(name)}.`,
    );
  }
  return [...names];
}

/**
 * Reads `example.com/cap/app:role=X-App-Role`, or `example.com/cap/app=X-App` for the whole of it.
 *
 * @throws ERR_TSEXPOSE_INVALID_OPTION
 */
export function parseCapabilityHeader(text: string): CapabilityHeader {
  const match = /^([^:=]+)(?::([^=]+))?=(.+)$/.exec(text);
  const [, capability = '', field, header = ''] = match ?? [];
  if (!match || !isCapabilityName(capability)) {
    throw invalid(text, 'a capability and a header, such as example.com/cap/app:role=X-App-Role');
  }
  if (!TOKEN.test(header)) throw invalid(text, 'a header name after "="');
  if (UNMAPPABLE.test(foldName(header))) throw invalid(text, 'a header name that has no meaning of its own');
  return { capability, header, ...(field === undefined ? {} : { field }) };
}

/**
 * Checks that each header is set once: services differ in which of two of one name they take.
 *
 * @param others Names that are set besides.
 * @throws ERR_TSEXPOSE_INVALID_OPTION
 */
export function checkUniqueHeaders(mappings: readonly CapabilityHeader[], others: readonly string[]): void {
  const taken = new Set(others.map(foldName));
  for (const { header } of mappings) {
    const folded = foldName(header);
    if (taken.has(folded))
      throw unmappable(`Expected a header that nothing else sets for a capability, got ${header} twice.`);
    taken.add(folded);
  }
}

function invalid(text: string, expected: string): TsexposeError {
  return unmappable(`Expected ${expected}, got ${JSON.stringify(text)}.`);
}

function unmappable(message: string): TsexposeError {
  return new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', message, {
    suggestions: ['--map-cap example.com/cap/app:role=X-App-Role'],
  });
}

/** The accepted capabilities as the JSON that `tailscale serve` sends: keys sorted, Go's escapes. */
export function appCapabilities(capabilities: Record<string, unknown[]>, accepted: readonly string[]): string {
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
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * The value of a mapped header, or undefined where the caller has nothing of the kind. Several values are joined by a
 * comma; a comma inside a value is percent-encoded, so that one role cannot read as two.
 */
export function capabilityValue(
  capabilities: Record<string, unknown[]> | undefined,
  mapping: CapabilityHeader,
): string | undefined {
  if (!capabilities || !Object.hasOwn(capabilities, mapping.capability)) return undefined;
  const values = capabilities[mapping.capability] ?? [];
  if (mapping.field === undefined) return JSON.stringify(values);
  const found = new Set<string>();
  for (const value of values) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, mapping.field)) continue;
    for (const item of [(value as Record<string, unknown>)[mapping.field]].flat()) {
      if (typeof item === 'string' || typeof item === 'number' || typeof item === 'boolean') {
        found.add(String(item).replace(/[%,]/g, encodeURIComponent));
      }
    }
  }
  return found.size === 0 ? undefined : [...found].join(',');
}
