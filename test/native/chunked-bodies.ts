/** Chunked bodies, and what becomes of them when they are tampered with. One byte a character. */
import { randomOf, splice } from './random.ts';

const BODIES = [
  '0\r\n\r\n',
  '5\r\nhello\r\n0\r\n\r\n',
  '00a\r\n0123456789\r\n1;name=value;x\r\na\r\n000\r\nExpires: 0\r\nX:\r\n\r\n',
  'A\r\n0123456789\r\nf\r\n0123456789abcde\r\n0;last\r\nContent-MD5: a\r\n\r\n',
];

const CHUNK_NOISE = [
  ...[
    '\r',
    '\n',
    '\r\n',
    '\n\n',
    ' ',
    '\t',
    '\0',
    ';',
    ';a',
    ';a=b',
    ';a="b"',
    ';a="\r\n"',
    ';"',
    '=',
    '0',
    '00',
    '1',
    'f',
    'F',
    'g',
    'x',
    '0x',
  ],
  ...[
    '-',
    '+',
    ',',
    '_',
    '0\r\n',
    '0\r\n\r\n',
    '1\r\na\r\n',
    ' ;a',
    '; a',
    ':',
    'A: b\r\n',
    'A : b\r\n',
    ' fold\r\n',
    '\x7f',
    '\xff',
  ],
  ...[
    'Content-Length: 5\r\n',
    'Transfer-Encoding: chunked\r\n',
    'ffffffffffffffff',
    '10000000000000000',
    '0000000000000000',
  ],
];

/** Returns a generator of chunked bodies; the same seed gives the same ones. */
export function bodyGenerator(seed: number): () => string {
  const { nat, pick } = randomOf(seed);
  return () => {
    let text = pick(BODIES);
    for (let count = nat(4); count > 0; count--) {
      text = splice(text, nat(text.length + 1), nat(3), nat(3) > 0 ? pick(CHUNK_NOISE) : String.fromCharCode(nat(256)));
    }
    return text;
  };
}
