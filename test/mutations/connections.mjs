// Connections of visitors: where a request ends, upgrades, HTTP/2, TLS, time.
export default [
  {
    file: 'proxy/inbound/h1.ts',
    tests: ['proxy/inbound/upgrade'],
    rules: [
      [
        'HTTP/0.9 and HTTP/2.0 in the words of HTTP/1 are refused',
        "if (httpVersion !== '1.1' && httpVersion !== '1.0')",
        'if (false)',
        ['conformance/suite:head/version|head/http2'],
      ],
      [
        'an expectation that nobody can meet is refused',
        ".on('checkExpectation', ",
        ".on('noExpectation', ",
        ['proxy/request/body', 'conformance/suite:head/expect|identity/expect'],
      ],
      [
        'CONNECT is refused',
        ".on('connect', (_request, socket) => {",
        ".on('disconnect', (_request: unknown, socket: unknown) => {",
        ['conformance/suite:head/connect'],
      ],
      [
        'nothing but a WebSocket is an upgrade',
        '!asksForWebSocket(request)',
        'false',
        ['proxy/inbound/upgrade', 'conformance/suite:h2c|unknown-protocol'],
      ],
      ['a tunnel does not cut into an answer', 'if (inFlight(socket).size > 0) {', 'if (false) {'],
      [
        'a refused request is the last of its connection',
        'this.#answer(inbound, refusalPage(refusal), true);',
        'this.#answer(inbound, refusalPage(refusal), false);',
        ['conformance/suite:framing/|head/|target/'],
      ],
      [
        'what throws ends one connection',
        'socket.destroy();\n      this.#proxy.onDefect(error as Error);',
        'throw error;',
        ['proxy/inbound/access'],
      ],
      [
        'a page in the middle of answers is none of them',
        'first.request.complete)) socket.destroy();',
        'first.request.complete)) endWith(socket, refusal);',
        ['proxy/exchange/exchange', 'conformance/suite:framing/|head/'],
      ],
      [
        'a body that cannot be read is answered with 400',
        'else if (first instanceof Exchange) first.refuse(refusal);',
        'else if (first instanceof Exchange) socket.destroySoon();',
        ['proxy/request/body', 'conformance/suite:framing/chunk'],
      ],
      [
        'a refused upgrade ends its connection',
        '  response.shouldKeepAlive = false;\n  response.assignSocket(socket);',
        '  response.assignSocket(socket);',
        ['proxy/inbound/upgrade', 'conformance/suite:upgrade/'],
      ],
    ],
  },
  {
    file: 'proxy/inbound/upgrade.ts',
    tests: ['proxy/inbound/upgrade', 'conformance/suite:h2c|unknown-protocol'],
    rules: [
      [
        'what a visitor says before the answer is bounded',
        'if (length > HELD_BYTES) socket.pause();',
        '',
        ['proxy/inbound/upgrade'],
      ],
    ],
  },
  {
    file: 'proxy/exchange/exchange.ts',
    tests: ['proxy/exchange/exchange'],
    rules: [
      ['only what is safe is sent again', 'SAFE.has(this.#out.method) &&\n', ''],
      ['nothing is sent twice over', 'this.#attempts === 1 &&\n', ''],
      ['only a kept connection excuses a failure', 'hitReusedConnection(error)\n', 'error !== undefined\n'],
      [
        'the service changes to a WebSocket or to nothing',
        "if (head.upgrade === 'websocket' && this.onTunnel)",
        'if (this.onTunnel)',
        ['proxy/inbound/upgrade'],
      ],
      [
        'an answer that breaks off by HTTP/1.1 is seen to',
        'this.response.destroy();\n    } else if (this.#mayRepeat',
        'this.response.end();\n    } else if (this.#mayRepeat',
        ['proxy/response/head', 'conformance/suite:message/answer-breaks-off'],
      ],
      [
        'a visitor that does not read is let go',
        '() => this.response.destroy(), this.#proxy.timeouts.stall',
        '() => {}, this.#proxy.timeouts.stall',
        ['proxy/request/timeouts'],
      ],
      [
        'a body that stops coming ends',
        "onSilence: () => this.refuse({ status: 408, reason: 'The request body stopped arriving.' }),",
        'onSilence: () => {},',
        ['proxy/request/timeouts'],
      ],
      [
        'a visitor that leaves ends its request',
        'if (!this.response.writableFinished) this.#abort?.();',
        '',
        ['proxy/exchange/exchange'],
      ],
      [
        '100 Continue is not said for a service that is not there',
        'if (this.expectsContinue && !this.response.headersSent) this.response.writeContinue();',
        '',
        ['proxy/request/body'],
      ],
      [
        'HTTP/1.0 gets no interim answer',
        "request.httpVersion === '1.0' || response.headersSent",
        'response.headersSent',
        ['proxy/response/head'],
      ],
    ],
  },
  {
    file: 'proxy/request/body.ts',
    tests: ['proxy/request/body'],
    rules: [
      ['a body that nobody wants is not read for ever', 'if (left < 0) giveUp();', ''],
      [
        'a body is not read faster than the service reads it',
        'if (!this.push(chunk)) this.#request.pause();',
        'this.push(chunk);',
      ],
    ],
  },
  {
    file: 'proxy/upstream/upstream.ts',
    tests: ['proxy/upstream/h2c', 'proxy/upstream/grpc'],
    rules: [
      [
        'trailers to a service of HTTP/2 pass the sanitiser',
        '(trailers) => sanitizeHeaders(gate.reserved, trailers, [])',
        '(trailers) => [...trailers]',
      ],
    ],
  },
  {
    file: 'proxy/upstream/pool.ts',
    tests: ['proxy/response/head', 'conformance/suite:message/|identity/pipelined'],
    rules: [
      [
        'a connection to the service carries one request at a time',
        'pipelining: 1,',
        'pipelining: 10,',
        ['proxy/exchange/exchange'],
      ],
      [
        'an answer has 64 KiB of headers at most',
        'maxHeaderSize: 64 * 1024,',
        'maxHeaderSize: 1 << 24,',
        ['proxy/target/diagnose'],
      ],
      [
        'a service answers in time',
        'headersTimeout: timeouts.response,',
        'headersTimeout: 0,',
        ['proxy/target/diagnose'],
      ],
    ],
  },
  {
    file: 'proxy/target/tls.ts',
    tests: ['proxy/target/diagnose', 'proxy/target/tls'],
    rules: [
      [
        'the certificate of a service is checked unless told not to',
        '...(insecure && { rejectUnauthorized: false })',
        'rejectUnauthorized: false',
      ],
    ],
  },
  {
    file: 'proxy/tcp/tls.ts',
    tests: ['expose/https'],
    rules: [
      [
        'no name that a visitor makes up is answered',
        "if (this.#names.has(name.toLowerCase().replace(/\\.$/, ''))) done",
        'if (true) done',
      ],
      [
        'a TLS connection is as well known as the one underneath',
        '{ get: () => parent?.identity, configurable: true, enumerable: true }',
        '{ get: () => undefined, configurable: true }',
      ],
      [
        'and hears of changes',
        "parent?.on('identity', (identity: Identity) => socket.emit('identity', identity));",
        '',
        ['expose/tcp:loses a caller', 'proxy/inbound/h2-access'],
      ],
      ['a handshake comes in time', '(_error, socket) => socket.destroy()', '() => {}', ['proxy/tcp/tls']],
    ],
  },
  {
    file: 'proxy/inbound/h2-limits.ts',
    tests: ['proxy/inbound/h2-attacks'],
    rules: [
      ['requests are not reset without end (rapid reset)', 'if (!resets.take() && !session.destroyed)', 'if (false)'],
      [
        'a head by HTTP/2 may have all the headers that it may have',
        'maxHeaderListPairs: 264,',
        '',
        ['conformance/suite:h2/256-headers'],
      ],
      [
        'the window of a stream is bounded',
        'initialWindowSize: 256 * 1024,',
        'initialWindowSize: 2 ** 31 - 1,',
        ['proxy/inbound/h2-access'],
      ],
      ['streams of a connection are bounded', 'maxConcurrentStreams: 128,', '', ['proxy/inbound/h2-access']],
    ],
  },
  {
    file: 'proxy/inbound/redirect.ts',
    tests: ['expose/https'],
    rules: [
      [
        'the redirect to HTTPS leads to our own name',
        'Location: to + path',
        'Location: `https://${request.headers.host}${path}`',
      ],
    ],
  },
];
