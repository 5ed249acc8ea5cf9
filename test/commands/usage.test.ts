import { describe, expect, it } from 'vitest';
import { sharedSurroundings } from './run.ts';

const surroundings = sharedSurroundings();

describe('a command line that makes no sense', () => {
  it.concurrent.each([
    ['no target', [], 'No target: name a port, a URL or a directory to expose.', 'tsexpose 3000'],
    ['port 0', ['0'], 'Expected a port from 1 to 65535, got "0".', 'tsexpose 3000'],
    ['port 65536', ['65536'], 'Expected a port from 1 to 65535, got "65536".', 'tsexpose 3000'],
    ['a word', ['abc'], 'Expected a port, host:port or a URL, got "abc".', 'tsexpose 3000'],
    ['a port with a tail', ['3000abc'], 'Expected a port, host:port or a URL, got "3000abc".', 'tsexpose 3000'],
    ['a mistyped command', ['stauts'], 'Expected a target or a command, got "stauts".', 'tsexpose status'],
    [
      'a command after a flag',
      ['--json', 'status'],
      'The command status must come before its flags.',
      'tsexpose status',
    ],
    ['two targets', ['3000', '4000'], 'Expected nothing more, got 4000.', 'tsexpose --help'],
    ['a mistyped flag', ['3000', '--nmae', 'x'], 'Expected a known flag, got --nmae.', '--name'],
    ['a flag without its value', ['3000', '--name'], 'Expected a value after --name, got none.', 'tsexpose --help'],
    [
      'a number that is none',
      ['chat', '--history', 'x'],
      'Expected an integer for --history, got x.',
      'tsexpose chat --help',
    ],
    ['a name with capitals and underscore', ['3000', '--name', 'My_App'], 'dashes, got "My_App".', '--name my-app'],
    ['a name of 64 letters', ['3000', '--name', 'x'.repeat(64)], 'dashes, got one of 64.', `--name ${'x'.repeat(63)}`],
    ['an empty name', ['3000', '--name', ''], 'dashes, got an empty one.', undefined],
    ['a name with a leading dash', ['3000', '--name', '-app'], 'which starts with a dash.', '--name app'],
    ['no service to start', ['--'], 'Expected a program to start after "--", got none.', 'tsexpose -- npm start'],
    ['whois without an address', ['whois'], 'Expected an address to ask about, got none.', 'tsexpose whois'],
    ['a door that is none', ['sandbox', '--door', 'alice'], 'Expected a door such as alice=myapp:80', '--door alice'],
  ])('gets one clear sentence and exit code 2: %s', async (_, args, sentence, cure) => {
    const { code, stdout, stderr } = await surroundings().run(args);
    const [first, second] = stderr.split('\n');
    expect(first).toMatch(/^error: /);
    expect(first).toContain(sentence);
    if (cure) expect(second).toContain(`  try: ${cure}`);
    expect(code).toBe(2);
    if (!args.includes('--json')) expect(stdout).toBe('');
  });

  it('leaves nothing behind', () => expect(surroundings().leftovers()).toEqual([]));

  it('gets all that is wrong at once', async () => {
    const { code, stderr } = await surroundings().run(['0', '--name', 'My_App', '--timeout', 'soon']);
    expect(stderr.split('\n').slice(0, 3)).toEqual([
      'error: Expected a port from 1 to 65535, got "0".',
      '       Expected a name of 1 to 63 letters, digits and dashes, got "My_App".',
      '       Expected a time such as 30s or 2m, got "soon".',
    ]);
    expect(code).toBe(2);
  });

  it('is an event on standard output with --json', async () => {
    const { stdout } = await surroundings().run(['3000', '--nmae=x', '--json']);
    expect(JSON.parse(stdout)).toEqual({
      event: 'error',
      code: 'ERR_TSEXPOSE_USAGE',
      message: 'Expected a known flag, got --nmae.',
      suggestions: ['--name', 'tsexpose --help'],
    });
  });

  it('takes no word for false that only looks like true', async () => {
    const { code, stderr } = await surroundings().run(['3000'], { TSEXPOSE_REQUIRE_IDENTITY: 'on' });
    expect(stderr).toContain('error: Expected true or false in TSEXPOSE_REQUIRE_IDENTITY, got "on".');
    expect(code).toBe(2);
  });

  it('takes the wrong value from the environment as from a flag', async () => {
    const { code, stderr } = await surroundings().run(['3000'], { TSEXPOSE_NAME: 'My_App' });
    expect(stderr).toContain('got "My_App".');
    expect(code).toBe(2);
  });
});
