// Builds tsexpose from a checkout: the native addon, the sandbox program, and the TypeScript. `npm ci` runs it.
//
//   node scripts/build.mjs            everything
//   node scripts/build.mjs native     the addon (build/Release/tsexpose.node)
//   node scripts/build.mjs sandbox    the sandbox program (build/sandbox)
//   node scripts/build.mjs ts         dist/
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { missingTools } from './toolchain.mjs';

process.chdir(dirname(import.meta.dirname));
const require = createRequire(import.meta.url);
const parts = process.argv.length > 2 ? process.argv.slice(2) : ['native', 'sandbox', 'ts'];

const missing = parts.some((part) => part !== 'ts') ? missingTools() : [];
if (missing.length > 0) {
  for (const sentence of missing) console.error(sentence);
  process.exit(1);
}
for (const part of parts) {
  if (part === 'native') native();
  else if (part === 'sandbox') sandbox();
  else if (part === 'ts') typescript();
  else {
    console.error(`build: expected native, sandbox, or ts, got ${part}`);
    process.exit(2);
  }
}

function native() {
  console.log('tsexpose: building the native addon (the first build takes a few minutes)');
  run(require.resolve('node-gyp/bin/node-gyp.js'), ['configure', '--silent', ...nodedir()]);
  // gyp does not notice that the addon is older than the archive linked into it.
  rmSync('build/Release/obj.target/tsexpose.node', { force: true });
  run(require.resolve('node-gyp/bin/node-gyp.js'), ['build', '--silent', ...nodedir()]);
}

function sandbox() {
  console.log('tsexpose: building the sandbox tailnet');
  run('scripts/build-go.mjs', ['sandbox', 'build/sandbox']);
}

function typescript() {
  console.log('tsexpose: compiling TypeScript');
  // The old manifest goes too, or it would still list a command that was removed.
  for (const stale of ['dist', 'oclif.manifest.json']) rmSync(stale, { recursive: true, force: true });
  run('scripts/bundle.mjs', []);
  run('scripts/declarations.mjs', []);
  cpSync('src/chat/web/page', 'dist/page', { recursive: true });
  run('scripts/commonjs.mjs', []);
  run('scripts/manifest.mjs', []);
  run('scripts/man-page.mjs', []);
}

/** Uses the headers of the Node.js installation if it has them, so that node-gyp does not download any. */
function nodedir() {
  const prefix = dirname(dirname(process.execPath));
  return existsSync(join(prefix, 'include/node/common.gypi')) ? [`--nodedir=${prefix}`] : [];
}

function run(script, args) {
  try {
    execFileSync(process.execPath, [script, ...args], { stdio: 'inherit' });
  } catch (error) {
    process.exit(error.status ?? 1);
  }
}
