/** What the app is told about the caller: the headers of `tailscale serve`, plus those that options add. */
import { appCapabilities, type CapabilityHeader, capabilityValue } from './capability.ts';
import type { Identity } from './identity.ts';
import type { HeaderPreset } from './preset.ts';
import { encodeHeaderValue } from './rfc2047.ts';

/** The headers that describe the caller's device. */
export const DEVICE_HEADERS = {
  name: 'Tailscale-Node-Name',
  id: 'Tailscale-Node-Id',
  tags: 'Tailscale-Node-Tags',
} as const;

/** Which headers describe the caller. */
export interface CallerHeaderOptions {
  /** Capabilities to send in `Tailscale-App-Capabilities`. @default none, and no such header */
  acceptAppCaps?: readonly string[];
  /** Adds `Tailscale-Node-Name`, `-Node-Id` and `-Node-Tags`, the only headers for a tagged caller. @default false */
  deviceHeaders?: boolean;
  /** Capabilities to send in headers of their own. @default none */
  mapCap?: readonly CapabilityHeader[];
  /** Further headers with the user, for apps that expect those of another proxy. @default none */
  preset?: HeaderPreset;
}

/** Returns the headers that tell the app who is calling, as a flat list; an empty list for an unknown caller. */
export function callerHeaders(identity: Identity, options: CallerHeaderOptions = {}): string[] {
  // rule: a caller from the internet has no identity
  if (identity.kind === 'funnel') return ['Tailscale-Funnel-Request', '?1'];
  // rule: an unknown caller has no headers
  if (identity.kind === 'unknown') return [];
  const headers: string[] = [];
  // rule: a tagged device has no user — mutate: identity.kind === 'user' => true
  if (identity.kind === 'user') {
    // rule: a login is encoded — mutate: encodeHeaderValue(identity.login) => identity.login
    headers.push('Tailscale-User-Login', encodeHeaderValue(identity.login));
    // rule: a name is encoded — mutate: encodeHeaderValue(identity.name) => identity.name
    headers.push('Tailscale-User-Name', encodeHeaderValue(identity.name));
    headers.push('Tailscale-User-Profile-Pic', pictureValue(identity.picture));
    headers.push('Tailscale-Headers-Info', 'https://tailscale.com/s/serve-headers');
    if (options.preset) headers.push(...options.preset.headers(identity));
  }
  if (options.acceptAppCaps && options.acceptAppCaps.length > 0 && identity.capabilities) {
    const value = encodeHeaderValue(appCapabilities(identity.capabilities, options.acceptAppCaps));
    headers.push('Tailscale-App-Capabilities', value);
  }
  // rule: the device is named only on request — mutate: options.deviceHeaders && identity.node => identity.node
  if (options.deviceHeaders && identity.node) {
    // rule: a device's name is encoded — mutate: encodeHeaderValue(identity.node.name) => identity.node.name
    headers.push(DEVICE_HEADERS.name, encodeHeaderValue(identity.node.name));
    headers.push(DEVICE_HEADERS.id, encodeHeaderValue(identity.node.id));
    if (identity.node.tags.length > 0)
      headers.push(DEVICE_HEADERS.tags, encodeHeaderValue(identity.node.tags.join(',')));
  }
  for (const mapping of options.mapCap ?? []) {
    const value = capabilityValue(identity.capabilities, mapping);
    // rule: a mapped capability's value is encoded — mutate: encodeHeaderValue(value) => value
    if (value !== undefined) headers.push(mapping.header, encodeHeaderValue(value));
  }
  return headers;
}

/** Makes the URL safe as a header value. `tailscale serve` passes it on as it is. */
function pictureValue(url: string): string {
  // rule: a picture's URL has no line break
  if (/[\0-\x1f\x7f]|\p{Surrogate}/u.test(url)) return '';
  return url.replace(/[^\x20-\x7e]+/g, encodeURI);
}
