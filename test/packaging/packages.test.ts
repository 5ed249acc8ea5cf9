import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PLATFORMS } from '../../src/platforms.ts';
import { ROOT } from './project.ts';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** Evaluates an expression over the packer's modules, and returns its value. */
function packer(module: string, expression: string): unknown {
  const source = `import * as m from './scripts/${module}'; console.log(JSON.stringify(${expression}))`;
  return JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '--eval', source], { cwd: ROOT, encoding: 'utf8' }),
  );
}

describe('the packer', () => {
  it('has the platforms of the loader', () => {
    expect(packer('pack/platforms.mjs', 'm.PLATFORMS')).toEqual(PLATFORMS);
  });

  it('compiles with the macros of binding.gyp', () => {
    const [, defines = ''] = /'defines': \[([^\]]*)\]/.exec(read('binding.gyp')) ?? [];
    const names = [...defines.matchAll(/^\s*'(.*)',$/gm)].map((match) => match[1]);
    expect(packer('flags.mjs', 'm.DEFINES')).toEqual(names);
  });

  it.runIf(process.platform === 'linux')('refuses an addon that would not load everywhere, and says why', () => {
    // The one of this checkout is linked by the system's compiler, with all that the archive shows.
    const file = JSON.stringify(join(ROOT, 'build/Release/tsexpose.node'));
    const faults = packer('pack/check.mjs', `m.faultsOfAddon(${file}, '${process.platform}-${process.arch}')`);
    expect(faults).toContainEqual(expect.stringMatching(/^exports \d+ more symbols than it should, such as /));
  });

  it('refuses a package that is too large', () => {
    expect(packer('pack/check.mjs', "m.faultsOfSize('addon', { size: 1.1e7, unpackedSize: 2.7e7 })")).toEqual([
      'has 27.0 MB unpacked; at most 26.0 MB is allowed',
      'has 11.0 MB packed; at most 10.0 MB is allowed',
    ]);
  });

  it.each(['package.json', 'npm/addon/package.json', 'npm/sandbox/package.json'])(
    'leaves install scripts out of %s',
    (path) => {
      const { scripts = {} } = JSON.parse(read(path));
      expect(Object.keys(scripts).filter((name) => /^(pre|post)?install$/.test(name))).toEqual([]);
    },
  );
});

describe('the loader', () => {
  it('can be read in a minute', () => {
    expect(read('src/native/loader.ts').split('\n').length).toBeLessThanOrEqual(60);
  });
});
