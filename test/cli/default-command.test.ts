import { describe, expect, it } from 'vitest';
import { checkTopic, withDefaultCommand } from '../../src/cli/default-command.ts';

const COMMANDS = ['chat', 'chat:join', 'demo', 'expose', 'service:install', 'status'];
const words = (line: string) => line.split(' ').filter(Boolean);

describe('withDefaultCommand', () => {
  it.each([
    ['3000', 'expose 3000'],
    ['3000 --name x', 'expose 3000 --name x'],
    ['--name x 3000', 'expose --name x 3000'],
    ['--json', 'expose --json'],
    ['-- npm run dev', 'expose -- npm run dev'],
    ['3000 --help', 'expose 3000 --help'],
    ['--name x --help', 'expose --name x --help'],
    ['http://localhost:3000', 'expose http://localhost:3000'],
    ['stauts', 'expose stauts'],
    ['chat join --json', 'chat:join --json'],
    ['join chat', 'expose join chat'],
    ['', 'expose'],
  ])('reads "tsexpose %s" as "tsexpose %s"', (line, meant) => {
    expect(withDefaultCommand(words(line), COMMANDS)).toEqual(words(meant));
  });

  it.each(['expose 3000', 'demo', 'status --json', '--help', '-h', '--version', '-v'])(
    'leaves "tsexpose %s" unchanged',
    (line) => expect(withDefaultCommand(words(line), COMMANDS)).toEqual(words(line)),
  );

  it.each([
    ['help', '--help'],
    ['help status', 'status --help'],
    ['help chat join', 'chat:join --help'],
    ['help nonsense', '--help'],
    ['service --help', '--help'],
  ])('reads "tsexpose %s" as "tsexpose %s"', (line, meant) => {
    expect(withDefaultCommand(words(line), COMMANDS)).toEqual(words(meant));
  });

  it('does not read the value of a flag as a command', () => {
    expect(withDefaultCommand(['--name', 'demo', '3000'], COMMANDS)).toEqual(['expose', '--name', 'demo', '3000']);
  });

  it('does not change its argument', () => {
    const argv = ['3000'];
    withDefaultCommand(argv, COMMANDS);
    expect(argv).toEqual(['3000']);
  });
});

describe('checkTopic', () => {
  const commands = ['chat', 'chat:join', 'expose', 'service:install', 'service:uninstall'];
  const all = ['tsexpose service install --help', 'tsexpose service uninstall --help'];

  it.each([
    ['service', 'Expected a command after service.', all],
    ['service --name x', 'Expected a command after service.', all],
    ['service instal 3000', 'Unknown command: service instal', ['tsexpose service install 3000']],
    ['service status', 'Unknown command: service status', all],
  ])('refuses "tsexpose %s"', (line, message, suggestions) => {
    expect(() => checkTopic(words(line), commands)).toThrow(expect.objectContaining({ message, suggestions }));
  });

  it.each(['', '3000', 'chat', 'chat join', 'chat nonsense', 'service install 3000', 'expose service'])(
    'accepts "tsexpose %s"',
    (line) => expect(checkTopic(words(line), commands)).toBeUndefined(),
  );
});
