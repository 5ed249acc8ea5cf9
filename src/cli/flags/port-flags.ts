import * as Flags from '@oclif/core/flags';

const group = { helpGroup: 'front' } as const;

/** Flags that say on which ports visitors come, and what is spoken there. */
export const portFlags = {
  https: Flags.string({
    ...group,
    description: 'auto (443 with a certificate, and 80 beside it), only (80 leads to 443) or off. Default: auto.',
    helpValue: 'MODE',
    env: 'TSEXPOSE_HTTPS',
    options: ['auto', 'only', 'off'] as const,
  }),
  'cert-cache': Flags.string({
    ...group,
    description: 'Where the certificate of an ephemeral node is kept between runs.',
    helpValue: 'DIR',
    env: 'TSEXPOSE_CERT_CACHE',
  }),
  port: Flags.string({
    ...group,
    description: 'Tailnet port: 8080, 80:3000, 5432:5432, 8000-8010; may be repeated.',
    helpValue: 'PORT[:TARGET]',
    env: 'TSEXPOSE_PORT',
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
  }),
  route: Flags.string({
    ...group,
    description: 'Service for a path, such as /api=3001; the longest path wins. May be repeated.',
    helpValue: 'PATH=TARGET',
    env: 'TSEXPOSE_ROUTE',
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
  }),
  'strip-prefix': Flags.boolean({
    ...group,
    description: 'Take the path of the route off before the service sees it.',
    env: 'TSEXPOSE_STRIP_PREFIX',
  }),
  'target-ca': Flags.string({
    ...group,
    description: 'PEM file of the authority that an https:// service has its certificate from.',
    helpValue: 'FILE',
    env: 'TSEXPOSE_TARGET_CA',
  }),
  'target-servername': Flags.string({
    ...group,
    description: 'Name in the certificate of an https:// service, where it is not the host of the target.',
    helpValue: 'NAME',
    env: 'TSEXPOSE_TARGET_SERVERNAME',
  }),
  'proxy-protocol': Flags.string({
    ...group,
    description: 'Tell a TCP service who is calling: PROXY protocol 1 or 2.',
    helpValue: '1|2',
    env: 'TSEXPOSE_PROXY_PROTOCOL',
    options: ['1', '2'] as const,
  }),
  service: Flags.string({
    ...group,
    description: 'Tailscale Service to be a host of, such as svc:web: one name for several hosts. Needs --tag.',
    helpValue: 'SERVICE',
    env: 'TSEXPOSE_SERVICE',
  }),
  funnel: Flags.boolean({
    ...group,
    description: 'Put the service on the public internet as well (Tailscale Funnel).',
    env: 'TSEXPOSE_FUNNEL',
  }),
  'funnel-auth': Flags.string({
    ...group,
    description: 'Ask visitors from the internet for a password.',
    helpValue: 'USER:PASSWORD',
    env: 'TSEXPOSE_FUNNEL_AUTH',
  }),
  'tls-terminated-tcp': Flags.boolean({
    ...group,
    description: 'Take TLS off TCP connections before the service gets them.',
    env: 'TSEXPOSE_TLS_TERMINATED_TCP',
  }),
};
