import * as Flags from '@oclif/core/flags';

const group = { helpGroup: 'headers' } as const;

/** Flags that say which headers the app gets. */
export const headerFlags = {
  'accept-app-caps': Flags.string({
    ...group,
    description: 'App capabilities to pass on in Tailscale-App-Capabilities.',
    helpValue: 'CAP',
    env: 'TSEXPOSE_ACCEPT_APP_CAPS',
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
  }),
  'device-headers': Flags.boolean({
    ...group,
    description: 'Add headers about the calling device: Tailscale-Node-Name, -Id and -Tags.',
    env: 'TSEXPOSE_DEVICE_HEADERS',
  }),
  'map-cap': Flags.string({
    ...group,
    description: 'Pass on a field of an app capability as a header: example.com/cap/app:role=X-App-Role.',
    helpValue: 'CAP:FIELD=HEADER',
    env: 'TSEXPOSE_MAP_CAP',
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
  }),
  'header-preset': Flags.string({
    ...group,
    description: 'Also send the headers of another proxy: remote-user, oauth2-proxy or grafana.',
    helpValue: 'NAME',
    env: 'TSEXPOSE_HEADER_PRESET',
  }),
  'pass-header': Flags.string({
    ...group,
    description: 'Let a header of callers through that speaks for a proxy, such as X-Client-IP. May be repeated.',
    helpValue: 'NAME',
    env: 'TSEXPOSE_PASS_HEADER',
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
  }),
  'host-header': Flags.string({
    ...group,
    description: 'Host header for the app: auto (default), preserve, rewrite, or a value.',
    helpValue: 'HOST',
    env: 'TSEXPOSE_HOST_HEADER',
  }),
  trace: Flags.boolean({
    ...group,
    description: 'Begin a trace (traceparent) for a request that has none.',
    env: 'TSEXPOSE_TRACE',
  }),
};
