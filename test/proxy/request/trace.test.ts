import { describe, expect, it } from 'vitest';
import { traceIdIn, traceIdOf, withTrace } from '../../../src/proxy/request/trace.ts';

const ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const VALID = `00-${ID}-00f067aa0ba902b7-01`;

describe('a trace context', () => {
  it.each([
    VALID.slice(0, -3),
    `${VALID}-later`,
    VALID.toUpperCase(),
    `ff${VALID.slice(2)}`,
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `00-${ID}-${'0'.repeat(16)}-01`,
    '',
  ])('is not valid as %j', (value) => expect(traceIdOf(value)).toBeUndefined());

  it('of a later version may have more parts', () => {
    expect(traceIdOf(VALID)).toBe(ID);
    expect(traceIdOf(`cc${VALID.slice(2)}-later`)).toBe(ID);
  });

  it('is made where there is none, or none that is valid', () => {
    const made = withTrace(['Accept', '*/*', 'TraceState', 'a=1', 'Traceparent', VALID, 'traceparent', VALID]);
    expect(made.slice(0, 3)).toEqual(['Accept', '*/*', 'traceparent']);
    expect(traceIdIn(made)).toMatch(/^[0-9a-f]{32}$/);
    expect(traceIdIn(made)).not.toBe(ID);
    expect(withTrace([])).not.toEqual(withTrace([]));
    expect(withTrace(['Traceparent', VALID, 'tracestate', 'a=1'])).toEqual(['Traceparent', VALID, 'tracestate', 'a=1']);
  });
});
