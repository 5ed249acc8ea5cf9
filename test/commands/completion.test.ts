/** Runs the completions in the shells that they are for. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isLeftOut } from '../requirement.ts';
import { sharedSurroundings } from './run.ts';

const surroundings = sharedSurroundings();
const has = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0;
let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tsexpose-completion-'));
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { stdout } = await surroundings().run(['completion', shell]);
    writeFileSync(join(directory, shell), stdout);
  }
  // The names of the running nodes come from the program itself.
  const program = join(directory, 'tsexpose');
  writeFileSync(program, '#!/bin/sh\nprintf "NAME STATE\\nmyapp running\\nmydb running\\n"\n');
  chmodSync(program, 0o755);
  writeFileSync(join(directory, 'a file.txt'), '');
});
afterAll(() => rmSync(directory, { recursive: true }));

function run(shell: string, args: string[]): string[] {
  const env = { PATH: `${directory}:${process.env.PATH}`, HOME: directory, TERM: 'xterm' };
  const { stdout, stderr } = spawnSync(shell, args, { cwd: directory, env, encoding: 'utf8', timeout: 10_000 });
  expect(stderr).toBe('');
  return stdout.split(/\r?\n/).filter((line) => line !== '');
}

const SHELLS: Record<string, (line: string) => string[]> = {
  bash: (line) =>
    // bash takes --flag=value for three words.
    run('bash', [
      '-c',
      `source ./bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tsexpose; printf '%s\\n' "\${COMPREPLY[@]}"`,
      'bash',
      ...line.replaceAll('=', ' = ').split(' '),
    ]),
  fish: (line) => run('fish', ['-c', 'source ./fish; complete -C $argv[1]', line]).map((row) => row.split('\t')[0]!),
  zsh: (line) => [...new Set(run('zsh', ['-f', join(directory, 'ask.zsh'), line]))],
};

/** Presses Tab in an interactive zsh, and prints what it would insert. */
const ASK = `
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PROMPT=; unsetopt zle; autoload -Uz compinit; compinit -u -D; source ./zsh; setopt zle; PROMPT=; print "<re""ady>"'
local text= all=
until [[ $all == *"<ready>"* ]]; do zpty -r shell text || exit; all+=$text; done
zpty -w shell 'compadd() { local -a found; builtin compadd -O found "$@"; for one in $found; do [[ -n $one ]] && print -r -- "<$one>"; done; builtin compadd "$@" }; finish() { print "<e""nd>"; BUFFER= }; zle -N finish; bindkey "^X" finish; bindkey "^I" complete-word; print "<re""ady2>"'
until [[ $all == *"<ready2>"* ]]; do zpty -r shell text || exit; all+=$text; done
zpty -w -n shell "$1"$'\\t\\x18'
all=; until [[ $all == *"<end>"* ]]; do zpty -r shell text || break; all+=$text; done
print -r -- $all | tr -d '\\r' | grep -o '<[^>]*>' | grep -v '<end>' | tr -d '<>'
zpty -d shell
`;
beforeAll(() => writeFileSync(join(directory, 'ask.zsh'), ASK));

describe.each(Object.entries(SHELLS))('%s', (shell, complete) => {
  const left = isLeftOut(shell, has(shell), `apt-get install ${shell}`);

  it.skipIf(left).each([
    ['tsexpose lo', ['logout', 'logs']],
    ['tsexpose chat j', ['join']],
    ['tsexpose stop my', ['myapp', 'mydb']],
    ['tsexpose whois --name my', ['myapp', 'mydb']],
    ['tsexpose 3000 --https o', ['off', 'only']],
    ['tsexpose completion f', ['fish']],
    ['tsexpose logs --f', ['--follow']],
    ['tsexpose 3000 --requi', ['--require-identity', '--require-name']],
  ])('completes %s', (line, expected) => {
    expect(
      complete(line)
        .map((word) => word.trim())
        .sort(),
    ).toEqual(expected);
  });

  it.skipIf(left)('completes a target with files', () => {
    expect(complete('tsexpose a').join()).toMatch(/a(\\)? file\.txt/);
  });
});

describe('tsexpose completion', () => {
  it('takes the shell from $SHELL', async () => {
    const { stdout } = await surroundings().run(['completion'], { SHELL: '/usr/bin/fish' });
    expect(stdout).toMatch(/^# fish completion/);
  });

  it('knows three shells', async () => {
    const { code, stderr } = await surroundings().run(['completion', 'tcsh']);
    expect(stderr).toContain('error: Expected bash, fish or zsh, got "tcsh".\n  try: tsexpose completion bash');
    expect(code).toBe(2);
  });
});
