// Writes a software bill of materials in CycloneDX's format: the npm packages that come with tsexpose, and the Go modules
// that the addon and the sandbox program link on any platform.
//
//   node scripts/sbom.mjs [FILE]   default: standard output
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GO_TAGS } from './flags.mjs';

process.chdir(dirname(import.meta.dirname));

const PROGRAMS = [
  { name: 'tsexpose.node', description: 'The native addon', type: 'library', source: './src/native/go' },
  { name: 'sandbox', description: 'The sandbox program', type: 'application', source: './src/sandbox/go' },
];
const TARGETS = ['linux', 'darwin'].flatMap((os) => ['amd64', 'arm64'].map((cpu) => [os, cpu]));

const bom = npmBom();
const root = bom.metadata.component;
const sums = goSums();
const modules = new Map(); // bom-ref → component
const programs = PROGRAMS.map(({ source, ...about }) => {
  const linked = linkedModules(source).map(addModule);
  const ref = `pkg:generic/${about.name}@${root.version}`;
  bom.dependencies.push({ ref, dependsOn: linked });
  return { 'bom-ref': ref, ...about, version: root.version, scope: 'required', licenses: root.licenses };
});
bom.components.push(...programs, ...modules.values());
for (const ref of modules.keys()) bom.dependencies.push({ ref, dependsOn: [] });
const own = bom.dependencies.find(({ ref }) => ref === root['bom-ref']);
own.dependsOn.push(...programs.map((program) => program['bom-ref']));

const text = `${JSON.stringify(bom, null, 2)}\n`;
if (process.argv[2]) writeFileSync(process.argv[2], text);
else process.stdout.write(text);

/** npm's bill of the whole lockfile, without what the package itself does not use: npm leaves out too much by itself. */
function npmBom() {
  const args = ['sbom', '--sbom-format=cyclonedx', '--package-lock-only'];
  const made = JSON.parse(execFileSync('npm', args, { encoding: 'utf8', maxBuffer: 1 << 26 }));
  const { component } = made.metadata;
  const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
  component.name = manifest.name; // npm takes the name of the directory
  const used = new Set([...Object.keys(manifest.dependencies), ...importedPackages()]);
  for (const name of Object.keys(manifest.peerDependencies)) used.delete(name);
  const names = new Map(
    made.components.map((one) => [one['bom-ref'], one.group ? `${one.group}/${one.name}` : one.name]),
  );
  const edges = new Map(made.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
  const direct = edges.get(component['bom-ref']).filter((ref) => used.has(names.get(ref)));
  edges.set(component['bom-ref'], direct);
  const reached = new Set([component['bom-ref']]);
  const isTypes = (ref) => names.get(ref)?.startsWith('@types/');
  for (const ref of reached) {
    const next = (edges.get(ref) ?? []).filter((other) => !isTypes(other));
    edges.set(ref, next);
    for (const other of next) reached.add(other);
  }
  made.components = made.components.filter((one) => reached.has(one['bom-ref']));
  for (const one of made.components) {
    // To npm, what is bundled is there for development.
    one.scope = 'required';
    one.properties = one.properties.filter(({ name }) => name !== 'cdx:npm:package:development');
  }
  made.dependencies = [...reached].map((ref) => ({ ref, dependsOn: edges.get(ref) ?? [] }));
  return made;
}

/** Returns the npm packages that the sources import, whether they are bundled or installed. */
function importedPackages() {
  const files = readdirSync('src', { recursive: true }).filter((name) => /\.tsx?$/.test(name));
  const sources = files.map((name) => readFileSync(join('src', name), 'utf8')).join('\n');
  const imports = sources.matchAll(
    /^(?:import|export) (?!type )(?:[^'";]*? from )?'([^'.:]+)'|\bimport\('([^'.:]+)'\)/gm,
  );
  const specifiers = [...imports].map(([, fixed, dynamic]) => fixed ?? dynamic);
  return specifiers.map((name) => name.split('/', name.startsWith('@') ? 2 : 1).join('/'));
}

/** Returns the modules that a program links on any platform, as `path@version`, and Go's standard library. */
function linkedModules(source) {
  const found = new Set([`std@${goVersion()}`]);
  for (const [GOOS, GOARCH] of TARGETS) {
    const env = { ...process.env, GOOS, GOARCH, CGO_ENABLED: '1', GOTOOLCHAIN: 'local' };
    const format = '{{with .Module}}{{if .Version}}{{.Path}}@{{.Version}}{{end}}{{end}}';
    const args = ['list', '-deps', GO_TAGS, '-f', format, source];
    const listed = execFileSync('go', args, { env, encoding: 'utf8', maxBuffer: 1 << 26 });
    for (const line of listed.split('\n')) if (line) found.add(line);
  }
  return [...found].sort();
}

/** Adds the component of a module unless it is there, and returns its reference. */
function addModule(module) {
  const [name, version] = module.split('@');
  const purl = `pkg:golang/${name}@${version}`;
  const hash = sums.get(`${name} ${version}`);
  modules.set(purl, {
    'bom-ref': purl,
    type: 'library',
    name,
    version,
    scope: 'required',
    purl,
    ...(hash && { hashes: [{ alg: 'SHA-256', content: hash }] }),
    properties: [],
  });
  return purl;
}

/** Returns the hashes of go.sum, which are those of the modules' contents, in hexadecimal. */
function goSums() {
  const lines = readFileSync('go.sum', 'utf8').trim().split('\n');
  const entries = lines
    .map((line) => /^(\S+ \S+) h1:(\S+)$/.exec(line))
    .filter((match) => match && !match[1].endsWith('/go.mod'));
  return new Map(entries.map(([, module, sum]) => [module, Buffer.from(sum, 'base64').toString('hex')]));
}

function goVersion() {
  const env = { ...process.env, GOTOOLCHAIN: 'local' };
  return execFileSync('go', ['env', 'GOVERSION'], { env, encoding: 'utf8' }).trim().replace(/^go/, 'v');
}
