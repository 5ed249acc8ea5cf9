// Runs the tests: Go's, then vitest's, then those that depend on the Node.js version with each executable listed in
// TSEXPOSE_TEST_NODES (paths separated by colons). The last line counts all of them.
//
//   node scripts/test.mjs          everything
//   node scripts/test.mjs go       Go's only
//   node scripts/test.mjs ts       vitest's only; further arguments go to vitest
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import { GO_FLAGS } from './flags.mjs';
import { LOOPBACK_ONLY, VITEST } from './vitest.mjs';

process.chdir(dirname(import.meta.dirname));
const [only, ...rest] = process.argv.slice(2);
const env = {
  ...process.env,
  CGO_ENABLED: '1',
  GOTOOLCHAIN: 'local',
  ...LOOPBACK_ONLY,
};

// Tests of what differs between Node.js versions: parsers, sockets, HTTP/2, signals.
const NODE_DEPENDENT = [
  'proxy',
  'conformance/suite',
  'tailnet/http/server',
  'tailnet/http/secure-server',
  'tailnet/http/clients',
  'tailnet/net/server',
  'tailnet/net/socket',
  'tailnet/dgram',
  'tailnet/lifecycle',
  'native/head-fuzz',
  'native/signals',
  'native/worker-threads',
].map((name) => `test/${name}`);

const parts = [];
if (only !== 'ts') parts.push(go());
if (only !== 'go') {
  build();
  parts.push(vitest(rest));
}
if (!only) {
  for (const node of (process.env.TSEXPOSE_TEST_NODES ?? '').split(':').filter(Boolean)) parts.push(withNode(node));
}
const failures = parts.flatMap((part) => part.failures);
if (failures.length > 0) console.log(`\nFailed:\n${failures.map((name) => `  ${name}`).join('\n')}`);
const sum = (key) => parts.reduce((total, part) => total + part[key], 0);
const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : '';
console.log(`${sum('passed')} passed, ${sum('failed')} failed${skipped}`);
process.exitCode = sum('failed') > 0 || sum('passed') === 0 ? 1 : 0;

/** Builds dist/, because some tests run it in processes of their own. */
function build() {
  const { status } = spawnSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit', env });
  if (status !== 0) process.exit(1);
}

function go() {
  const args = ['test', '-json', '-buildmode=pie', ...GO_FLAGS, './src/...'];
  const { stdout, stderr, status } = spawnSync('go', args, { env, maxBuffer: 1 << 28, encoding: 'utf8' });
  process.stderr.write(stderr);
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const failures = new Set();
  const events = stdout.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
  for (const { Action, Test } of events) {
    if (!Test) continue;
    if (Action === 'pass') counts.passed += 1;
    if (Action === 'skip') counts.skipped += 1;
    if (Action === 'fail') {
      counts.failed += 1;
      failures.add(Test);
    }
  }
  for (const { Action, Test, Output } of events) {
    if (Action === 'output' && (failures.has(Test) || (status !== 0 && !Test))) process.stdout.write(Output);
  }
  if (status !== 0 && counts.failed === 0) counts.failed = 1; // did not compile
  console.log(`go: ${counts.passed} passed, ${counts.failed} failed`);
  return { ...counts, failures: [...failures].map((name) => `go: ${name}`) };
}

function withNode(node) {
  const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
  console.log(`\nWith Node.js ${stdout.trim()}`);
  return vitest(NODE_DEPENDENT, node);
}

function vitest(args, node = process.execPath) {
  const directory = mkdtempSync(join(tmpdir(), 'vitest-'));
  const report = join(directory, 'report.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  // Processes that a test starts as `node` use the same version.
  const PATH = `${dirname(node)}${delimiter}${process.env.PATH}`;
  const options = { stdio: 'inherit', env: { ...env, PATH } };
  // On a busy machine, what is measured in time may need a second try. The reporter marks such a test.
  const { status } = spawnSync(node, [VITEST, 'run', '--retry=1', ...reporters, ...args], options);
  const counts = { passed: 0, failed: 0, skipped: 0, failures: [] };
  try {
    const json = JSON.parse(readFileSync(report, 'utf8'));
    counts.passed = json.numPassedTests;
    counts.failed = json.numFailedTests;
    counts.skipped = json.numPendingTests + (json.numTodoTests ?? 0);
    for (const { name, status, assertionResults } of json.testResults) {
      const failed = assertionResults.filter((test) => test.status === 'failed').map((test) => ` > ${test.fullName}`);
      if (status === 'failed')
        counts.failures.push(...(failed.length > 0 ? failed : ['']).map((test) => relative('.', name) + test));
    }
  } catch (error) {
    console.error(`vitest wrote no report: ${error.message}`);
  }
  rmSync(directory, { recursive: true });
  // A suite that does not load, or an error outside of a test, is a failure too.
  if (status !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}
