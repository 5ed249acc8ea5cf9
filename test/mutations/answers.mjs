// What visitors get: the service's answers, files, pages of our own.
export default [
  {
    file: 'proxy/response/head.ts',
    tests: ['proxy/response/head'],
    rules: [
      ['a status is one', 'if (status < 100) throw', 'if (false) throw'],
      [
        'a coding that nobody here reads is no answer',
        "lower === 'transfer-encoding' && !/^(chunked|identity)$/i.test(value)",
        'false',
      ],
      ['an answer without a body has no length', 'if (lengthless) continue;', ''],
      [
        'what Connection of the service names stays here',
        'if (named) head.headers = without(head.headers, named);',
        '',
        ['proxy/response/head', 'conformance/suite:message/answer-hop'],
      ],
      ['the service cannot name away the length of its answer', "  names.delete('content-length');\n", ''],
      ['trailers of the service frame nothing', 'if (NOT_IN_TRAILERS.has(name.toLowerCase())) continue;', ''],
    ],
  },
  {
    file: 'proxy/static/local.ts',
    tests: ['expose/files'],
    rules: [
      [
        'a link out of a directory is not followed',
        'return file === real || file.startsWith(real.endsWith(sep) ? real : real + sep);',
        'return file.length > 0;',
      ],
      ['dotfiles stay', "dotfiles: 'ignore', index", "dotfiles: 'allow', index"],
      ['files are read and not written', "if (request.method !== 'GET' && request.method !== 'HEAD')", 'if (false)'],
      [
        'the slash at the end of a directory leads to no other host',
        "${mount}${pathname.replace(/^[/\\\\]+/, '/')}",
        '${mount}${pathname}',
      ],
    ],
  },
  {
    file: 'proxy/response/error-page.ts',
    tests: ['proxy/inbound/access', 'proxy/target/diagnose'],
    rules: [
      ['a page of ours escapes what it quotes', '<p>${escapeHtml(message)}</p>', '<p>${message}</p>'],
      ['a page of ours loads and runs nothing', "default-src 'none'; style-src", 'default-src *; style-src'],
      ['a page of ours is not kept', "...['Cache-Control', 'no-store'],", ''],
    ],
  },
];
