import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sharedSandbox } from '../sandbox/sandbox.ts';
import { freshSurroundings, sharedApp } from './run.ts';

const sandbox = sharedSandbox();
const surroundings = freshSurroundings();
const app = sharedApp();

/** Credentials that a machine may have in its environment. None of them look like a key of Tailscale's. */
const BYSTANDERS = {
  TS_AUTH_KEY: 'hidden-value-of-auth-key',
  TS_CLIENT_SECRET: 'hidden-value-of-client-secret',
  TS_CLIENT_ID: 'hidden-value-of-client-id',
  TS_ID_TOKEN: 'hidden-value-of-id-token',
  TS_API_KEY: 'hidden-value-of-api-key',
  TS_OAUTH_SECRET: 'hidden-value-of-oauth-secret',
  TSEXPOSE_FUNNEL_AUTH: 'user:hidden-value-of-funnel-auth',
  HTTPS_PROXY: 'http://user:hidden-value-of-proxy@127.0.0.1:9',
};

describe('credentials', () => {
  const keyPath = () => join(surroundings().root, 'key');

  for (const verbosity of [[], ['--json'], ['--verbose'], ['--verbose', '--json', '--support-logs']]) {
    for (const passed of ['TS_AUTHKEY', 'TS_AUTH_KEY', '--auth-key', '--auth-key file:']) {
      it(`reach no output or file when passed by ${passed} (${verbosity.join(' ') || 'no flags'})`, async () => {
        const key = await sandbox().admin.newAuthKey({ person: 'alice' });
        const env: NodeJS.ProcessEnv = { ...BYSTANDERS, ...sandbox().env, TS_DEBUG_REGISTER: 'true' };
        const args = [app().target, '--name', 'quiet', '--funnel', '--ephemeral', ...verbosity];
        args.push('--state-dir', join(surroundings().root, 'work', 'state'));
        if (passed.endsWith('file:')) writeFileSync(keyPath(), key);
        if (passed.startsWith('--')) args.push('--auth-key', passed.endsWith('file:') ? `file:${keyPath()}` : key);
        else env[passed] = key;
        const run = surroundings().start(args, env);
        await run.until(({ stdout }) => /ready|http:\/\/quiet/.test(stdout));
        const written = files(join(surroundings().root, 'work'));
        const { stdout, stderr } = await run.stop();
        const shown = stdout + stderr;
        expect({ key: shown.includes(key), hidden: shown.includes('hidden-value') }).toEqual({
          key: false,
          hidden: false,
        });
        // What would go to Tailscale with --support-logs waits in a file, unmasked.
        const names = Object.values(BYSTANDERS).filter((value) => !value.startsWith('http'));
        expect([key, ...names].filter((secret) => written.some((text) => text.includes(secret)))).toEqual([]);
        expect(written.length).toBeGreaterThan(0);
      });
    }
  }
});

function files(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => {
      try {
        return readFileSync(join(entry.parentPath, entry.name), 'latin1');
      } catch (error) {
        // The state is written to a temporary file, which is then renamed.
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
        throw error;
      }
    });
}
