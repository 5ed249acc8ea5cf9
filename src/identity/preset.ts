/** The headers in which other proxies announce a user, for apps that already read one of them. */
import { TsexposeError } from '../errors.ts';
import type { ReservedNames } from './field.ts';
import type { Identity } from './identity.ts';
import { encodeHeaderValue } from './rfc2047.ts';

/** A set of header names. Everything that it may set is removed from requests first. */
export interface HeaderPreset {
  reserved: ReservedNames;
  /** Every header that it may set. */
  names: readonly string[];
  headers(identity: Identity): string[];
}

/** The presets by name. */
export const PRESETS = {
  /** `Remote-User` and the like, as Authelia and many basic-auth proxies send them. */
  // rule: the preset remote-user removes Remote-* — mutate: prefixes: ['remote-'] =>
  'remote-user': preset({ prefixes: ['remote-'] }, ['Remote-User', 'Remote-Name', 'Remote-Email']),
  /** Both families of oauth2-proxy. X-Forwarded-* is always reserved. */
  // rule: the preset oauth2-proxy removes X-Auth-Request-* — mutate: prefixes: ['x-auth-request-'] =>
  'oauth2-proxy': preset(
    { prefixes: ['x-auth-request-'] },
    ['X-Forwarded-User', 'X-Forwarded-Preferred-Username', 'X-Forwarded-Email'],
    ['X-Auth-Request-User', 'X-Auth-Request-Preferred-Username', 'X-Auth-Request-Email'],
  ),
  /** Grafana's auth proxy; set `headers_encoded = true` there for names outside ASCII. */
  // rule: the preset grafana removes X-WEBAUTH-* — mutate: prefixes: ['x-webauth-'] =>
  grafana: preset({ prefixes: ['x-webauth-'] }, ['X-WEBAUTH-USER', 'X-WEBAUTH-NAME', 'X-WEBAUTH-EMAIL']),
} as const satisfies Record<string, HeaderPreset>;

/** The name of a preset. */
export type PresetName = keyof typeof PRESETS;

/**
 * Returns the preset of a name.
 *
 * @throws ERR_TSEXPOSE_INVALID_OPTION for any other name
 */
export function findPreset(name: string): HeaderPreset {
  if (Object.hasOwn(PRESETS, name)) return PRESETS[name as PresetName];
  const known = Object.keys(PRESETS);
  throw new TsexposeError(
    'ERR_TSEXPOSE_INVALID_OPTION',
    `Expected a header preset (${known.join(', ')}), got ${JSON.stringify(name)}.`,
    { suggestions: known.map((preset) => `--header-preset ${preset}`) },
  );
}

/** Makes a preset that announces a user in one or more families of headers: login, display name and address. */
function preset(reserved: ReservedNames, ...families: [user: string, name: string, email: string][]): HeaderPreset {
  const headers = (identity: Identity) => families.flatMap((family) => userHeaders(identity, ...family));
  return { reserved, names: families.flat(), headers };
}

function userHeaders(identity: Identity, user: string, name: string, email: string): string[] {
  const login = encodeHeaderValue(identity.login);
  const headers = [user, login, name, encodeHeaderValue(identity.name)];
  const isAddress = /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(identity.login);
  // rule: a login such as alice@github is not sent as an email address — mutate: isAddress => true
  if (isAddress) headers.push(email, login);
  return headers;
}
