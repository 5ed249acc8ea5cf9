import { describe, expect, it } from 'vitest';
import { sharedSandbox } from '../sandbox/sandbox.ts';
import { Example } from './example.ts';

describe('examples', () => {
  const sandbox = sharedSandbox();

  it.each(['express', 'fastify', 'hono', 'koa'])('%s.js greets its caller and exits on Ctrl-C', async (name) => {
    await using example = new Example(sandbox(), `${name}.js`);
    expect(await example.line()).toBe(`http://${name}-example.sandbox.ts.net`);
    await using bob = await sandbox().door('bob', `${name}-example:80`);
    expect(await (await fetch(bob.url)).text()).toMatch(/^Hello Bob Example, calling from /);
    if (name !== 'koa') {
      await using runner = await sandbox().door('tag:ci', `${name}-example:80`);
      expect((await fetch(new URL('/ci', bob.url))).status).toBe(403);
      expect(await (await fetch(new URL('/ci', runner.url))).text()).toContain('Only devices');
    }
    expect(await example.interrupt()).toBe(0);
  });
});
