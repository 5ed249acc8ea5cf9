// What a request is, by whatever parser it came: framing, target, method, Host.
export default [
  {
    file: 'proxy/request/framing.ts',
    tests: ['proxy/request/framing'],
    rules: [
      [
        'a request has one Host',
        "if (hosts > 1) return badRequest('The request has more than one Host header.');",
        '',
        ['proxy/request/framing', 'conformance/suite:head/two'],
      ],
      [
        'a request has a Host',
        "if (hosts === 0 && head.httpVersion !== '1.0')",
        'if (false)',
        ['proxy/request/framing', 'conformance/suite:head/no-host'],
      ],
      [
        'a Host is one',
        'if (hosts === 1 && !HOST.test(framing.host))',
        'if (false)',
        ['proxy/request/framing', 'conformance/suite:head/host-'],
      ],
      [
        'a request has one Content-Length',
        "return badRequest('The request has more than one Content-Length header.');",
        '{}',
      ],
      [
        'a Content-Length is digits, and not too many',
        'framing.contentLength !== undefined && !/^\\d{1,15}$/.test(framing.contentLength)',
        'false',
      ],
      [
        'HTTP/1.0 has no Transfer-Encoding',
        "if (head.httpVersion !== '1.1') return badRequest('Transfer-Encoding",
        "if (false) return badRequest('Transfer-Encoding",
        ['proxy/request/framing', 'conformance/suite:framing/te-in'],
      ],
      [
        'the only Transfer-Encoding is chunked',
        'if (encodings > 1 || !framing.chunked)',
        'if (encodings > 1)',
        ['proxy/request/framing', 'conformance/suite:framing/te-gzip'],
      ],
      [
        'chunked comes once',
        'if (encodings > 1 || !framing.chunked)',
        'if (!framing.chunked)',
        ['proxy/request/framing', 'conformance/suite:framing/te-twice'],
      ],
      [
        'there is no length beside chunks',
        "return badRequest('The request has both Content-Length and Transfer-Encoding.');",
        '{}',
      ],
      [
        'a request has 256 headers at most',
        'rawHeaders.length > MAX_HEADERS * 2',
        'false',
        ['proxy/request/framing', 'conformance/suite:head/'],
      ],
    ],
  },
  {
    file: 'proxy/request/path.ts',
    tests: ['proxy/request/framing'],
    rules: [
      [
        'a target is a path or a URL',
        "if (!absolute) return badRequest('The request target is not a path.');",
        'if (!absolute) return `/${target}`;',
        ['proxy/request/framing', 'conformance/suite:target/'],
      ],
      [
        'a URL as the target names the Host',
        'authority.toLowerCase() !== host.toLowerCase() || ',
        '',
        ['proxy/request/framing', 'conformance/suite:target/absolute'],
      ],
      ['a URL as the target names the scheme', " || (scheme.toLowerCase() === 'https') !== secure", ''],
      [
        'a target has no fragment',
        "if (path.includes('#'))",
        'if (false)',
        ['proxy/request/framing', 'conformance/suite:target/fragment'],
      ],
      [
        'a target has the characters of a URL',
        'if (NOT_IN_URL.test(path)) return',
        'if (false) return',
        ['proxy/request/framing', 'proxy/inbound/h2'],
      ],
      [
        'dot segments do not leave the path of a target',
        'if (DOT_SEGMENT.test(',
        'if (false && DOT_SEGMENT.test(',
        ['proxy/request/host', 'expose/routes'],
      ],
      ['nor do they behind an encoded slash', '(^|[/\\\\]|%2f|%5c)(', '(^|[/\\\\])(', ['proxy/request/host']],
      ['nor where services share the origin', ' && !shared) return path;', ') return path;', ['expose/routes']],
    ],
  },
  {
    file: 'proxy/routes.ts',
    tests: ['expose/routes'],
    rules: [
      [
        'a route ends where its name does',
        "return next === undefined || next === '/' || next === '?';",
        'return true;',
      ],
      [
        'the longest route wins',
        '(a, b) => b.prefix.length - a.prefix.length',
        '(a, b) => a.prefix.length - b.prefix.length',
      ],
    ],
  },
  {
    file: 'proxy/request/passes.ts',
    tests: ['proxy/inbound/h2'],
    rules: [
      ['TRACE is refused', "  'TRACE',\n", '', ['proxy/inbound/h2', 'conformance/suite:message/trace|head/']],
      ['a method is one that is known', 'if (!KNOWN_METHODS.has(head.method)) return', 'if (false) return'],
      ['a chunked body is a body, whatever the method', '(framing.chunked || ', '(', ['proxy/request/body']],
      [
        'a WebSocket handshake is a GET in HTTP/1.1',
        "if (head.method !== 'GET' || head.httpVersion !== '1.1')",
        'if (false)',
        ['proxy/inbound/upgrade', 'conformance/suite:upgrade/'],
      ],
      [
        'a WebSocket handshake has no body',
        'if (hasBodyHeaders(head.rawHeaders)) return',
        'if (false) return',
        ['proxy/inbound/upgrade', 'conformance/suite:upgrade/with'],
      ],
      [
        'of TE nothing but trailers is passed on',
        "if (framing.trailers) ours.push('TE', 'trailers');",
        "ours.push('TE', 'gzip');",
        ['proxy/response/head', 'conformance/suite:identity/'],
      ],
      [
        'X-Forwarded-For is the caller',
        "if (ip !== '') ours.push('X-Forwarded-For', ip);",
        '',
        ['conformance/suite:identity/'],
      ],
      [
        'X-Forwarded-Proto says https where it is',
        'if (context.secure) ours.push(',
        'if (false) ours.push(',
        ['proxy/inbound/h2', 'expose/https'],
      ],
      [
        'X-Forwarded-Proto says nothing where it is not',
        'if (context.secure) ours.push(',
        'if (true) ours.push(',
        ['expose/https'],
      ],
    ],
  },
  {
    file: 'proxy/request/host.ts',
    tests: ['proxy/request/host'],
    rules: [
      [
        'a foreign Host is left to the service (DNS rebinding)',
        'this.#value !== undefined && this.#isOurs(host) ? this.#value',
        'this.#value !== undefined ? this.#value',
      ],
      [
        'a foreign Origin stays foreign',
        'this.#value !== undefined && this.#ownOrigins.has(origin.toLowerCase()) ? this.#origin',
        'this.#value !== undefined ? this.#origin',
      ],
      [
        'an Origin is ours with its scheme and port',
        'this.#ownOrigins.has(origin.toLowerCase()) ?',
        'this.#ownHosts.has(new URL(origin).hostname) ?',
      ],
      ['a Host that is sent is one', "if (mode === 'preserve' || mode === 'rewrite') return;", 'return;'],
    ],
  },
  {
    file: 'proxy/inbound/h2-message.ts',
    tests: ['proxy/inbound/h2'],
    rules: [
      [
        ':authority and host are the same',
        'if (authority !== undefined && host !== undefined && authority',
        'if (false && authority',
      ],
      [':scheme is that of the connection', 'if (value !== scheme) return', 'if (false) return'],
      [
        'a second host is no other request’s',
        'if (host === undefined) host = value;',
        'if (true) host = value;',
        ['proxy/request/framing'],
      ],
      ['the parts of a cookie are one', "cookie += cookie === '' ? value : `; ${value}`;", ''],
      ['pseudo-headers are no headers', 'if (name.charCodeAt(0) !== 0x3a) head', 'head'],
      [
        'an answer that breaks off is seen to',
        'this.stream.close(constants.NGHTTP2_INTERNAL_ERROR);',
        'this.stream.end();',
      ],
    ],
  },
  {
    file: 'proxy/inbound/node-server.ts',
    tests: ['proxy/inbound/insecure-parser'],
    rules: [
      ['Node’s loose parser is refused on the command line', '[...process.execArgv, ...(process', '[...(process'],
      ['and in NODE_OPTIONS', ", ...(process.env.NODE_OPTIONS ?? '').split(/\\s+/)];", '];'],
      ['and in the spelling with underscores', "option.replaceAll('_', '-')", 'option'],
      [
        'the parser is strict whatever Node was told',
        'insecureHTTPParser: false',
        'insecureHTTPParser: true',
        ['conformance/suite:framing/|head/'],
      ],
      ['a head has 16 KiB at most', 'maxHeaderSize: MAX_HEAD', 'maxHeaderSize: 1 << 20', ['proxy/inbound/limits']],
      ['a head comes in time', 'headersTimeout: timeouts.head', 'headersTimeout: 0', ['proxy/request/timeouts']],
      [
        'headers beyond the limit are not dropped silently',
        'server.maxHeadersCount = 0;',
        'server.maxHeadersCount = 20;',
        ['conformance/suite:head/'],
      ],
      ['an idle connection ends', 'keepAliveTimeout: timeouts.idle', 'keepAliveTimeout: 0', ['proxy/request/timeouts']],
    ],
  },
];
