// Builds the Go parts: the archive that is linked into the addon and the sandbox program.
//
//   node scripts/build-go.mjs inputs           lists the archive's source files, for binding.gyp
//   node scripts/build-go.mjs archive OUT      builds the archive and its header
//   node scripts/build-go.mjs sandbox OUT      builds the sandbox program
//
// Both use the same flags and position-independent code, so that they share one build cache.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { GO_FLAGS, GO_TAGS } from './flags.mjs';

const ARCHIVE = 'src/native/go';
const SHARED = 'src/internal';
const SANDBOX = 'src/sandbox/go';
const env = { ...process.env, CGO_ENABLED: '1', GOTOOLCHAIN: 'local' };

function inputs() {
  const files = [ARCHIVE, SHARED].flatMap((directory) =>
    readdirSync(directory, { recursive: true }).map((name) => `${directory}/${name}`),
  );
  return [...files.filter((name) => /\.(go|h)$/.test(name)), 'go.mod', 'go.sum', 'scripts/build-go.mjs'];
}

/** Builds a package and prints progress every 10 seconds: a first build compiles about 700 packages and takes minutes. */
async function build(mode, source, out, label) {
  mkdirSync(dirname(out), { recursive: true });
  const total = packages(source);
  const started = Date.now();
  const go = spawn('go', ['build', '-v', `-buildmode=${mode}`, ...GO_FLAGS, '-o', out, `./${source}`], {
    env,
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  let compiled = 0;
  const other = [];
  const progress = setInterval(() => {
    const seconds = Math.round((Date.now() - started) / 1000);
    console.log(`  ${label}: ${compiled} of at most ${total} packages compiled, ${seconds} s`);
  }, 10_000);
  createInterface({ input: go.stderr }).on('line', (line) => {
    if (/^[\w.~/@-]+$/.test(line)) compiled += 1;
    else if (!line.startsWith('go: downloading')) other.push(line);
  });
  const code = await new Promise((resolve) => go.on('close', resolve));
  clearInterval(progress);
  if (other.length > 0) console.error(other.join('\n'));
  if (code !== 0) process.exit(code ?? 1);
  console.log(`  ${label}: done in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

function packages(source) {
  const list = execFileSync('go', ['list', '-deps', GO_TAGS, `./${source}`], {
    env,
    maxBuffer: 1 << 26,
  });
  return list.toString().trim().split('\n').length;
}

const [command, out] = process.argv.slice(2);
if (command === 'inputs') console.log(inputs().join('\n'));
else if (command === 'archive') await build('c-archive', ARCHIVE, out, 'tailnet node (Go)');
else if (command === 'sandbox') await build('pie', SANDBOX, out, 'sandbox (Go)');
else {
  console.error('Usage: node scripts/build-go.mjs inputs | archive OUT | sandbox OUT');
  process.exit(2);
}
