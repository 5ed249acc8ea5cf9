import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { lintTool } from '../../scripts/lint-tools.mjs';
import { PLATFORMS } from '../../src/platforms.ts';
import { isLeftOut } from '../requirement.ts';

interface Job {
  needs?: string | string[];
  permissions?: Record<string, string>;
  steps: { run?: string; uses?: string }[];
  strategy?: { matrix: { platform?: string[]; node?: number[]; include?: { platform: string }[] } };
}
interface Workflow {
  permissions: object;
  jobs: Record<string, Job>;
}

const FOLDER = '.github/workflows';
const sources = readdirSync(FOLDER).map((name) => [name, readFileSync(join(FOLDER, name), 'utf8')] as const);
const workflow = (name: string) => parse(readFileSync(join(FOLDER, name), 'utf8')) as Workflow;
const runs = (job: Job) => job.steps.map(({ run }) => run ?? '').join('\n');

describe.each(sources)('%s', (_, source) => {
  it('pins every action by its full commit, and names the version beside it', () => {
    const uses = source.match(/^.*\buses:.*$/gm) ?? [];
    expect(uses.filter((line) => !/uses: [\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
  });

  it('has no permission that a job does not ask for', () => {
    const { permissions, jobs } = parse(source) as Workflow;
    expect(permissions).toEqual({});
    expect(Object.keys(jobs).filter((name) => jobs[name]!.permissions === undefined)).toEqual([]);
  });
});

it('every workflow pins the same commit of an action', () => {
  const pins = sources.flatMap(([, source]) => [...source.matchAll(/uses: ([^@\s]+)@(\S+ # \S+)/g)]);
  const commits = new Map<string, string[]>();
  for (const [, action, commit] of pins) commits.set(action!, [...(commits.get(action!) ?? []), commit!]);
  const differing = [...commits].filter(([, found]) => new Set(found).size > 1);
  expect(differing.map(([action]) => action)).toEqual([]);
});

describe('docs/releasing.md', () => {
  it('lists the pinned actions', () => {
    const runbook = readFileSync('docs/releasing.md', 'utf8');
    const rows = [...runbook.matchAll(/^\| `([\w/-]+)` \| (v\S+) \| `([0-9a-f]{40})` \|$/gm)];
    const listed = rows.map(([, action, version, commit]) => `${action}@${commit} # ${version}`);
    const used = sources.flatMap(([, source]) => source.match(/(?<=uses: ).*$/gm) ?? []);
    expect(listed.sort()).toEqual([...new Set(used)].sort());
  });
});

describe('ci.yml', () => {
  const { jobs } = workflow('ci.yml');

  it('tests every supported version of Node.js on every platform', () => {
    const matrix = jobs.test!.strategy!.matrix;
    expect(matrix.node).toEqual([20, 22, 24, 26]);
    expect(matrix.platform).toEqual(['linux-x64', 'linux-arm64', 'darwin-arm64']);
    expect(matrix.include!.map(({ platform }) => platform)).toEqual(matrix.platform);
  });

  it('builds, lints, checks types, and runs the tests', () => {
    for (const command of ['npm ci', 'npm run lint', 'npm run typecheck']) expect(runs(jobs.lint!)).toContain(command);
    for (const command of ['npm ci', 'npm test']) expect(runs(jobs.test!)).toContain(command);
  });

  it('runs scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
    const named = sources.flatMap(([, source]) => [...source.matchAll(/\bnpm run ([\w:]+)/g)].map(([, name]) => name!));
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

describe('release.yml', () => {
  const { jobs } = workflow('release.yml');

  it('checks first, builds the packages, publishes them, and writes the release', () => {
    expect(jobs.platform!.needs).toBe('check');
    expect(jobs.main!.needs).toBe('platform');
    expect(jobs.publish!.needs).toBe('main');
    expect(jobs.github!.needs).toBe('publish');
    expect(runs(jobs.check!)).toContain('node scripts/release-notes.mjs "$GITHUB_REF_NAME"');
    expect(runs(jobs.publish!)).toContain('node scripts/publish.mjs packages');
  });

  it('builds for every platform', () => {
    const platforms = jobs.platform!.strategy!.matrix.include!.map(({ platform }) => platform);
    expect(platforms).toEqual(PLATFORMS);
  });

  it('gives the identity that publishes to one job, which runs no code of a dependency', () => {
    const able = Object.keys(jobs).filter((name) => 'id-token' in jobs[name]!.permissions!);
    expect(able).toEqual(['publish']);
    expect(runs(jobs.publish!)).not.toMatch(/npm (ci|install|exec)|npx/);
  });
});

describe('the linters of workflows', () => {
  const { path: zizmor } = lintTool('zizmor');
  const { path: actionlint } = lintTool('actionlint');
  const missing = isLeftOut('zizmor or actionlint', !!zizmor && !!actionlint, 'node scripts/lint-workflows.mjs');
  const folder = mkdtempSync(join(tmpdir(), 'tsexpose-workflows-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.skipIf(missing)(
    'find nothing',
    () => {
      const { status, stderr } = spawnSync(process.execPath, ['scripts/lint-workflows.mjs'], { encoding: 'utf8' });
      expect(stderr).toBe('');
      expect(status).toBe(0);
    },
    120_000,
  );

  it.skipIf(missing)('find an action that is not pinned, and an expression that does not exist', () => {
    const source = readFileSync(join(FOLDER, 'ci.yml'), 'utf8');
    mkdirSync(join(folder, FOLDER), { recursive: true });
    const file = join(folder, FOLDER, 'ci.yml');
    const lint = (program: string, args: string[]) => spawnSync(program, [...args, file], { encoding: 'utf8' });

    writeFileSync(file, source.replace(/(uses: actions\/checkout@)\S+/, '$1v7'));
    expect(lint(zizmor!, ['--offline', '--no-progress']).stdout).toContain('unpinned-uses');
    writeFileSync(file, source.replace('matrix.node', 'matrix.nodes'));
    expect(lint(actionlint!, ['-no-color']).stdout).toContain('property "nodes" is not defined');
  });
});
