// Takes the security rules out of the sources one by one, and shows which test fails without each:
//
//   npm run mutations [-- WORDS]            the rules whose text or file has all of the words
//   npm run mutations -- --sample 20        20 of them, others for every commit
//   npm run mutations -- --minutes 10       starts none after 10 minutes, and says how many are left
//
// Exits with 1 where no test fails. It needs the built addon and sandbox, and a few seconds for each rule. Without
// --sample, the tests first run once with all rules in place: one that fails anyway notices nothing.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadMutations } from '../test/mutations/marks.mjs';
import { LOOPBACK_ONLY, VITEST } from './vitest.mjs';

/** A mutant may make a test hang; its own timeouts end it long before this. */
const LONGEST_RUN = 120_000;

process.chdir(dirname(import.meta.dirname));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { sample: { type: 'string' }, seed: { type: 'string' }, minutes: { type: 'string', default: '60' } },
});
const deadline = Date.now() + Number(values.minutes) * 60_000;
const chosen = choose(loadMutations().filter(isWanted));
const directory = mkdtempSync(join(tmpdir(), 'mutations-'));
const counts = { noticed: 0, missed: 0, left: 0 };
const broken = values.sample === undefined ? failuresWithAllRules() : [];

console.log('| Without the rule | in | this test fails |\n| --- | --- | --- |');
for (const mutation of chosen) {
  if (Date.now() > deadline) {
    counts.left++;
    continue;
  }
  const failure = firstFailure(mutation);
  counts[failure ? 'noticed' : 'missed']++;
  const { rule, file, line } = mutation;
  console.log(`| ${[rule, `${file}:${line}`, failure ?? '**none**'].map(escapeCell).join(' | ')} |`);
}
rmSync(directory, { recursive: true });
const left = counts.left > 0 ? `, ${counts.left} not tried in time` : '';
console.log(`\nmutations: ${counts.noticed} noticed, ${counts.missed} missed${left}`);
process.exitCode = counts.missed > 0 || broken.length > 0 || chosen.length === 0 ? 1 : 0;

function isWanted({ rule, file }) {
  return positionals.every((word) => `${rule} ${file}`.toLowerCase().includes(word.toLowerCase()));
}

/** All of the mutations, or a sample that each commit draws anew. */
function choose(mutations) {
  if (values.sample === undefined) return mutations;
  const seed = values.seed ?? execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' });
  const rank = ({ rule, file, put }) => createHash('sha256').update(`${seed}${file}${rule}${put}`).digest('hex');
  return mutations
    .map((mutation) => ({ mutation, rank: rank(mutation) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .slice(0, Number(values.sample))
    .map(({ mutation }) => mutation);
}

/** The names of the tests that fail without any mutation. */
function failuresWithAllRules() {
  const tests = chosen.flatMap((mutation) => mutation.tests);
  const runs = new Map(runsOf({ tests }).map((run) => [run.join(' '), run]));
  const failed = [...runs.values()].flatMap((run) => resultsOf(run)).filter(isFailed);
  const names = [...new Set(failed.map(({ fullName }) => fullName))];
  for (const name of names) console.error(`fails with all rules in place: ${name}`);
  return names;
}

/** The name of the first test that fails without a rule. */
function firstFailure(mutation) {
  for (const run of runsOf(mutation)) {
    const results = resultsOf(run, mutation);
    // A mutant that cannot be loaded proves nothing.
    if (results.length === 0) console.error(`${mutation.rule}: ${run.join(' ')} did not run`);
    const failed = results.find((test) => isFailed(test) && !broken.includes(test.fullName));
    if (failed) return failed.fullName;
  }
  return undefined;
}

/** The runs of vitest that tests take: one for whole files, one for each choice of cases. */
function runsOf({ tests }) {
  const files = [...new Set(tests.filter(({ only }) => only === undefined).map(({ file }) => file))];
  const choices = tests.filter(({ only }) => only !== undefined).map(({ file, only }) => [file, '-t', only]);
  return files.length === 0 ? choices : [files, ...choices];
}

/** Runs tests, up to the first failure if there is a mutation, and returns those that passed or failed. */
function resultsOf(run, mutation) {
  const report = join(directory, 'report.json');
  const args = ['--maxWorkers=1', '--reporter=json', `--outputFile=${report}`];
  if (mutation) args.push('--bail=1', '--config=test/mutations/vitest.config.mjs');
  rmSync(report, { force: true });
  const { error } = spawnSync(process.execPath, [VITEST, 'run', ...args, ...run], {
    stdio: 'ignore',
    timeout: mutation ? LONGEST_RUN : undefined,
    env: { ...process.env, ...LOOPBACK_ONLY, TSEXPOSE_MUTATION: JSON.stringify(mutation) },
  });
  if (error?.code === 'ETIMEDOUT') return [{ status: 'failed', fullName: `${run[0]} does not end` }];
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  return testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'passed' || status === 'failed');
}

function isFailed({ status }) {
  return status === 'failed';
}

function escapeCell(text) {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
