import * as Flags from '@oclif/core/flags';

const group = { helpGroup: 'ports and https' } as const;

/** Flags that say which ports there are, what they speak, and where they lead. */
export const portFlags = {
  https: Flags.string({
    ...group,
    description: 'auto (443 with a certificate, with 80 beside it), only (80 redirects to 443) or off. Default: auto.',
    helpValue: 'auto|only|off',
    env: 'TSEXPOSE_HTTPS',
  }),
  'cert-cache': Flags.string({
    ...group,
    description: 'Where to keep the certificate of an ephemeral node between runs.',
    helpValue: 'DIR',
    env: 'TSEXPOSE_CERT_CACHE',
  }),
  port: Flags.string({
    ...group,
    char: 'p',
    description: 'Tailnet port: 8080, 80:3000, 5432:5432, 8000-8010; may be repeated.',
    helpValue: 'PORT[:TARGET]',
    env: 'TSEXPOSE_PORT',
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
  }),
  route: Flags.string({
    ...group,
    description: 'Target for a path, such as /api=3001; the longest path wins. May be repeated.',
    helpValue: 'PATH=TARGET',
    env: 'TSEXPOSE_ROUTE',
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
  }),
  'strip-prefix': Flags.boolean({
    ...group,
    description: 'Remove the path of the route before the target gets the request.',
    env: 'TSEXPOSE_STRIP_PREFIX',
  }),
  'target-ca': Flags.string({
    ...group,
    description: 'PEM file with the authority to trust for an https:// target.',
    helpValue: 'FILE',
    env: 'TSEXPOSE_TARGET_CA',
  }),
  'target-servername': Flags.string({
    ...group,
    description: 'Name in the certificate of an https:// target, if it is not the host of the target.',
    helpValue: 'NAME',
    env: 'TSEXPOSE_TARGET_SERVERNAME',
  }),
  listing: Flags.boolean({
    ...group,
    description: 'List the files of a directory that has no index page.',
    env: 'TSEXPOSE_LISTING',
  }),
  'idle-timeout': Flags.string({
    ...group,
    description: 'End a request or WebSocket that is silent for this long, such as 5m. Default: no limit.',
    helpValue: 'TIME',
    env: 'TSEXPOSE_IDLE_TIMEOUT',
  }),
  'proxy-protocol': Flags.string({
    ...group,
    description: 'Tell a TCP target who is calling: PROXY protocol version 1 or 2.',
    helpValue: '1|2',
    env: 'TSEXPOSE_PROXY_PROTOCOL',
  }),
  'tls-terminated-tcp': Flags.boolean({
    ...group,
    description: 'Terminate TLS on TCP ports, so that the target gets the bytes inside.',
    env: 'TSEXPOSE_TLS_TERMINATED_TCP',
  }),
  service: Flags.string({
    ...group,
    description: 'Tailscale Service to host, such as svc:web: one name for several hosts. Requires a tagged node.',
    helpValue: 'SERVICE',
    env: 'TSEXPOSE_SERVICE',
  }),
};
