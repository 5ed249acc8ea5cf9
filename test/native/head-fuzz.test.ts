import { METHODS } from 'node:http';
import { describe, expect, it } from 'vitest';
import { FUZZ_MS, FUZZ_TIMEOUT } from '../identity/fuzz.ts';
import { bodyGenerator } from './chunked-bodies.ts';
import { type FastBody, type FastHead, type NodeReading, startFastParser, startNodeParser } from './head-parsers.ts';
import { headGenerator } from './heads.ts';

const COUNT = FUZZ_MS > 0 ? 1_000_000 : 4_000;
const TIMEOUT = FUZZ_TIMEOUT + 600_000;
const BATCH = 500;
/** Longer bodies are not sent. */
const MOST = 1 << 16;
const PROBE = 'GET /probe HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n';

const withoutHighBytes = (target: string) => target.replace(/[\x80-\xff]/g, 'x');

/** Returns a message with the head, less what Node refuses and every target gets as it came: unknown methods, raw UTF-8. */
function message(head: string, [method, target, , length, upgrade]: FastHead): string {
  const known = METHODS.includes(method) ? method : 'GET';
  const rest = head.slice(method.length + 1 + target.length);
  const body = length < 0 ? '1\r\nx\r\n0\r\n\r\n' : 'x'.repeat(Math.min(length, MOST));
  return `${known} ${withoutHighBytes(target)}${rest}${upgrade ? '' : body + PROBE}`;
}

/** Returns what Node reads differently; undefined if nothing. */
function difference([method, target, headers, length, upgrade]: FastHead, node: NodeReading): string | undefined {
  const [first] = node.requests;
  if (!first) return `Node refuses it: ${node.error}`;
  if (METHODS.includes(method) && first.method !== method) return `the method is ${first.method}`;
  if (first.url !== withoutHighBytes(target)) return `the target is ${first.url}`;
  const trimmed = first.rawHeaders.map((text) => text.replace(/^[ \t]+|[ \t]+$/g, ''));
  if (JSON.stringify(trimmed) !== JSON.stringify(headers)) return `the headers are ${JSON.stringify(first.rawHeaders)}`;
  if (node.upgrade !== (upgrade !== '')) return `upgrade: ${node.upgrade}`;
  if (node.upgrade) return undefined;
  if (length > MOST) return first.body > MOST ? undefined : `the body has ${first.body} bytes`;
  const ends = (name: string, value: string) => /^(proxy-)?connection$/i.test(name) && /\bclose\b/i.test(value);
  const isLast = headers.some((name, i) => i % 2 === 0 && ends(name, headers[i + 1]!));
  return bodyDifference(length < 0 ? 1 : length, node, isLast);
}

function bodyDifference(length: number, { requests, error }: NodeReading, isLast = false): string | undefined {
  const [first, second] = requests;
  if (first?.body !== length) return `the body has ${first?.body} bytes: ${error}`;
  return isLast || second?.url === '/probe' ? undefined : `what follows is ${second?.url ?? error}`;
}

/** Compares the fast path with Node on generated texts, and returns the share that the fast path accepts. */
async function compare<T>(
  what: 'heads' | 'chunks',
  generator: (seed: number) => () => string,
  differs: (fast: T, text: string, readNode: (text: string) => Promise<NodeReading>) => Promise<string | undefined>,
): Promise<number> {
  const seed = FUZZ_MS > 0 ? Date.now() | 0 : 1;
  const next = generator(seed);
  const readFast = startFastParser<T>(what);
  const readNode = startNodeParser();
  let accepted = 0;
  for (let done = 0; done < COUNT; done += BATCH) {
    const texts = Array.from({ length: BATCH }, next);
    for (const [i, fast] of (await readFast(texts)).entries()) {
      if (!fast) continue;
      accepted += 1;
      const why = await differs(fast, texts[i]!, readNode);
      if (why) expect.fail(`${why}\n${JSON.stringify(texts[i])}\n${JSON.stringify(fast)} (seed ${seed})`);
    }
  }
  if (FUZZ_MS > 0) console.log(`${COUNT} ${what}, ${accepted} accepted, seed ${seed}`);
  return accepted / COUNT;
}

describe('the fast path', () => {
  it(
    'accepts no request head that Node refuses, and reads the others as Node does',
    async () => {
      const share = await compare<FastHead>('heads', headGenerator, async (fast, text, readNode) =>
        difference(fast, await readNode(message(text, fast))),
      );
      expect(share).toBeGreaterThan(0.2);
      expect(share).toBeLessThan(0.8);
    },
    TIMEOUT,
  );

  it(
    'accepts no chunked body that Node refuses, and reads the others as Node does',
    async () => {
      const head = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
      const share = await compare<FastBody>('chunks', bodyGenerator, async ([data, size], text, readNode) =>
        bodyDifference(data, await readNode(head + text.slice(0, size) + PROBE)),
      );
      expect(share).toBeGreaterThan(0.2);
      expect(share).toBeLessThan(0.8);
    },
    TIMEOUT,
  );
});
