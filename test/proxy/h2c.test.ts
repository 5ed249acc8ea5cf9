import { describe, expect, it } from 'vitest';
import { Gate } from '../../src/identity/gate.ts';
import { unknownIdentity } from '../../src/identity/identity.ts';
import { ProxyServer } from '../../src/proxy/server.ts';
import { parseTarget } from '../../src/proxy/target.ts';

describe('a target of HTTP/2 without TLS', () => {
  it('is refused, rather than spoken to in another protocol', () => {
    const options = { gate: new Gate(), identify: () => unknownIdentity('100.64.0.1', 1) };
    expect(() => new ProxyServer({ ...options, target: parseTarget('h2c://localhost:50051') })).toThrow(
      expect.objectContaining({
        code: 'ERR_TSEXPOSE_INVALID_TARGET',
        suggestions: ['tsexpose http://localhost:50051', 'tsexpose tcp://localhost:50051'],
      }),
    );
  });
});
