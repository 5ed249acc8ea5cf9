// Who may come in: the policy, passwords for the internet, TCP, the middleware, the chat.
export default [
  {
    file: 'access/policy.ts',
    tests: ['access/policy'],
    rules: [
      [
        '--deny wins over --allow',
        'if (denied) return',
        'if (denied && !this.#allow.some((rule) => rule.matches(identity))) return',
      ],
      [
        'with --allow, whom no rule lets in stays outside',
        'if (!allowed && this.#allow.length > 0) return',
        'if (false) return',
      ],
      [
        'with --deny, whom whois does not know stays outside',
        "this.#deny.length > 0 && identity.kind === 'unknown'",
        'false',
      ],
      [
        'an address that is let in does not outdo --deny',
        "this.#deny.length > 0 && identity.kind === 'unknown'",
        "!allowed && this.#deny.length > 0 && identity.kind === 'unknown'",
      ],
    ],
  },
  {
    file: 'access/rule.ts',
    tests: ['access/policy'],
    rules: [
      [
        'a login is that of a user',
        "matches: ({ kind, login }) => kind === 'user' && login.toLowerCase() === wanted",
        'matches: ({ login }) => login.toLowerCase() === wanted',
      ],
      ['a domain is that of a user', "kind === 'user' && domainOf(login) === domain", 'domainOf(login) === domain'],
      ['a domain is the whole of it', 'domainOf(login) === domain', 'domainOf(login).endsWith(domain)'],
      ['a tag is that of a tagged device', "kind === 'tagged' && (node?.tags", '(node?.tags'],
      ['a tag is the whole of it', 'node?.tags.includes(text)', 'node?.tags.some((tag) => tag.startsWith(text))'],
      [
        'a capability is that of somebody known',
        'isPeer(identity) && Object.hasOwn(identity.capabilities ?? {}, name)',
        'Object.hasOwn(identity.capabilities ?? {}, name)',
      ],
      ['an address from the internet lets nobody in', "identity.kind !== 'funnel' && contains", 'contains'],
      ['a rule that means nobody is refused', '  problems.throw();\n  return rules;', '  return rules;'],
      [
        'groups are refused, which a node does not learn',
        "if (text.startsWith('group:') || text.startsWith('autogroup:')) {",
        'if (false) {',
      ],
      [
        'a mapped IPv4 address is refused, which would match nobody',
        'if (/^::ffff:/i.test(address)) return',
        'if (false) return',
      ],
    ],
  },
  {
    file: 'access/funnel-auth.ts',
    tests: ['expose/funnel'],
    rules: [
      [
        '--funnel-auth compares the password',
        'given !== undefined && timingSafeEqual(this.#digest(given), this.#expected)',
        'given !== undefined',
      ],
      ['guesses are counted', 'if (given !== undefined) this.#guessesOf(identity.ip).take();', ''],
      [
        'after some wrong guesses even the right one has to wait',
        'if ((this.#guesses.get(identity.ip)?.wait ?? 0) > 0) {',
        'if (false) {',
      ],
      ['the password is not for the service', "toLowerCase() !== 'authorization'", "toLowerCase() !== 'authorisation'"],
      ['callers of the tailnet are not asked', "if (identity.kind !== 'funnel') return undefined;", ''],
    ],
  },
  {
    file: 'proxy/inbound/admission.ts',
    tests: ['proxy/inbound/access', 'proxy/inbound/h2-access'],
    rules: [
      [
        'who may not come in does not',
        'if (denial) return { page: denialPage(denial, identity), unreadable: false };',
        '',
      ],
      [
        'the internet is asked for its password',
        'if (unauthorized) return { page: refusalPage(unauthorized), unreadable: false };',
        '',
        ['expose/funnel', 'proxy/inbound/h2-access'],
      ],
      [
        'the password is not for the service, by HTTP/2 either',
        'context.funnelAuth?.withoutCredentials(identity, rawHeaders) ?? rawHeaders',
        'rawHeaders',
        ['expose/funnel', 'proxy/inbound/h2-access'],
      ],
      [
        'no request is read on behind one that could not be read',
        'return { page: refusalPage(out), unreadable: true };',
        'return { page: refusalPage(out), unreadable: false };',
        ['conformance/suite'],
      ],
    ],
  },
  {
    file: 'proxy/proxy.ts',
    tests: ['proxy/inbound/access'],
    rules: [
      [
        'the caller is asked for at every request',
        'socket[CALLER] = this.#whoIs(socket);',
        'socket[CALLER] ??= this.#whoIs(socket);',
      ],
      [
        'where whois fails the caller is nobody',
        "return unknownIdentity(socket.remoteAddress ?? '', socket.remotePort ?? 0);",
        "return { ...unknownIdentity(socket.remoteAddress ?? '', 0), kind: 'user' };",
      ],
      [
        'what is under way ends when its caller is another',
        'socket[CALLER] && isSameCaller(socket[CALLER], now)',
        'socket[CALLER]',
      ],
      [
        'what is under way ends when its caller may not come in any more',
        ' && !this.#options.gate.admit(now).denial) return;',
        ') return;',
      ],
    ],
  },
  {
    file: 'proxy/response/error-response.ts',
    tests: ['proxy/inbound/access'],
    rules: [
      [
        'the internet reads no rule',
        '${isInsider(identity) ? explain(rule, identity) : excluded(identity)}',
        '${explain(rule, identity)}',
      ],
      [
        'the internet does not read where the service is',
        'message: insider ? failure.message',
        'message: true ? failure.message',
        ['proxy/target/diagnose'],
      ],
    ],
  },
  {
    file: 'expose/tcp-listener.ts',
    tests: ['expose/tcp'],
    rules: [
      [
        'who may not come in gets no TCP connection',
        'if (this.#isDenied(connection.identity, port)) {',
        'if (false) {',
      ],
      [
        'who may not come in any more loses it',
        'if (changed || this.#isDenied(peer.identity, port)) carried.destroy();',
        '',
      ],
      ['the same holds where TLS ends here', '    this.#watch(stream, socket, port);\n', ''],
      ['inside TLS, who may not come in does not', 'if (this.#isDenied(identity, port)) {', 'if (false) {'],
    ],
  },
  {
    file: 'tailnet/net/proxy-header.ts',
    tests: ['tailnet/net/proxy-header'],
    rules: [
      [
        'the PROXY header names the user',
        "kind === 'user' ? login : ''",
        "''",
        ['expose/tcp', 'tailnet/net/proxy-header'],
      ],
      ['the PROXY header names no user beside a tag', "kind === 'user' ? login : ''", 'login'],
      [
        'the PROXY header has the caller’s address',
        '{ version, remote, local,',
        '{ version, remote: local, local: remote,',
        ['expose/tcp', 'tailnet/net/proxy-header'],
      ],
    ],
  },
  {
    file: 'middleware/gate.ts',
    tests: ['middleware/gate'],
    rules: [
      [
        'the middleware keeps out whom nobody knows',
        'if (!isKnown(identity)) return known ?',
        'if (!isKnown(identity)) return false ?',
      ],
      [
        'the middleware takes no visitor from the internet for known',
        "return identity?.kind === 'user' || identity?.kind === 'tagged';",
        "return identity !== undefined && identity.kind !== 'unknown';",
      ],
      [
        'rules of the middleware mean that somebody is known',
        'require || allow !== undefined || options.deny !== undefined || capability !== undefined',
        'require',
      ],
    ],
  },
  {
    file: 'chat/web/origin.ts',
    tests: ['chat/web/origin'],
    rules: [
      [
        'another site opens no WebSocket of the chat',
        'if (origin === undefined || origin.toLowerCase() ===',
        'if (true || origin?.toLowerCase() ===',
      ],
      [
        'nor does a site whose name begins like ours',
        'origin.toLowerCase() === `${scheme}://${host?.toLowerCase()}`',
        'origin.toLowerCase().startsWith(`${scheme}://${host?.toLowerCase()}`)',
      ],
      [
        'nor does the same name by another scheme',
        '`${scheme}://${host?.toLowerCase()}`',
        '`${origin.split(":")[0]}://${host?.toLowerCase()}`',
      ],
      [
        'a name that was pointed at the chat is not the chat’s',
        'names.some((name) => name.toLowerCase() === host)',
        'true',
      ],
      ['two Hosts are none', 'hosts.length === 1 && ', ''],
      [
        'a Host is a name and nothing else',
        'return undefined;\n  return host',
        "return host.split('@')[0];\n  return host",
      ],
    ],
  },
  {
    file: 'chat/web/web.ts',
    tests: ['chat/web/origin'],
    rules: [
      ['the page is not there under a foreign name', 'if (fault) return text(fault.status, fault.message);', ''],
      [
        'the WebSocket asks where its page is from',
        'if (fault) refuseUpgrade(socket, text(fault.status, fault.message));\n    else ',
        '',
      ],
    ],
  },
  {
    file: 'expose/listeners.ts',
    tests: ['expose/service'],
    rules: [
      [
        'a host of a Service serves nothing by the name of its node',
        'funnel, ...this.#ofService }',
        'funnel }',
        ['expose/service:is not reached by the name'],
      ],
      [
        'visitors are sent to another host before this one stops',
        'await this.#options.host?.leave(timeout);',
        '',
        ['expose/service:still listens'],
      ],
    ],
  },
  {
    file: 'expose/requirements.ts',
    tests: ['expose/service'],
    rules: [
      [
        'Funnel is not asked for with a Service, to which it does not lead',
        'if (service !== undefined && funnel)',
        'if (service === undefined && funnel)',
        ['expose/service:is refused'],
      ],
    ],
  },
];
