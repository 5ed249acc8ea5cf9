import { afterEach, describe, expect, it, vi } from 'vitest';
import { Child } from '../../../src/cli/child/child.ts';

afterEach(() => vi.unstubAllEnvs());

describe('the app that a command starts', () => {
  it('has the environment of the command without the secrets of the node', async () => {
    for (const name of ['TS_AUTHKEY', 'TS_AUTH_KEY', 'TS_CLIENT_SECRET', 'TSEXPOSE_FUNNEL_AUTH', 'APP_COLOR']) {
      vi.stubEnv(name, `${name} of the command`);
    }
    const lines: string[] = [];
    const show = "for (const [name, value] of Object.entries(process.env)) console.log(name + '=' + value)";
    await using child = new Child([process.execPath, '-e', show], (line) => lines.push(line));
    expect(await child.ended).toBeUndefined();
    await expect
      .poll(() => lines.filter((line) => line.endsWith(' of the command')))
      .toEqual(['APP_COLOR=APP_COLOR of the command']);
  });

  it('has the port that it tells people of, if it listens on several', async () => {
    const program = `
      const { createServer } = require('node:net');
      createServer().listen(0, '127.0.0.1', () => {
        const open = createServer().listen(0, '127.0.0.1', () => {
          console.log('Local: http://localhost:\\x1b[1m' + open.address().port + '\\x1b[22m/');
        });
      });`;
    const lines: string[] = [];
    await using child = new Child([process.execPath, '-e', program], (line) => lines.push(line));
    const port = await child.port({ timeout: 10_000, signal: new AbortController().signal });
    expect(lines.join()).toContain(`${port}`);
  });
});
