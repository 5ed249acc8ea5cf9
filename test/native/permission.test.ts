import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const FLAG = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission';

describe('the permission model of Node.js', () => {
  /** Makes a node under the permission model, and returns the error. */
  function refused(...flags: string[]): { code: string; suggestions: string[] } {
    const source = `
      const { Tailnet } = await import('tsexpose');
      try { new Tailnet({ hostname: 'permission' }); console.log('{}'); }
      catch ({ code, suggestions }) { console.log(JSON.stringify({ code, suggestions })); }`;
    const args = [FLAG, ...flags, '--input-type=module', '--eval', source];
    return JSON.parse(spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout);
  }

  it('is named by the error, with the flags that let the addon load', () => {
    const { code, suggestions } = refused('--allow-fs-read=*');
    expect(code).toBe('ERR_TSEXPOSE_ADDON_LOAD');
    expect(suggestions[0]).toMatch(new RegExp(`${FLAG} --allow-addons`));
    const flags = suggestions[0]!.split(' ').slice(3);
    expect(refused(...flags)).toEqual({});
  });

  it('is named when the files of the addon cannot be read', () => {
    // All that the library itself is made of, but not build/.
    const readable = ['dist/*', 'node_modules/*', 'package.json'];
    const flags = readable.map((path) => `--allow-fs-read=${process.cwd()}/${path}`);
    expect(refused(...flags)).toMatchObject({ code: 'ERR_TSEXPOSE_ADDON_LOAD' });
  });
});
