import { describe, expect, it } from 'vitest';
import { Gate } from '../../src/access/gate.ts';
import { CLAIMS } from '../../src/identity/field.ts';
import { sanitizeHeaders } from '../../src/proxy/request/sanitize.ts';
import { readText } from '../module-graph.ts';

/** Headers that a proxy or a content network sets about its callers, and apps believe. */
const SPOKEN = [
  ...[
    'X-Client-IP',
    'X-ClientIP',
    'Client-IP',
    'True-Client-IP',
    'CF-Connecting-IP',
    'CF-Connecting-IPv6',
    'CF-IPCountry',
  ],
  ...['Fastly-Client-IP', 'Fly-Client-IP', 'X-Cluster-Client-IP', 'X-Original-Forwarded-For', 'X-Originating-IP'],
  ...['X-Remote-IP', 'X-Remote-Addr', 'X-Envoy-External-Address', 'X-Azure-ClientIP', 'X-AppEngine-User-IP'],
  ...[
    'X-Vercel-Forwarded-For',
    'X-NF-Client-Connection-IP',
    'DO-Connecting-IP',
    'WL-Proxy-Client-IP',
    'Proxy-Client-IP',
  ],
  ...['CloudFront-Viewer-Address', 'X-ProxyUser-IP', 'Forwarded-For', 'X-Forwarded', 'X-Real-IP', 'Forwarded'],
  ...[
    'X-Original-URL',
    'X-Rewrite-URL',
    'X-Original-URI',
    'X-Original-Host',
    'X-Original-Method',
    'X-Host',
    'X-Script-Name',
  ],
  ...['X-Envoy-Original-Path', 'X-HTTP-Host-Override', 'X-Sendfile-Type', 'X-Accel-Mapping', 'X-Ingress-Path'],
  ...['X-Scheme', 'X-URL-Scheme', 'Front-End-Https', 'X-Original-Proto'],
  ...['Remote-User', 'Remote-Groups', 'X-Remote-User', 'X-Remote-Group', 'X-Remote-Extra-Scopes', 'X-WEBAUTH-USER'],
  ...['X-WEBAUTH-ROLE', 'X-Auth-Request-User', 'X-Auth-Request-Access-Token', 'X-Forwarded-User', 'X-Forwarded-Email'],
  ...['X-Forwarded-Groups', 'X-authentik-username', 'X-Goog-Authenticated-User-Email', 'X-Goog-IAP-JWT-Assertion'],
  ...['X-Amzn-Oidc-Data', 'X-Amzn-Oidc-Identity', 'X-Amzn-Mtls-Clientcert', 'Cf-Access-Authenticated-User-Email'],
  ...[
    'Cf-Access-Jwt-Assertion',
    'SSL-Client-Cert',
    'SSL_CLIENT_S_DN',
    'X-SSL-Client-Verify',
    'X-SSL-Cert',
    'Client-Cert',
  ],
  ...[
    'Client-Cert-Chain',
    'X-Client-Cert',
    'X-Client-Cert-DN',
    'X-Client-Certificate',
    'X-Client-DN',
    'X-Client-Verify',
  ],
  ...['X-ARR-ClientCert', 'X-MS-CLIENT-PRINCIPAL', 'X-MS-CLIENT-PRINCIPAL-NAME', 'X-Pomerium-Jwt-Assertion'],
  ...[
    'X-Vouch-User',
    'X-Consumer-Username',
    'X-Credential-Identifier',
    'X-Authenticated-User',
    'X-Authenticated-Userid',
  ],
  ...['OIDC_CLAIM_sub', 'X-Auth-Username', 'X-Auth-Roles', 'X-Endpoint-API-UserInfo', 'X-Apigateway-Api-Userinfo'],
];

/** Headers that a caller may well have to say. */
const OWN = [
  ...['X-HTTP-Method-Override', 'X-Method-Override', 'X-Requested-With', 'X-CSRF-Token', 'X-Api-Key', 'Authorization'],
  ...['Cookie', 'X-User-Id', 'X-Auth-Token', 'X-Auth-Key', 'X-Request-Id', 'Traceparent', 'X-B3-TraceId', 'Origin'],
  ...['Referer', 'Via', 'Client', 'X-Client', 'X-Client-Version', 'X-Client-Data', 'X-Goog-Api-Key', 'X-Amz-Date'],
  ...['X-Amzn-Trace-Id', 'X-MS-Version', 'X-MS-Date', 'Remote', 'Destination', 'X-GitHub-Event', 'X-Hub-Signature-256'],
  ...[
    'X-Original-Filename',
    'X-Real-Name',
    'X-Auth-Mode',
    'Ssl',
    'X-Hostname',
    'X-Schema',
    'X-Consumer',
    'Sec-WebSocket-Key',
  ],
];

const spellings = (name: string) => [
  name,
  name.toUpperCase(),
  name.replaceAll('-', '_'),
  name.replaceAll('-', '.').toLowerCase(),
];

describe('a header that speaks for a proxy', () => {
  const { reserved } = new Gate();

  it.each(SPOKEN)('%s does not pass from a caller, in any spelling', (name) => {
    for (const spelled of spellings(name)) expect(sanitizeHeaders(reserved, [spelled, 'x'], [])).toEqual([]);
  });

  it.each(OWN)('is not %s', (name) => {
    expect(sanitizeHeaders(reserved, [name, 'x'], [])).toEqual([name, 'x']);
  });

  it('is in the documentation', () => {
    const text = readText('docs/headers.md').toLowerCase();
    for (const { names, prefixes } of Object.values(CLAIMS)) {
      for (const name of names) expect(text).toContain(`\`${name}\``);
      for (const prefix of prefixes) expect(text).toContain(`\`${prefix}*\``);
    }
  });

  it('passes with --pass-header, in the spelling that was given, and no other does', () => {
    const gate = new Gate({ passHeaders: ['X-Client-IP', 'X-Forwarded-Port', 'remote-user', 'X-Real-IP'] });
    const raw = [
      'x-client-ip',
      '1',
      'X_Client_IP',
      '2',
      'X-Forwarded-Port',
      '3',
      'Remote-User',
      '4',
      'Remote-Groups',
      '5',
    ];
    expect(sanitizeHeaders(gate.reserved, [...raw, 'X-Real-IP', '6', 'Tailscale-User-Login', '7'], [])).toEqual([
      ...['x-client-ip', '1', 'X-Forwarded-Port', '3', 'Remote-User', '4', 'X-Real-IP', '6'],
    ]);
  });

  it.each([
    ...[
      ['Tailscale-User-Login'],
      ['tailscale_anything'],
      ['X-Tailscale-User'],
      ['X-Forwarded-For'],
      ['x_forwarded_host'],
    ],
    ...[
      ['X-Forwarded-Proto'],
      ['X-Forwarded-Prefix'],
      ['Host'],
      ['Content-Length'],
      ['Transfer-Encoding'],
      ['Connection'],
    ],
    ...[['Proxy'], ['Proxy-Authorization'], ['Upgrade'], ['TE'], ['Expect']],
  ])('cannot be passed: %s', (name) => {
    expect(() => new Gate({ passHeaders: [name] })).toThrowError(
      expect.objectContaining({
        code: 'ERR_TSEXPOSE_INVALID_OPTION',
        message: expect.stringContaining(`--pass-header: ${name} `),
      }),
    );
  });

  it.each([
    [{ passHeaders: ['Remote-Groups'], headerPreset: 'remote-user' }],
    [{ passHeaders: ['X-Auth-Request-Groups'], headerPreset: 'oauth2-proxy' }],
    [{ passHeaders: ['X-Forwarded-User'], headerPreset: 'oauth2-proxy' }],
    [{ passHeaders: ['x_webauth_role'], headerPreset: 'grafana' }],
    [{ passHeaders: ['X-App.Role'], mapCap: ['example.com/cap/app:role=X-App-Role'] }],
  ])('cannot be passed if we set it, or its family: %j', (options) => {
    expect(() => new Gate(options)).toThrowError(/^--pass-header: .* is set by tsexpose/);
  });

  it.each(['', 'a b', 'X-Client-IP: 1', 'ü'])('cannot be passed, since it is none: %j', (name) => {
    expect(() => new Gate({ passHeaders: [name] })).toThrowError(/^Expected a header name/);
  });

  it('passes anyway if it is not one, which is said', () => {
    expect(() => new Gate({ passHeaders: ['X-Request-Id'] })).toThrowError(
      /^--pass-header: X-Request-Id passes anyway/,
    );
  });
});
