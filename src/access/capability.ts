/** Parses the options about application capabilities. */
import { TsexposeError } from '../errors.ts';
import type { CapabilityHeader } from '../identity/capability.ts';
import { foldName } from '../identity/field.ts';
import { Problems } from '../problems.ts';

// The same rule as for `tailscale serve --accept-app-caps`.
const CAPABILITY = /^([\p{L}\p{N}-]+\.)+[\p{L}\p{N}-]+\/[\p{L}\p{N}\-/]+$/u;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Folded names of headers that mean something to HTTP, to browsers, to apps, or about the caller. */
const UNMAPPABLE = new RegExp(
  `^(?:${[
    // HTTP: connections, framing, routing, caches, negotiation
    '(?:connection|keep-alive|te|trailer|transfer-encoding|upgrade|http2-settings|host|expect|via|max-forwards|date)$',
    '(?:range|cache-control|pragma|age|vary|etag|expires|last-modified|retry-after|allow|location|refresh|link)$',
    '(?:server|from|user-agent|priority|prefer|early-data|dnt|alt-svc|alt-used|warning)$',
    '(?:accept|content|if)(?:-|$)',
    // logins, sessions, and what browsers vouch for
    '(?:authorization|www-authenticate|cookie2?|set-cookie2?|origin|referer|x-requested-with|x-api-key)$',
    '(?:access-control|sec|proxy|x-csrf|x-csrftoken|x-xsrf|upgrade-insecure|strict-transport|clear-site)(?:-|$)',
    // the caller and the request as a proxy saw them
    '(?:forwarded|depth|destination|overwrite|lock-token|timeout)$',
    '(?:x-)?(?:real|client|true-client|cluster-client|originating|remote|cf-connecting|cf-pseudo|fastly-client)-(?:ip|addr)',
    '(?:x-tailscale|tailscale|x-original|x-rewrite|x-http-method|x-method|x-http-host|x-host|x-url|x-scheme|x-envoy)(?:-|$)',
    // oauth2-proxy and others announce users in a few of these
    'x-forwarded(?:-(?!(?:user|email|groups?|roles?|preferred-username)$)|$)',
  ].join('|')})`,
);

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
  const problems = new Problems();
  for (const name of names) problems.check(() => checkAppCap(name));
  problems.throw();
  return [...names];
}

function checkAppCap(name: string): void {
  if (isCapabilityName(name)) return;
  throw new TsexposeError(
    'ERR_TSEXPOSE_INVALID_OPTION',
    `Expected the name of an application capability (example.com/cap/app), got ${JSON.stringify(name)}.`,
    { suggestions: ['--accept-app-caps example.com/cap/app'] },
  );
}

/**
 * Parses `example.com/cap/app:role=X-App-Role` for a field, or `example.com/cap/app=X-App` for all values as JSON.
 *
 * @throws ERR_TSEXPOSE_INVALID_OPTION
 */
export function parseCapabilityHeader(text: string): CapabilityHeader {
  const match = /^([^:=]+)(?::([^=]+))?=(.+)$/.exec(text);
  const [, capability = '', field, header = ''] = match ?? [];
  if (!match || !isCapabilityName(capability)) {
    throw invalid(text, 'a capability and a header, such as example.com/cap/app:role=X-App-Role');
  }
  // rule: a capability is only mapped to a valid header name
  if (!TOKEN.test(header)) throw invalid(text, 'a header name after "="');
  // rule: a mapping cannot set a header that has a meaning of its own
  // mutate: foldName(header) => header
  if (UNMAPPABLE.test(foldName(header))) throw invalid(text, 'a header name that has no meaning of its own');
  return { capability, header, ...(field === undefined ? {} : { field }) };
}

/**
 * Checks that each header is set only once: apps differ in which of two headers with the same name they read.
 *
 * @param others names that other options set
 * @throws ERR_TSEXPOSE_INVALID_OPTION
 */
export function checkUniqueHeaders(mappings: readonly CapabilityHeader[], others: readonly string[]): void {
  const taken = new Set(others.map(foldName));
  for (const { header } of mappings) {
    const folded = foldName(header);
    // rule: each header is set only once
    if (taken.has(folded)) throw unmappable(`--map-cap: the header ${header} is set twice.`);
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
