// Writes licenses/: the licence texts of everything that is linked into the addon and the sandbox program, as those
// licences ask for. `--check` only compares, and says what differs.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

process.chdir(dirname(import.meta.dirname));
const env = { ...process.env, CGO_ENABLED: '1', GOTOOLCHAIN: 'local' };
const NAMES = /^(LICEN[CS]E|COPYING|NOTICE|PATENTS)/i;

const format = '{{with .Module}}{{.Path}} {{.Version}} {{.Dir}}{{end}}';
const args = ['list', '-deps', '-tags=netgo,osusergo', '-f', format, './src/native/go', './src/sandbox/go'];
const lines = new Set(
  execFileSync('go', args, { env, maxBuffer: 1 << 26 })
    .toString()
    .trim()
    .split('\n'),
);
const modules = [...lines]
  .map((line) => line.split(' '))
  .filter(([path, version]) => path && version)
  .map(([path, version, directory]) => ({ path, version, directory }));
modules.push({ path: 'Go standard library and runtime', version: 'as built', directory: goRoot() });
modules.sort((a, b) => (a.path < b.path ? -1 : 1));

const files = new Map(); // name → text
const rows = modules.map(({ path, version, directory }) => {
  const links = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile() && NAMES.test(entry.name) && !entry.name.endsWith('.go'))
    .map(({ name }) => `[${name}](${store(path, name, normalize(readFileSync(join(directory, name), 'utf8')))})`);
  if (links.length === 0) throw new Error(`${path} ${version} has no licence file`);
  return `| ${path} | ${version} | ${links.join(', ')} |`;
});
files.set(
  'README.md',
  [
    '# Licences of what is linked in',
    '',
    'The native addon and the sandbox program are linked from these Go modules. Written by `node scripts/licenses.mjs`.',
    '',
    '| module | version | licence |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n'),
);

if (process.argv.includes('--check')) check();
else write();

/** One file for each different text: most modules under the Apache licence share it to the letter. */
function store(path, name, text) {
  for (const [existing, other] of files) if (other === text) return existing;
  const file = `${path.replace(/[^A-Za-z0-9.-]+/g, '-')}-${name.replace(/\.(txt|md)$/i, '')}.txt`;
  files.set(file, text);
  return file;
}

function normalize(text) {
  return `${text
    .replaceAll('\r\n', '\n')
    .replace(/[ \t]+$/gm, '')
    .trim()}\n`;
}

function write() {
  rmSync('licenses', { recursive: true, force: true });
  mkdirSync('licenses');
  for (const [name, text] of files) writeFileSync(join('licenses', name), text);
  console.log(`licenses/: ${files.size} files for ${modules.length} modules`);
}

function check() {
  const wrong = [...files].filter(([name, text]) => read(name) !== text).map(([name]) => name);
  if (wrong.length === 0) return;
  console.error(`licenses/ is not what the linked modules say (${wrong.join(', ')}): run node scripts/licenses.mjs`);
  process.exitCode = 1;
}

function read(name) {
  const file = join('licenses', name);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function goRoot() {
  return execFileSync('go', ['env', 'GOROOT'], { env }).toString().trim();
}
