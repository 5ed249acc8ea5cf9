// Writes dist/tsexpose.1, the manual page, from oclif.manifest.json and package.json. Called by build.mjs after manifest.mjs.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = dirname(import.meta.dirname);
const read = (file) => JSON.parse(readFileSync(join(root, file), 'utf8'));
const { version, description, homepage } = read('package.json');
const { commands: byId } = read('oclif.manifest.json');
const commands = Object.values(byId);
const { expose } = byId;
const others = commands.filter(({ id }) => id !== 'expose').sort((a, b) => a.id.localeCompare(b.id));

/** docs/cli.md explains them, and a test compares with src/errors.ts. */
const EXIT_CODES = [
  [0, 'Done.'],
  [1, 'Failed.'],
  [2, 'The command line is invalid.'],
  [3, 'The node has to log in or needs approval, and there is no terminal.'],
  [4, 'The name is taken, with --require-name.'],
  [130, 'Interrupted.'],
];

const page = [
  `.TH TSEXPOSE 1 "" "tsexpose ${version}" "User Commands"`,
  '.SH NAME',
  `tsexpose \\- ${text(description.replace(/\.$/, '').replace(/^./, (letter) => letter.toLowerCase()))}`,
  '.SH SYNOPSIS',
  ...[expose, ...others].flatMap((command) => [synopsis(command), '.br']).slice(0, -1),
  '.SH DESCRIPTION',
  text(description),
  'Without a command, tsexpose exposes the target. Most flags have an environment variable; the flag takes precedence.',
  '.SH EXAMPLES',
  ...commands
    .flatMap(({ examples }) => examples)
    .flatMap((example) => entry(`.B ${text(example.command)}`, example.description)),
  ...groups(expose.flags).flatMap(([group, flags]) => [
    `.SH ${text(`${group} options`.toUpperCase())}`,
    ...flags.flatMap(flagEntry),
  ]),
  '.SH COMMANDS',
  ...others.flatMap((command) => [
    `.SS tsexpose ${text(wordsOf(command))}`,
    text(command.summary),
    ...Object.values(command.flags).filter(isOwn).flatMap(flagEntry),
    ...(Object.values(command.flags).every(isOwn)
      ? []
      : ['.PP', 'Also takes options of the default command; see its', '.BR \\-\\-help .']),
  ]),
  '.SH EXIT STATUS',
  ...EXIT_CODES.flatMap(([code, when]) => entry(`.B ${code}`, when)),
  '.SH SEE ALSO',
  text(homepage),
];
writeFileSync(join(root, 'dist/tsexpose.1'), `${page.join('\n')}\n`);

function wordsOf({ id }) {
  return id.replaceAll(':', ' ');
}

function synopsis({ usage }) {
  return `.B tsexpose\n${text(usage)}`;
}

/** Whether a flag differs from that of the default command. */
function isOwn(flag) {
  return expose.flags[flag.name]?.description !== flag.description;
}

function groups(flags) {
  const found = new Map();
  for (const flag of Object.values(flags)) found.set(flag.helpGroup, [...(found.get(flag.helpGroup) ?? []), flag]);
  return [...found];
}

function flagEntry({ name, char, type, helpValue, options, env, description: about }) {
  const value = type === 'option' ? ` \\fI${text(helpValue ?? options?.join('|') ?? 'VALUE')}\\fR` : '';
  const spelled = [...(char ? [`\\-${char}`] : []), `\\-\\-${text(name)}`].map((word) => `\\fB${word}\\fR`).join(', ');
  return entry(`${spelled}${value}`, `${about}${env ? ` ($${env})` : ''}`);
}

function entry(term, about) {
  return ['.TP', term, text(about)];
}

/** Returns a text as troff prints it: no backslash, and no line that starts with a dot or an apostrophe, is a request. */
function text(plain) {
  return plain
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('’', '\\(cq')
    .replaceAll('…', '...')
    .replaceAll('~', '\\(ti')
    .replaceAll('^', '\\(ha')
    .replace(/^[.']/, '\\&$&');
}
