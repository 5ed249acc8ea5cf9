import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MAX_CONNECTIONS, MAX_CONNECTIONS_EACH, MAX_ROOMS } from '../../src/chat/room/chat.ts';
import { MAX_LINES, MAX_TEXT } from '../../src/chat/room/text.ts';
import { CLOSE_CODES } from '../../src/chat/transport/websocket.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const reference = read('docs/chat.md');
const source = read('src/chat/room/event.ts');

describe('docs/chat.md', () => {
  it('has every event', () => {
    const types = [...source.matchAll(/type: '(\w+)'/g)].map(([, type]) => type);
    expect(types.length).toBeGreaterThan(20);
    const [, tables = ''] = reference.split('## Protocol');
    expect([...new Set(types)].filter((type) => !new RegExp(`^\\|.*\`${type}\`.*\\|`, 'm').test(tables))).toEqual([]);
  });

  it('has every refusal code', () => {
    const [, union = ''] = /RefusalCode =([^;]*);/.exec(source) ?? [];
    const codes = [...union.matchAll(/'([\w-]+)'/g)].map(([, code]) => code);
    expect(codes.length).toBeGreaterThan(10);
    expect(codes.filter((code) => !reference.includes(`\`${code}\``))).toEqual([]);
  });

  it('has every close code', () => {
    for (const code of Object.values(CLOSE_CODES)) expect(reference).toContain(`\n| ${code} | `);
  });

  it('has the limits as they are', () => {
    expect(reference).toContain(`${MAX_TEXT.toLocaleString('en')} characters, ${MAX_LINES} lines`);
    expect(reference).toContain(`${MAX_CONNECTIONS.toLocaleString('en')}, and ${MAX_CONNECTIONS_EACH} per person`);
    expect(reference).toContain(`| rooms | ${MAX_ROOMS} |`);
  });
});
