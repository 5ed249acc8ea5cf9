import { METHODS } from 'node:http';
import { describe, expect, it } from 'vitest';
import { FUZZ_MS, FUZZ_TIMEOUT } from '../identity/fuzz.ts';
import { type FastHead, type NodeReading, startFastParser, startNodeParser } from './head-parsers.ts';
import { headGenerator } from './heads.ts';

const HEADS = FUZZ_MS > 0 ? 1_000_000 : 4_000;
const BATCH = 500;
/** Longer bodies are not sent. */
const MOST = 1 << 16;
const PROBE = 'GET /probe HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n';

/** A message with the head, less what Node refuses and every target gets as it came: unknown methods, raw UTF-8. */
function message(head: string, { method, target, length, upgrade }: FastHead): string {
  const known = METHODS.includes(method) ? method : 'GET';
  const path = target.replace(/[\x80-\xff]/g, 'x');
  const start = `${known} ${path}`;
  const body = length < 0 ? '1\r\nx\r\n0\r\n\r\n' : 'x'.repeat(Math.min(length, MOST));
  return start + head.slice(method.length + 1 + target.length) + (upgrade ? '' : body + PROBE);
}

/** Returns what two parsers disagree about; undefined if nothing. */
function disagreement({ method, target, headers, length, upgrade }: FastHead, node: NodeReading): string | undefined {
  const [first, second] = node.requests;
  if (!first) return `Node refuses it: ${node.error}`;
  if (METHODS.includes(method) && first.method !== method) return `the method is ${first.method}`;
  if (first.url !== target.replace(/[\x80-\xff]/g, 'x')) return `the target is ${first.url}`;
  const trimmed = first.rawHeaders.map((text) => text.replace(/^[ \t]+|[ \t]+$/g, ''));
  if (JSON.stringify(trimmed) !== JSON.stringify(headers)) return `the headers are ${JSON.stringify(first.rawHeaders)}`;
  if (node.upgrade || upgrade !== '') return node.upgrade === (upgrade !== '') ? undefined : `upgrade: ${node.upgrade}`;
  if (length > MOST) return first.body > MOST ? undefined : `the body has ${first.body} bytes`;
  if (first.body !== (length < 0 ? 1 : length)) return `the body has ${first.body} bytes`;
  const isLast = headers.some(
    (name, i) => i % 2 === 0 && /^(proxy-)?connection$/i.test(name) && /\bclose\b/i.test(headers[i + 1]!),
  );
  if (isLast) return undefined;
  return second?.url === '/probe' ? undefined : `what follows is ${second?.url ?? node.error}`;
}

describe('the fast path', () => {
  it(
    'accepts no request head that Node refuses, and reads the others as Node does',
    async () => {
      const seed = FUZZ_MS > 0 ? Date.now() | 0 : 1;
      const next = headGenerator(seed);
      const readFast = startFastParser();
      const readNode = startNodeParser();
      let accepted = 0;
      for (let done = 0; done < HEADS; done += BATCH) {
        const heads = Array.from({ length: BATCH }, next);
        const results = await readFast(heads.map((head) => Buffer.from(head, 'latin1')));
        for (const [i, fast] of results.entries()) {
          if (!fast) continue;
          accepted += 1;
          const text = message(heads[i]!, fast);
          const why = disagreement(fast, await readNode(Buffer.from(text, 'latin1')));
          if (why) expect.fail(`${why}\n${JSON.stringify(heads[i])}\n${JSON.stringify(fast)} (seed ${seed})`);
        }
      }
      if (FUZZ_MS > 0) console.log(`${HEADS} heads, ${accepted} accepted, seed ${seed}`);
      expect(accepted / HEADS).toBeGreaterThan(0.2);
      expect(accepted / HEADS).toBeLessThan(0.8);
    },
    FUZZ_TIMEOUT + 600_000,
  );
});
