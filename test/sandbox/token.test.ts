import { describe, expect, it } from 'vitest';
import { findProgram, startProgram } from '../../src/sandbox/program.ts';

describe('the token of the admin interface', () => {
  it('is asked for before anything else, and guessing does not help', async () => {
    const { ready, end } = await startProgram({ binary: findProgram(), args: [] });
    const status = async (authorization?: string) => {
      const headers = authorization ? { authorization } : undefined;
      return (await fetch(`${ready.adminUrl}/state`, { headers })).status;
    };
    expect(await status()).toBe(401);
    expect(await status('Bearer ')).toBe(401);
    expect(await status(`Bearer ${ready.adminToken.slice(1)}`)).toBe(401);
    expect(await status(`Bearer ${ready.adminToken}`)).toBe(200);
    await end();
  });
});
