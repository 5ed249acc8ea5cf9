import * as Flags from '@oclif/core/flags';

const list = { multiple: true, multipleNonGreedy: true, helpGroup: 'proxy' } as const;

/** Flags that say who may come in, and what the service is told about the caller. */
export const accessFlags = {
  allow: Flags.string({
    ...list,
    description: 'Who may come in: alice@example.com, *@example.com, tag:ci, cap:example.com/cap/x.',
    helpValue: 'RULE',
    env: 'TSEXPOSE_ALLOW',
    delimiter: ',',
  }),
  deny: Flags.string({
    ...list,
    description: 'Who may not, whatever --allow says.',
    helpValue: 'RULE',
    env: 'TSEXPOSE_DENY',
    delimiter: ',',
  }),
  'require-identity': Flags.boolean({
    description: 'Refuse callers whose identity cannot be found out.',
    env: 'TSEXPOSE_REQUIRE_IDENTITY',
    helpGroup: 'proxy',
  }),
  'accept-app-caps': Flags.string({
    ...list,
    description: 'App capabilities to pass on in Tailscale-App-Capabilities.',
    helpValue: 'CAP',
    env: 'TSEXPOSE_ACCEPT_APP_CAPS',
    delimiter: ',',
  }),
  'device-headers': Flags.boolean({
    description: 'Tell the service about the calling device: Tailscale-Node-Name, -Id and -Tags.',
    env: 'TSEXPOSE_DEVICE_HEADERS',
    helpGroup: 'proxy',
  }),
  'map-cap': Flags.string({
    ...list,
    description: 'Pass a field of an app capability on as a header: example.com/cap/app:role=X-App-Role.',
    helpValue: 'CAP:FIELD=HEADER',
    env: 'TSEXPOSE_MAP_CAP',
    delimiter: ',',
  }),
  'header-preset': Flags.string({
    description: 'Also send the names that other proxies use: remote-user, oauth2-proxy or grafana.',
    helpValue: 'NAME',
    env: 'TSEXPOSE_HEADER_PRESET',
    helpGroup: 'proxy',
  }),
  'host-header': Flags.string({
    description: 'Host header for the service: preserve (default), rewrite, or a value.',
    helpValue: 'HOST',
    env: 'TSEXPOSE_HOST_HEADER',
    helpGroup: 'proxy',
  }),
};
