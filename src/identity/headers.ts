/** What a service is told about the caller: the contract of `tailscale serve`, plus what is asked for beyond it. */
import { appCapabilities, type CapabilityHeader, capabilityValue } from './capability.ts';
import type { Identity } from './identity.ts';
import type { HeaderPreset } from './preset.ts';
import { encodeHeaderValue } from './rfc2047.ts';

/** The headers of a device. */
export const DEVICE_HEADERS = {
  name: 'Tailscale-Node-Name',
  id: 'Tailscale-Node-Id',
  tags: 'Tailscale-Node-Tags',
} as const;

/** Which headers speak about the caller. */
export interface CallerHeaderOptions {
  /** Capabilities that `Tailscale-App-Capabilities` carries. @default none, and no such header */
  acceptAppCaps?: readonly string[];
  /** Adds `Tailscale-Node-Name`, `-Node-Id` and `-Node-Tags`: the only ones that a tagged caller has. @default false */
  deviceHeaders?: boolean;
  /** Capabilities that become headers of their own. @default none */
  mapCap?: readonly CapabilityHeader[];
  /** Further names for the user, for services that expect those of another proxy. @default none */
  preset?: HeaderPreset;
}

/** The headers that tell a service who `identity` is, as a flat list. Nobody known: an empty list. */
export function callerHeaders(identity: Identity, options: CallerHeaderOptions = {}): string[] {
  // A funnel visitor's source is the relay's report: it never becomes a tailnet identity.
  if (identity.kind === 'funnel') return ['Tailscale-Funnel-Request', '?1'];
  if (identity.kind === 'unknown') return [];
  const headers: string[] = [];
  if (identity.kind === 'user') {
    headers.push('Tailscale-User-Login', encodeHeaderValue(identity.login));
    headers.push('Tailscale-User-Name', encodeHeaderValue(identity.name));
    headers.push('Tailscale-User-Profile-Pic', pictureValue(identity.picture));
    headers.push('Tailscale-Headers-Info', 'https://tailscale.com/s/serve-headers');
    if (options.preset) headers.push(...options.preset.headers(identity));
  }
  if (options.acceptAppCaps && options.acceptAppCaps.length > 0 && identity.capabilities) {
    const value = encodeHeaderValue(appCapabilities(identity.capabilities, options.acceptAppCaps));
    headers.push('Tailscale-App-Capabilities', value);
  }
  if (options.deviceHeaders && identity.node) {
    headers.push(DEVICE_HEADERS.name, encodeHeaderValue(identity.node.name));
    headers.push(DEVICE_HEADERS.id, encodeHeaderValue(identity.node.id));
    if (identity.node.tags.length > 0)
      headers.push(DEVICE_HEADERS.tags, encodeHeaderValue(identity.node.tags.join(',')));
  }
  for (const mapping of options.mapCap ?? []) {
    const value = capabilityValue(identity.capabilities, mapping);
    if (value !== undefined) headers.push(mapping.header, encodeHeaderValue(value));
  }
  return headers;
}

/** `tailscale serve` passes the URL as it is; ours is one that every header can carry. */
function pictureValue(url: string): string {
  if (/[\0-\x1f\x7f]|\p{Surrogate}/u.test(url)) return '';
  return url.replace(/[^\x20-\x7e]+/g, encodeURI);
}
