// Runs the property tests of the sanitizer, the target parser, the fast path, and the proxy for a given time, and then
// Go's fuzzing of each of the fast path's parsers for as long:
//
//   npm run fuzz [-- MINUTES]      10 minutes each by default
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { VITEST } from './vitest.mjs';

const PARSERS = 'src/native/go/fastpath';

process.chdir(dirname(import.meta.dirname));
const minutes = Number(process.argv[2] ?? 10);
if (!(minutes > 0)) {
  console.error(`fuzz: expected a number of minutes, got ${process.argv[2]}`);
  process.exit(2);
}
const env = { ...process.env, TSEXPOSE_FUZZ_MINUTES: String(minutes), CGO_ENABLED: '1', GOTOOLCHAIN: 'local' };
const failed = [];
run('vitest', process.execPath, [VITEST, 'run', 'fuzz.test']);
for (const target of targets()) {
  const time = [`-fuzztime=${Math.ceil(minutes * 60)}s`, '-timeout=0'];
  run(target, 'go', ['test', '-run=^$', `-fuzz=^${target}$`, ...time, `./${PARSERS}`]);
}
if (failed.length > 0) console.error(`fuzz: ${failed.join(', ')} failed`);
process.exit(failed.length > 0 ? 1 : 0);

function run(name, program, args) {
  if (spawnSync(program, args, { stdio: 'inherit', env }).status !== 0) failed.push(name);
}

/** Returns the names of the fuzz targets; Go runs one at a time. */
function targets() {
  const sources = readdirSync(PARSERS).filter((name) => name.endsWith('_test.go'));
  return sources.flatMap((name) =>
    [...readFileSync(`${PARSERS}/${name}`, 'utf8').matchAll(/^func (Fuzz\w+)/gm)].map(([, target]) => target),
  );
}
