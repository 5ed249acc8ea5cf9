import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cutNotes, releaseProblems } from '../../scripts/release-notes.mjs';

const CHANGELOG = `# Changelog

All notable changes.

## [Unreleased]

## [1.2.0] - 2026-11-28

This is a security release.

### Fixed

- A thing that [broke][1].
- Another one.

## [1.1.0] - 2026-10-01

- The first one, see [that][2].

[1]: https://example.com/1
[2]: https://example.com/2
`;

describe('the notes of a release', () => {
  it('are the section of its version, without the heading', () => {
    expect(cutNotes(CHANGELOG, '1.2.0')).toBe(
      [
        'This is a security release.',
        '### Fixed',
        '- A thing that [broke][1].\n- Another one.',
        '[1]: https://example.com/1',
      ].join('\n\n'),
    );
  });

  it('may come from a changelog without [Unreleased], with the line ends of Windows', () => {
    const changelog = '# Changelog\r\n\r\n## [1.0.0-rc.1] - 2026-11-28\r\n\r\n- New.\r\n';
    expect(cutNotes(changelog, '1.0.0-rc.1')).toBe('- New.');
  });

  it.each<[string, string, RegExp]>([
    ['has no section', CHANGELOG.replaceAll('1.2.0', '1.3.0'), /no section "## \[1\.2\.0\]/],
    [
      'still has entries under [Unreleased]',
      CHANGELOG.replace('ed]\n', 'ed]\n\n- Late.\n'),
      /\[Unreleased\] has entries/,
    ],
    ['has no entries', CHANGELOG.replace(/### Fixed[\s\S]*?(?=## )/, ''), /\[1\.2\.0\] has no entries/],
    [
      'has a heading without entries',
      CHANGELOG.replace('### F', '### Added\n\n### F'),
      /"### Added" .* has no entries/,
    ],
    ['has no date', CHANGELOG.replace(' - 2026-11-28', ''), /\[1\.2\.0\] has no date/],
    ['has an impossible date', CHANGELOG.replace('2026-11-28', '2026-13-28'), /\[1\.2\.0\] has no date/],
    ['is not the newest one', CHANGELOG.replace('1.1.0', '1.2.0').replace('1.2.0', '1.3.0'), /\[1\.3\.0\] is above/],
    ['is there twice', CHANGELOG.replace('1.1.0', '1.2.0'), /2 sections for 1\.2\.0/],
    ['is near a malformed heading', CHANGELOG.replace('## [1.1.0]', '## 1.1.0'), /"## 1\.1\.0 - .* is not a heading/],
  ])('are refused if the version %s', (_, changelog, message) => {
    expect(() => cutNotes(changelog, '1.2.0')).toThrow(message);
  });

  it('are not those of a version whose name only begins the same', () => {
    expect(() => cutNotes(CHANGELOG, '1.2')).toThrow(/no section/);
  });
});

describe('a checkout', () => {
  const root = mkdtempSync(join(tmpdir(), 'tsexpose-release-'));
  afterAll(() => rmSync(root, { recursive: true }));
  const write = (name: string, value: object) => writeFileSync(join(root, name), JSON.stringify(value));
  const FILLED = { repository: 'me/x', homepage: 'https://example.com', bugs: 'me/x', funding: 'https://example.com' };
  const commit = () => {
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], { cwd: root });
    git('init', '-q');
    git('add', '.');
    git('commit', '-q', '-m', 'release', '--allow-empty');
  };

  it('can be released if it is clean and has that version', () => {
    write('package.json', { version: '1.2.0', ...FILLED });
    write('package-lock.json', { version: '1.2.0' });
    commit();
    expect(releaseProblems(root, '1.2.0')).toEqual([]);
  });

  it('cannot be released if it has changes, or files that git does not know', () => {
    writeFileSync(join(root, 'notes.md'), 'x');
    expect(releaseProblems(root, '1.2.0')).toEqual(['The working tree has changes:\n?? notes.md']);
  });

  it('cannot be released under another version, or with placeholders', () => {
    write('package.json', { version: '1.2.1', ...FILLED, homepage: 'https://github.com/OWNER/x', bugs: undefined });
    commit();
    expect(releaseProblems(root, '1.2.0')).toEqual([
      'package.json has version 1.2.1, not 1.2.0.',
      'package-lock.json has version 1.2.0. Run: npm install',
      'package.json: fill in "homepage"; see docs/releasing.md.',
      'package.json: fill in "bugs"; see docs/releasing.md.',
    ]);
  });
});
