// Prints the release notes of a version, cut from CHANGELOG.md, and refuses if that version is not ready to be released.
//
//   node scripts/release-notes.mjs 1.2.3
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Stands in package.json where the owner of the repository goes; docs/releasing.md says how to fill it in. */
const PLACEHOLDER = 'OWNER';
const HEADING = /^## \[([^\]]+)\](?: - (\d{4}-\d{2}-\d{2}))?[ \t]*$/;
const LINK = /^\[([^\]]+)\]: /;

/**
 * Cuts the section of a version out of a changelog.
 *
 * @param {string} changelog
 * @param {string} version
 * @returns {string} The section without its heading, and the definitions of the links in it.
 * @throws {Error} With one problem a line, if the section is missing, empty, undated or not the newest one.
 */
export function cutNotes(changelog, version) {
  const lines = changelog.split(/\r?\n/);
  const definitions = lines.filter((line) => LINK.test(line));
  const sections = [];
  for (const line of lines.filter((text) => !LINK.test(text))) {
    if (line.startsWith('## ')) sections.push({ heading: line, lines: [] });
    else sections.at(-1)?.lines.push(line);
  }
  const named = sections.map(({ heading, lines: own }) => {
    const [, name, date] = HEADING.exec(heading) ?? [];
    return { heading, name, date, text: own.join('\n').trim() };
  });
  const problems = named
    .filter(({ name }) => name === undefined)
    .map(({ heading }) => `CHANGELOG.md: "${heading}" is not a heading such as "## [${version}] - 2026-01-31".`);

  const unreleased = named.find(({ name }) => name === 'Unreleased');
  if (unreleased?.text) {
    problems.push('CHANGELOG.md: [Unreleased] has entries. Move them under the version, and leave it empty.');
  }
  const same = named.filter(({ name }) => name === version);
  const [found] = same;
  if (!found) problems.push(`CHANGELOG.md has no section "## [${version}] - DATE".`);
  else {
    const newest = named.find(({ name }) => name !== 'Unreleased');
    if (newest !== found) problems.push(`CHANGELOG.md: [${newest.name}] is above [${version}].`);
    if (same.length > 1) problems.push(`CHANGELOG.md has ${same.length} sections for ${version}.`);
    if (!found.date || Number.isNaN(Date.parse(found.date))) {
      problems.push(`CHANGELOG.md: [${version}] has no date. Write "## [${version}] - ${today()}".`);
    }
    if (!/^- \S/m.test(found.text)) problems.push(`CHANGELOG.md: [${version}] has no entries.`);
    for (const heading of emptyHeadings(found.text)) {
      problems.push(`CHANGELOG.md: "${heading}" of [${version}] has no entries.`);
    }
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const used = definitions.filter((line) => found.text.includes(`[${LINK.exec(line)[1]}]`));
  return [found.text, ...(used.length > 0 ? [used.join('\n')] : [])].join('\n\n');
}

/**
 * Returns what else keeps a checkout from being released, one sentence each.
 *
 * @param {string} root
 * @param {string} version
 */
export function releaseProblems(root, version) {
  const problems = [];
  const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  if (own.version !== version) problems.push(`package.json has version ${own.version}, not ${version}.`);
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  if (lock.version !== own.version) problems.push(`package-lock.json has version ${lock.version}. Run: npm install`);
  for (const field of ['repository', 'homepage', 'bugs', 'funding']) {
    const value = JSON.stringify(own[field] ?? PLACEHOLDER);
    if (value.includes(PLACEHOLDER)) problems.push(`package.json: fill in "${field}"; see docs/releasing.md.`);
  }
  const { stdout, status } = spawnSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' });
  if (status !== 0) problems.push('git status failed.');
  else if (stdout) problems.push(`The working tree has changes:\n${stdout.trimEnd()}`);
  return problems;
}

function emptyHeadings(text) {
  const parts = text.split(/^(?=### )/m).filter((part) => part.startsWith('### '));
  return parts.filter((part) => !/^- \S/m.test(part)).map((part) => part.split('\n', 1)[0]);
}

function today() {
  return new Date().toISOString().slice(0, 10);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = dirname(import.meta.dirname);
  const version = process.argv[2]?.replace(/^v/, '');
  if (!version) {
    console.error('Name the version: node scripts/release-notes.mjs 1.2.3');
    process.exit(2);
  }
  const problems = releaseProblems(root, version);
  try {
    const notes = cutNotes(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'), version);
    if (problems.length === 0) console.log(notes);
  } catch (error) {
    problems.unshift(error.message);
  }
  if (problems.length > 0) {
    console.error(`${version} cannot be released:\n${problems.join('\n')}`);
    process.exitCode = 1;
  }
}
