import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { RequestEvent } from '../../src/events.ts';
import { eventLine } from '../../src/ui/event-line.ts';

const at = new Date(2026, 0, 2, 14, 2, 11);
const request: RequestEvent = {
  event: 'request',
  method: 'GET',
  path: '/a',
  status: 200,
  ms: 7,
  bytes: 2,
  caller: { kind: 'user', who: 'alice@example.com', ip: '100.64.0.2' },
};
const [RED, GREEN, YELLOW] = ['\u001b[31m', '\u001b[32m', '\u001b[33m'];

describe('eventLine', () => {
  it('shows the caller, the request and the result', () => {
    expect(eventLine(request, at, false)).toBe('14:02:11 alice@example.com GET /a 200 7 ms');
  });

  it('shows what a caller chose in a form that does not act on the terminal', () => {
    const hostile = { ...request, path: '/\u001b[2J', caller: { ...request.caller, who: 'eve\u202e' } };
    expect(eventLine(hostile, at, false)).toBe('14:02:11 eve\\u202e GET /\\u001b[2J 200 7 ms');
  });

  it('has the same text in color', () => {
    const line = eventLine(request, at, true);
    expect(stripVTControlCharacters(line)).toBe(eventLine(request, at, false));
    expect(line).not.toBe(eventLine(request, at, false));
  });

  it.each([
    [101, GREEN],
    [200, GREEN],
    [304, GREEN],
    [404, YELLOW],
    [502, RED],
    [0, RED],
  ])('colors status %d by its class', (status, color) => {
    expect(eventLine({ ...request, status }, at, true)).toContain(color);
  });

  it('colors warnings and errors', () => {
    const message = 'Nothing listens on port 3000.';
    expect(eventLine({ event: 'warning', code: 'ECONNREFUSED', message }, at, true)).toContain(YELLOW);
    expect(eventLine({ event: 'error', code: 'ECONNREFUSED', message }, at, true)).toContain(RED);
  });
});
