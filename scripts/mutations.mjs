// Takes the security rules out of the sources one by one, and shows which tests notice:
//
//   npm run mutations [-- WORDS]     those whose rule or file has all of the words
//
// Fails where nobody notices. It needs the built addon and sandbox, and some minutes.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadMutations } from '../test/mutations/mutations.mjs';
import { LOOPBACK_ONLY, VITEST } from './vitest.mjs';

process.chdir(dirname(import.meta.dirname));
const words = process.argv.slice(2).map((word) => word.toLowerCase());
const directory = mkdtempSync(join(tmpdir(), 'mutations-'));
let survived = 0;
console.log('| rule taken out | in | tests that fail |\n| --- | --- | --- |');
for (const mutation of loadMutations()) {
  const { rule, file } = mutation;
  if (!words.every((word) => `${rule} ${file}`.toLowerCase().includes(word))) continue;
  const found = readFileSync(file, 'utf8').split(mutation.take).length - 1;
  const failures = found === 1 ? runsOf(mutation).flatMap((run) => failuresOf(mutation, run)) : [];
  if (failures.length === 0) survived++;
  const first = failures.slice(0, 3).map((name) => name.replaceAll('|', '\\|'));
  const more = failures.length > 3 ? `, and ${failures.length - 3} more` : '';
  const result = found !== 1 ? `**its text is there ${found} times**` : first.join('; ') + more || '**none**';
  console.log(`| ${rule} | ${file} | ${result} |`);
}
rmSync(directory, { recursive: true });
if (survived > 0) console.error(`\n${survived} of the rules can go without a test that notices`);
process.exit(survived > 0 ? 1 : 0);

/** The runs of vitest that a rule takes: one for whole files, one for each choice of cases. */
function runsOf({ tests }) {
  const files = tests.filter(({ only }) => only === undefined).map(({ file }) => file);
  const choices = tests.filter(({ only }) => only !== undefined).map(({ file, only }) => [file, '-t', only]);
  return files.length === 0 ? choices : [files, ...choices];
}

/** The names of the tests that fail without a rule. */
function failuresOf(mutation, run) {
  const report = join(directory, 'report.json');
  const args = ['--config', 'test/mutations/vitest.config.mjs', '--reporter=json', `--outputFile=${report}`, ...run];
  rmSync(report, { force: true });
  const { stderr } = spawnSync(process.execPath, [VITEST, 'run', ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...LOOPBACK_ONLY, TSEXPOSE_MUTATION: JSON.stringify(mutation) },
  });
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  // What cannot be loaded has noticed nothing.
  if (!tests.some(({ status }) => status === 'passed' || status === 'failed')) {
    console.error(`${mutation.rule}: ${run.join(' ')} did not run\n${stderr}`);
    return [];
  }
  return tests.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName);
}
