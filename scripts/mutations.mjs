// Takes the security rules out of the sources one by one, and shows which test fails without each:
//
//   npm run mutations [-- WORDS]            the rules whose text or file has all of the words
//   npm run mutations -- --sample 20        20 rules, others for every commit
//   npm run mutations -- --minutes 10       stops after 10 minutes, and says what is left
//
// Exits with 1 where no test fails. It needs the built addon and sandbox. A rule takes a few seconds.
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
process.exit(counts.missed > 0 || chosen.length === 0 ? 1 : 0);

function isWanted({ rule, file }) {
  return positionals.every((word) => `${rule} ${file}`.toLowerCase().includes(word.toLowerCase()));
}

/** All of the rules, or a sample that each commit draws anew. */
function choose(mutations) {
  if (values.sample === undefined) return mutations;
  const seed = values.seed ?? execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' });
  const rank = ({ rule, file }) => createHash('sha256').update(`${seed}${file}${rule}`).digest('hex');
  return mutations
    .map((mutation) => ({ mutation, rank: rank(mutation) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .slice(0, Number(values.sample))
    .map(({ mutation }) => mutation);
}

/** The name of the first test that fails without a rule. */
function firstFailure(mutation) {
  for (const run of runsOf(mutation)) {
    const failed = failureIn(mutation, run);
    if (failed) return failed;
  }
  return undefined;
}

/** The runs of vitest that a rule takes: one for whole files, one for each choice of cases. */
function runsOf({ tests }) {
  const files = tests.filter(({ only }) => only === undefined).map(({ file }) => file);
  const choices = tests.filter(({ only }) => only !== undefined).map(({ file, only }) => [file, '-t', only]);
  return files.length === 0 ? choices : [files, ...choices];
}

function failureIn(mutation, run) {
  const report = join(directory, 'report.json');
  const args = [
    '--bail=1',
    '--config',
    'test/mutations/vitest.config.mjs',
    '--reporter=json',
    `--outputFile=${report}`,
  ];
  rmSync(report, { force: true });
  const { stderr, error } = spawnSync(process.execPath, [VITEST, 'run', ...args, ...run], {
    encoding: 'utf8',
    timeout: LONGEST_RUN,
    env: { ...process.env, ...LOOPBACK_ONLY, TSEXPOSE_MUTATION: JSON.stringify(mutation) },
  });
  if (error?.code === 'ETIMEDOUT') return `${run[0]} does not end`;
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  // A mutant that cannot be loaded proves nothing.
  if (!tests.some(({ status }) => status === 'passed' || status === 'failed')) {
    console.error(`${mutation.rule}: ${run.join(' ')} did not run\n${stderr}`);
    return undefined;
  }
  return tests.find(({ status }) => status === 'failed')?.fullName;
}

function escapeCell(text) {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
