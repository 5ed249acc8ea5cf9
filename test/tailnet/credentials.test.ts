import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { useSandbox } from './pair.ts';

describe('the credentials of a node', () => {
  const sandbox = useSandbox();

  /** Runs a program with the built library, and returns what it prints. */
  async function run(source: string, env: NodeJS.ProcessEnv): Promise<string> {
    const args = ['--input-type=module', '--eval', `import { Tailnet } from 'tsexpose';\n${source}`];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, {
      env: { ...process.env, ...sandbox().env, ...env },
      timeout: 20_000,
    });
    return stdout + stderr;
  }

  it('never reach its log', async () => {
    const key = await sandbox().admin.newAuthKey({ person: 'alice' });
    const printed = await run(
      `const node = await Tailnet.up({ hostname: 'log', ephemeral: true, log: console.log });
       await node.close();`,
      { TS_AUTHKEY: key, TS_CLIENT_SECRET: 'hidden-value', TS_DEBUG_REGISTER: 'true' },
    );
    expect(printed).toContain('RegisterReq');
    expect(printed.includes(key)).toBe(false);
    expect(printed).not.toContain('hidden-value');
  });

  it('are those that the process has when the node is made', async () => {
    const key = await sandbox().admin.newAuthKey({ person: 'alice' });
    const printed = await run(
      `const first = new Tailnet({ hostname: 'first' });
       const key = process.env.TS_AUTHKEY;
       delete process.env.TS_AUTHKEY;
       const second = new Tailnet({ hostname: 'second', ephemeral: true });
       console.log(await second.up({ login: 'fail' }).catch(({ code }) => code));
       await second.close();
       console.log(await first.up({ login: 'fail' }), first.name);
       await first.close();
       process.exit();`,
      { TS_AUTHKEY: key },
    );
    expect(printed).toBe('ERR_TSEXPOSE_LOGIN_NEEDED\nundefined first\n');
  });

  it('stay in the environment of the process', async () => {
    const printed = await run(
      `import { execSync } from 'node:child_process';
       new Tailnet({ hostname: 'env' });
       console.log(process.env.TS_AUTHKEY, execSync('echo $TS_AUTHKEY').toString().trim());`,
      { TS_AUTHKEY: 'tskey-auth-one' },
    );
    expect(printed).toBe('tskey-auth-one tskey-auth-one\n');
  });
});
