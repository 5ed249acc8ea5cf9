import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { COMMANDS } from '../../src/commands/index.ts';
import { trackedFiles } from '../module-graph.ts';

it('has every file of src/commands, and so has the manifest, which a start reads instead', () => {
  const files = trackedFiles('src/commands').filter((path) => path !== 'src/commands/index.ts');
  const ids = files.map((path) => path.replace(/^src\/commands\/(.*)\.ts$/, '$1').replaceAll('/', ':')).sort();
  expect(Object.keys(COMMANDS).sort()).toEqual(ids);
  const manifest = JSON.parse(readFileSync('oclif.manifest.json', 'utf8'));
  expect(Object.keys(manifest.commands).sort()).toEqual(ids);
});
