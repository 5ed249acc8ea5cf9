/** Heads of requests, real ones and what becomes of them when they are tampered with. One byte a character. */
import { loadCases } from '../conformance/runner.mjs';
import { randomOf, splice } from './random.ts';

const head = (...lines: string[]) => `${lines.join('\r\n')}\r\n\r\n`;

/** What programs send. */
const REAL = [
  head('GET / HTTP/1.1', 'Host: myapp', 'User-Agent: curl/8.5.0', 'Accept: */*'),
  head(
    ...['GET /assets/app.js?v=1.2&x=%C3%BC HTTP/1.1', 'Host: myapp.tail1234.ts.net', 'Connection: keep-alive'],
    ...['sec-ch-ua: "Chromium";v="128", "Not;A=Brand";v="24"', 'sec-ch-ua-mobile: ?0', 'sec-ch-ua-platform: "Linux"'],
    ...[
      'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36',
    ],
    ...[
      'Accept: */*',
      'Sec-Fetch-Site: same-origin',
      'Sec-Fetch-Mode: no-cors',
      'Referer: http://myapp.tail1234.ts.net/',
    ],
    ...[
      'Accept-Encoding: gzip, deflate, br, zstd',
      'Accept-Language: en-US,en;q=0.9',
      'Cookie: session=abc; theme=dark',
    ],
    ...['If-None-Match: W/"3-abc"', 'If-Modified-Since: Wed, 21 Oct 2015 07:28:00 GMT'],
  ),
  head(
    ...['POST /api/login HTTP/1.1', 'Host: myapp:8443', 'Content-Length: 12', 'Origin: https://myapp:8443'],
    ...['Content-Type: application/x-www-form-urlencoded', 'User-Agent: Mozilla/5.0 Firefox/130.0', 'Priority: u=0, i'],
  ),
  head(
    ...['GET /chat HTTP/1.1', 'Host: myapp', 'Connection: Upgrade', 'Pragma: no-cache', 'Upgrade: websocket'],
    ...['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='],
    ...['Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits', 'Sec-WebSocket-Protocol: vite-hmr'],
  ),
  head(
    ...['POST /api/v1/namespaces/default/pods/a/exec?command=sh&stdin=true HTTP/1.1', 'Host: [fd7a:115c:a1e0::7]:6443'],
    ...[
      'Connection: Upgrade',
      'Upgrade: SPDY/3.1',
      'X-Stream-Protocol-Version: v4.channel.k8s.io',
      'Content-Length: 0',
    ],
  ),
  head(
    ...[
      'POST /repo.git/git-upload-pack HTTP/1.1',
      'Host: myapp',
      'User-Agent: git/2.43.0',
      'Accept-Encoding: deflate, gzip',
    ],
    ...['Content-Type: application/x-git-upload-pack-request', 'Transfer-Encoding: chunked', 'Git-Protocol: version=2'],
  ),
  head(
    ...['PUT /v2/app/blobs/uploads/1?digest=sha256%3Aabc HTTP/1.1', 'Host: 100.64.0.7', 'User-Agent: docker/27.0'],
    ...['Content-Length: 7', 'Expect: 100-continue', 'Authorization: Basic YTpi', 'Accept-Encoding: gzip'],
  ),
  head('PROPFIND /dav/ HTTP/1.1', 'Host: myapp', 'Depth: 1', 'Content-Length: 9', 'TE: trailers', 'Connection: TE'),
  head('MOVE /dav/a HTTP/1.1', 'Host: myapp', 'Destination: http://myapp/dav/b', 'Overwrite: F', 'If: (<urn:uuid:a>)'),
  head('GET /debs/./Packages.gz HTTP/1.1', 'Host: myapp', 'Range: bytes=0-', 'User-Agent: Debian APT-HTTP/1.3 (2.6.1)'),
  head('HEAD / HTTP/1.1', 'Host: localhost:3000', 'Connection: close', 'Accept-Encoding: identity'),
  head('OPTIONS /api HTTP/1.1', 'Host: myapp', 'Access-Control-Request-Method: POST', 'Origin: null'),
  head('LIST /v1/secret/ HTTP/1.1', 'Host: myapp', 'X-Vault-Token: s.abc', 'X-Vault-Request: true'),
  head('GET /\xc3\xbc/\xff HTTP/1.1', 'Host: myapp', 'X-Latin: caf\xe9', 'x_under: 1', "X.dot~!#$%&'*+^`|: 2"),
];

const NOISE = [
  ...[
    '\r',
    '\n',
    '\r\n',
    '\r\n\r\n',
    '\n\n',
    '\r\r\n',
    ' ',
    '\t',
    '\0',
    '\x0b',
    '\x0c',
    '\x7f',
    '\x80',
    '\xff',
    ':',
    ',',
    ';',
    '"',
    '(',
    '/',
  ],
  ...[
    '_',
    '-',
    '0',
    '1',
    '9',
    '+',
    '#',
    '?',
    '%',
    '\\',
    '..',
    '//',
    '{',
    '|',
    '^',
    '`',
    ' HTTP/1.1',
    ' HTTP/1.0',
    'HTTP/1.1 ',
    ' : ',
    '\r\n ',
  ],
  ...[
    '\r\n\t',
    ': ',
    '\t:',
    'chunked',
    'Chunked',
    'close',
    'keep-alive',
    'upgrade',
    'websocket',
    'h2c',
    'GET ',
    'POST ',
    'CONNECT ',
    'PRI ',
  ],
];

const LINES = [
  ...[
    'Content-Length: 3',
    'Content-Length: 03',
    'Content-Length: 3, 3',
    'Content-Length: -1',
    'Content-Length: 0x3',
    'content-length:\t5 ',
  ],
  ...[
    'Content-Length: 99999999999999999999',
    'Content-Length:',
    'Content-Length : 3',
    'Content_Length: 3',
    ' Content-Length: 3',
  ],
  ...[
    'Transfer-Encoding: chunked',
    'transfer-encoding:CHUNKED',
    'Transfer-Encoding: gzip, chunked',
    'Transfer-Encoding: identity',
  ],
  ...[
    'Transfer-Encoding:',
    'Transfer-Encoding: chunked, chunked',
    'Transfer_Encoding: chunked',
    'Transfer-Encoding: \x0bchunked',
  ],
  ...[
    'Transfer-Encoding: xchunked',
    'Transfer-Encoding: "chunked"',
    'Transfer-Encoding: chunked;a=b',
    'Transfer-Encoding : chunked',
  ],
  ...[
    'Host: a',
    'Host:',
    'Host: a b',
    'host: [::1]:80',
    'Connection: close, Host',
    'Connection: keep-alive, close',
    'Connection:',
  ],
  ...[
    'Connection: upgrade',
    'Connection: keep-alive, Upgrade',
    'Upgrade: tcp',
    'Upgrade: h2c',
    'Upgrade: websocket',
    'Upgrade: a, b',
  ],
  ...[
    'Proxy-Connection: close',
    'Expect: 100-continue',
    'Expect: x',
    'TE: trailers',
    'Trailer: a',
    'X: ',
    'X:',
    ':',
    'X',
    'X : y',
  ],
  ...[
    '__proto__: a',
    'Tailscale-User-Login: root',
    'X: a\tb',
    'X: \xff\x80',
    'X\xff: y',
    'X: y\x00',
    'X: y\x7f',
    'X: y\x01',
    '\tfold',
    ' fold',
  ],
];

/** Returns a generator of heads; the same seed gives the same ones. */
export function headGenerator(seed: number): () => string {
  const { nat, pick } = randomOf(seed);
  const seeds = [...Array<string[]>(6).fill(REAL).flat(), ...conformanceHeads()];
  const edits: ((text: string) => string)[] = [
    (text) => splice(text, nat(text.length + 1), 0, pick(NOISE)),
    (text) => splice(text, nat(text.length + 1), nat(4), ''),
    (text) => splice(text, nat(text.length + 1), 1, String.fromCharCode(nat(256))),
    (text) => splice(text, nat(text.length + 1), 1, pick(NOISE)),
    (text) => eachLine(text, (lines) => lines.splice(1 + nat(lines.length - 2), 0, pick(LINES))),
    (text) => eachLine(text, (lines) => lines.splice(1 + nat(lines.length - 2), 1)),
    (text) => eachLine(text, (lines) => lines.splice(1 + nat(lines.length - 2), 0, pick(lines))),
    (text) =>
      eachLine(text, (lines) => lines.splice(1 + nat(lines.length - 2), 0, ...pick(seeds).split('\r\n').slice(1, -2))),
    (text) => eachLine(text, (lines) => lines.splice(0, 1, pick(seeds).split('\r\n')[0]!)),
    (text) => {
      const at = nat(text.length);
      return splice(text, at, 1, swapCase(text[at]!));
    },
  ];
  return () => {
    let text = pick(seeds);
    for (let count = nat(4); count > 0; count--) text = pick(edits)(text);
    return text;
  };
}

function conformanceHeads(): string[] {
  return loadCases()
    .map(({ send = [] }) => (Array.isArray(send[0]) ? send[0] : (send as string[])).join('\r\n'))
    .map((text) => text.replaceAll('{{host}}', 'myapp').replace(/\{\{[^}]*\}\}/g, 'x'))
    .map((text) => /^[\s\S]*?\r\n\r\n/.exec(text)?.[0] ?? '')
    .filter((text) => text !== '' && text.length < 8192);
}

function eachLine(text: string, change: (lines: string[]) => void): string {
  const lines = text.split('\r\n');
  if (lines.length > 2) change(lines);
  return lines.join('\r\n');
}

function swapCase(char: string): string {
  return char === char.toLowerCase() ? char.toUpperCase() : char.toLowerCase();
}
