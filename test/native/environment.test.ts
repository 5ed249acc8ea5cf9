import { afterEach, describe, expect, it, vi } from 'vitest';
import { passEnvironment } from '../../src/native/runtime.ts';

describe('the environment of Go', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('gets the variables of Tailscale without credentials, and forgets those it was loaded with', () => {
    const credentials = ['TS_AUTHKEY', 'TS_AUTH_KEY', 'TS_CLIENT_SECRET', 'TS_ID_TOKEN'];
    for (const name of [...credentials, 'TS_DEBUG_MTU', 'HOME']) vi.stubEnv(name, 'value');
    const passed: string[] = [];
    const forgotten: string[] = [];
    passEnvironment({
      setenv: (name: string) => void passed.push(name),
      forgetenv: (name: string) => void forgotten.push(name),
    });
    expect(passed).toContain('TS_DEBUG_MTU');
    expect(passed).not.toContain('HOME');
    expect(passed.filter((name) => credentials.includes(name))).toEqual([]);
    expect(forgotten).toEqual(expect.arrayContaining(credentials));
  });
});
