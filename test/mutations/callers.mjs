// Who is calling, and what a caller may say about that: src/identity.
const SANITISER = ['proxy/request/sanitize', 'proxy/request/sanitize-fuzz'];

export default [
  {
    file: 'identity/field.ts',
    tests: SANITISER,
    rules: [
      [
        'names are compared without regard to separators',
        "name.toLowerCase().replace(/[^a-z0-9]/g, '-')",
        'name.toLowerCase()',
      ],
      [
        'names are compared without regard to case',
        "name.toLowerCase().replace(/[^a-z0-9]/g, '-')",
        "name.replace(/[^A-Za-z0-9]/g, '-')",
      ],
      [
        'a spelling seen before is not another name',
        'this.#cache.set(name, kind)',
        "this.#cache.set(name.replace(/_.*/, ''), kind)",
        ['proxy/request/sanitize-fuzz'],
      ],
      ['Tailscale-* is removed', "\n  'tailscale-',", "\n  'tailscale-user-',"],
      ['X-Tailscale-* is removed', "  'x-tailscale-',\n", ''],
      ['X-Forwarded-* is removed', "  'x-forwarded-',\n", ''],
      ['Forwarded is removed', "  'forwarded',\n", ''],
      ['X-Real-IP is removed', "  'x-real-ip',\n", ''],
      ['Proxy is removed (httpoxy)', "  'proxy',\n", ''],
      ['Keep-Alive is removed', "  'keep-alive',\n", ''],
      ['Proxy-Connection is removed', "  'proxy-connection',\n", ''],
      [
        'Proxy-Authenticate of the service stays here',
        "  'proxy-authenticate',\n",
        '',
        ['proxy/response/head', 'conformance/suite:message/answer-hop'],
      ],
      ['Proxy-Authorization is removed', "  'proxy-authorization',\n", ''],
      ['TE is removed', "  'te',\n", ''],
      ['Trailer is removed', "  'trailer',\n", ''],
      ['Transfer-Encoding is removed, Transfer_Encoding with it', "  'transfer-encoding',\n", ''],
      ['Upgrade is removed', "  'upgrade',\n", ''],
      ['HTTP2-Settings is removed', "  'http2-settings',\n", ''],
      ['Host is ours', "  'host',\n", ''],
      ['Content-Length is ours, Content_Length is nobody’s', "  'content-length',\n", ''],
      ['Expect is not forwarded', "  'expect',\n", ''],
      [
        'what a preset or a mapping sets is removed in every spelling',
        '...(reserved.names ?? []).map(foldName)',
        '...(reserved.names ?? [])',
      ],
    ],
  },
  {
    file: 'proxy/request/sanitize.ts',
    tests: SANITISER,
    rules: [
      ['what Connection names is removed', 'named = addTokens(named, raw[i + 1]!);', '{}', ['proxy/request/sanitize']],
      [
        'every Connection counts, not the first alone',
        'named = addTokens(named,',
        'named ??= addTokens(named,',
        ['proxy/request/sanitize'],
      ],
      [
        'the names in Connection have no case',
        'names.add(token.trim().toLowerCase())',
        'names.add(token.trim())',
        ['proxy/request/sanitize'],
      ],
      [
        'Connection cannot name away what is ours',
        'for (let i = 0; i < ours.length; i++) headers.push(ours[i]!);',
        'for (let i = 0; i < ours.length; i += 2) if (!named?.has(ours[i]!.toLowerCase())) headers.push(ours[i]!, ours[i + 1]!);',
        ['proxy/request/sanitize', 'conformance/suite:identity/connection-names'],
      ],
      [
        'a list of headers is no object: __proto__ is a name',
        'headers.push(name, raw[i + 1]!);',
        'if (!(name in {})) headers.push(name, raw[i + 1]!);',
        ['proxy/request/sanitize'],
      ],
    ],
  },
  {
    file: 'access/gate.ts',
    tests: SANITISER,
    rules: [
      ['what a preset sets is removed from every caller', 'prefixes: preset?.reserved.prefixes ?? []', 'prefixes: []'],
      ['what a mapping sets is removed from every caller', '        ...mapCap.map(({ header }) => header),\n', ''],
      [
        '--require-identity keeps out whom whois does not know',
        "if (identity.kind === 'unknown') return { status: 503",
        "if (identity.kind === 'funnel') return { status: 503",
        ['access/policy', 'proxy/inbound/access'],
      ],
      [
        '--require-identity keeps out the internet',
        "      if (identity.kind === 'funnel') return { status: 403, rule: '--require-identity' };\n",
        '',
        ['access/policy'],
      ],
      [
        'a refusal of the policy is one',
        'return allowed ? undefined : { status: 403, rule };',
        'return undefined;',
        ['proxy/inbound/access'],
      ],
      [
        'the answer about one caller is not that about the next',
        'this.#admissions.get(identity)',
        'this.#admissions.get((this as unknown as { first: Identity }).first ??= identity)',
        ['access/policy', 'proxy/inbound/access'],
      ],
    ],
  },
  {
    file: 'identity/preset.ts',
    tests: ['proxy/request/sanitize'],
    rules: [
      ['remote-user removes Remote-*', "{ prefixes: ['remote-'] }", '{}'],
      ['oauth2-proxy removes X-Auth-Request-*', "{ prefixes: ['x-auth-request-'] }", '{}'],
      ['grafana removes X-WEBAUTH-*', "{ prefixes: ['x-webauth-'] }", '{}'],
      ['a login that is no address is not called one', 'if (isAddress) ', '', ['identity/headers']],
    ],
  },
  {
    file: 'identity/headers.ts',
    tests: ['identity/headers'],
    rules: [
      [
        'a visitor from the internet has no identity',
        "if (identity.kind === 'funnel') return ['Tailscale-Funnel-Request', '?1'];",
        '',
      ],
      ['nobody has no headers', "  if (identity.kind === 'unknown') return [];\n", ''],
      ['a tagged device has no user', "if (identity.kind === 'user') {", "if (identity.kind !== 'funnel') {"],
      [
        'a login is encoded',
        "'Tailscale-User-Login', encodeHeaderValue(identity.login)",
        "'Tailscale-User-Login', identity.login",
      ],
      [
        'a name is encoded',
        "'Tailscale-User-Name', encodeHeaderValue(identity.name)",
        "'Tailscale-User-Name', identity.name",
      ],
      ['a picture carries no line break', "if (/[\\0-\\x1f\\x7f]|\\p{Surrogate}/u.test(url)) return '';", ''],
      ['the device is named when asked for alone', 'if (options.deviceHeaders && identity.node)', 'if (identity.node)'],
    ],
  },
  {
    file: 'identity/capability.ts',
    tests: ['identity/headers'],
    rules: [
      [
        'only accepted capabilities are passed on',
        '[...new Set(accepted)]',
        '[...Object.keys(capabilities), ...accepted]',
      ],
      [
        'a capability called __proto__ is none',
        'if (!capabilities || !Object.hasOwn(capabilities, mapping.capability)) return undefined;',
        'if (!capabilities) return undefined;',
      ],
      ['a comma in a value makes no second value', 'String(item).replace(/[%,]/g, encodeURIComponent)', 'String(item)'],
      ['JSON in a header cannot break out of HTML', '/[<>&\\u2028\\u2029]/g', '/[\\u2028\\u2029]/g'],
    ],
  },
  {
    file: 'access/capability.ts',
    tests: ['identity/headers'],
    rules: [
      [
        'a mapping may not set a header with a meaning of its own',
        'if (UNMAPPABLE.test(foldName(header))) throw',
        'if (UNMAPPABLE.test(header)) throw',
      ],
    ],
  },
  {
    file: 'identity/rfc2047.ts',
    tests: ['identity/rfc2047'],
    rules: [
      [
        'what is not printable ASCII is encoded',
        'if (PRINTABLE.test(text)) return text;',
        'if (!/[^\\0-\\x7f]/.test(text)) return text;',
      ],
      ['what is no Unicode is nothing', "if (!isWellFormed(text)) return '';", ''],
      [
        'an encoded word is at most 75 characters long',
        'if (length + word.length > MAX_CONTENT)',
        'if (length + word.length > 1000)',
      ],
    ],
  },
  {
    file: 'identity/from-headers.ts',
    tests: ['identity/from-headers'],
    rules: [
      [
        'a service takes no visitor from the internet for a user',
        "if (rawValue(headers, 'tailscale-funnel-request') === '?1') return { ...unknown, kind: 'funnel' };",
        '',
      ],
      ['what cannot be read grants nothing', '=> {}\n    return undefined;', '=> {}\n    return {};'],
    ],
  },
];
