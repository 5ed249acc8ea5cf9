import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { withDefaultCommand } from '../../src/cli/default-command.ts';
import { program } from '../../src/cli/program.ts';
import { COMMANDS } from '../../src/commands/index.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const page = read('docs/ci.md');
const blocks = (language: string) => [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))];
const examples = blocks('yaml').map(([, text]) => parseYaml(text!));
const action = parseYaml(read('action.yml'));

/** Every text in a value, however deep. */
function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return value && typeof value === 'object' ? Object.values(value).flatMap(texts) : [];
}

/** The words of `tsexpose` in a line of a shell script. */
const lineOf = (text: string) => /\btsexpose((?: +[^#\n]*)?)/.exec(text)?.[1]?.trim();

/** Parses a command line as the program does, up to `--`. */
async function check(line: string): Promise<string> {
  const { parse } = await import('@oclif/core/parser');
  const words = line.split(/ +/);
  const [id = '', ...rest] = withDefaultCommand(words, program().commandIDs);
  const { args, flags } = COMMANDS[id]!;
  await parse(rest.slice(0, rest.includes('--') ? rest.indexOf('--') : undefined), { args, flags, strict: true });
  return id;
}

const workflows = examples.flatMap(texts).flatMap((text) => (/npx tsexpose/.test(text) ? [lineOf(text)!] : []));
const typed = blocks('sh').flatMap(([, text]) => text!.split('\n').flatMap((line) => lineOf(line) ?? []));

describe('docs/ci.md', () => {
  it('has examples', () => {
    expect(examples).toHaveLength(5);
    expect(workflows).toHaveLength(4);
    expect(typed).toHaveLength(2);
  });

  it.each([...workflows, ...typed])('has a command line that parses: tsexpose %s', async (line) => {
    expect(await check(line)).toBe('ci');
  });

  it('has access rules that are JSON', () => {
    for (const [, text] of blocks('json')) JSON.parse(text!);
  });

  it('gives the action inputs that it has', () => {
    const steps = examples.flatMap((example) => example.steps ?? []).filter(({ uses }) => uses?.includes('tsexpose'));
    expect(steps).toHaveLength(1);
    expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(steps[0].with)));
  });

  it('refuses forks in each example with a login', () => {
    const [github, , gitlab, buildkite] = examples;
    expect(github.jobs.preview.if).toContain('head.repo.full_name == github.repository');
    expect(gitlab.preview.rules[0].if).toContain('SOURCE_PROJECT_ID == $CI_PROJECT_ID');
    expect(buildkite.steps[0].if).toContain('fork == false');
  });
});

describe('action.yml', () => {
  const [step] = action.runs.steps;
  const directory = mkdtempSync(join(tmpdir(), 'tsx-action-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  /** Runs the step as a runner does, with an npx that prints its words. */
  function words(inputs: Record<string, string>): string[] {
    const npx = join(directory, 'npx');
    writeFileSync(npx, '#!/bin/sh\nfor word in "$@"; do printf "%s\\0" "$word"; done\n');
    chmodSync(npx, 0o755);
    const script = join(directory, 'step.sh');
    writeFileSync(script, step.run);
    const filledIn = (text: string) =>
      text.replace(/\$\{\{ inputs\.([\w-]+) \}\}/g, (_, name) => inputs[name] ?? action.inputs[name].default ?? '');
    const given = Object.entries<string>(step.env).map(([name, text]) => [name, filledIn(text)]);
    const env = { PATH: `${directory}:${process.env.PATH}`, ...Object.fromEntries(given) };
    const shell = ['--noprofile', '--norc', '-eo', 'pipefail', script];
    return execFileSync('bash', shell, { env, encoding: 'utf8' }).split('\0').slice(0, -1);
  }

  it('runs this version', () => {
    expect(action.inputs.version.default).toBe(JSON.parse(read('package.json')).version);
  });

  it.each([
    [{ target: '3000' }, ['ci', '3000']],
    [{ command: 'npm run "my app"; x' }, ['ci', '--', 'sh', '-c', 'npm run "my app"; x']],
    [{ target: '3000', flags: '--no-check --https off' }, ['ci', '3000', '--no-check', '--https', 'off']],
    [{ target: '3000; $(id)' }, ['ci', '3000; $(id)']],
  ])('starts tsexpose: %j', async (inputs, expected) => {
    const [yes, name, ...own] = words(inputs);
    expect([yes, name]).toEqual(['--yes', `tsexpose@${action.inputs.version.default}`]);
    expect(own).toEqual(expected);
    await check(own.filter((word) => !word.includes(' ')).join(' '));
  });

  it('has no input in its script', () => {
    expect(step.run).not.toContain('${{');
  });

  it('sets variables that the command reads', () => {
    const read = Object.values(COMMANDS.ci!.flags!).flatMap(({ env }) => env ?? []);
    const own = Object.keys(step.env).filter((name) => !name.startsWith('PREVIEW_') && name !== 'GITHUB_TOKEN');
    expect(read).toEqual(expect.arrayContaining(own));
  });
});
