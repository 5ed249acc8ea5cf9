import { describe, expect, it } from 'vitest';
import { sharedSurroundings } from './run.ts';

const surroundings = sharedSurroundings();

describe('an invalid command line', () => {
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
    ['two targets', ['3000', '4000'], 'Unexpected argument: 4000', 'tsexpose --help'],
    ['a mistyped flag', ['3000', '--nmae', 'x'], 'Nonexistent flag: --nmae', '--name NAME'],
    ['a flag without its value', ['3000', '--name'], 'Flag --name expects a value', 'tsexpose --help'],
    ['not a number', ['chat', '--history', 'x'], 'Expected an integer for --history, got x.', 'tsexpose chat --help'],
    ['a name with capitals and underscore', ['3000', '--name', 'My_App'], 'dashes, got "My_App".', '--name my-app'],
    ['a name of 64 letters', ['3000', '--name', 'x'.repeat(64)], 'dashes, got one of 64.', `--name ${'x'.repeat(63)}`],
    ['an empty name', ['3000', '--name', ''], 'dashes, got an empty one.', undefined],
    ['a name with a leading dash', ['3000', '--name', '-app'], 'which starts with a dash.', '--name app'],
    ['no command to start', ['--'], 'Missing command after "--".', 'tsexpose -- npm start'],
    ['whois without an address', ['whois'], 'Missing 1 required arg: address', 'tsexpose whois'],
    ['an invalid door', ['sandbox', '--door', 'alice'], 'Expected a door such as alice=myapp:80', '--door alice'],
  ])('is one sentence with exit code 2: %s', async (_, args, sentence, suggestion) => {
    const { code, stdout, stderr } = await surroundings().run(args);
    const [first, second] = stderr.split('\n');
    expect(first).toMatch(/^error: /);
    expect(first).toContain(sentence);
    if (suggestion) expect(second).toContain(`  try: ${suggestion}`);
    expect(code).toBe(2);
    if (!args.includes('--json')) expect(stdout).toBe('');
  });

  it('leaves nothing behind', () => expect(surroundings().leftovers()).toEqual([]));

  it('reports all problems at once', async () => {
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
      message: 'Nonexistent flag: --nmae',
      suggestions: ['--name NAME', 'tsexpose --help'],
    });
  });

  it('rejects a variable that is neither true nor false', async () => {
    const { code, stderr } = await surroundings().run(['3000'], { TSEXPOSE_REQUIRE_IDENTITY: 'on' });
    expect(stderr).toContain('error: Expected true or false in TSEXPOSE_REQUIRE_IDENTITY, got "on".');
    expect(code).toBe(2);
  });

  it.concurrent.each([
    [{ TSEXPOSE_HTTPS: 'foo' }, ['3000'], 'TSEXPOSE_HTTPS must be "auto", "only" or "off", got "foo".', '--https auto'],
    [{ TSEXPOSE_NAME: 'My_App' }, ['3000'], 'TSEXPOSE_NAME: Expected a name', '--name my-app'],
    [{ TSEXPOSE_TIMEOUT: 'soon' }, ['3000'], 'TSEXPOSE_TIMEOUT: Expected a time', '--timeout 30s'],
    [{ TSEXPOSE_PORT: '80:1,x' }, ['3000'], 'TSEXPOSE_PORT: Expected a port map', '--port 80:3000'],
    [{ TSEXPOSE_PORT: '3000' }, [], 'No target: TSEXPOSE_PORT 3000 is a port of the tailnet', 'tsexpose 3000'],
    [{ TSEXPOSE_FUNNEL_AUTH: 'a:b' }, ['3000'], 'TSEXPOSE_FUNNEL_AUTH requires --funnel.', '--funnel --funnel-auth'],
    [
      { TSEXPOSE_HTTPS: 'foo' },
      ['3000', '--https', 'bar'],
      '--https must be "auto", "only" or "off", got "bar".',
      '--https auto',
    ],
    [{ TS_CONTROL_URL: 'x' }, ['3000'], 'TS_CONTROL_URL: Expected the URL of a control server', '--control-url https:'],
  ])('blames the variable that has the value: %j %j', async (env, args, message, suggestion) => {
    const { code, stderr } = await surroundings().run(args, env as NodeJS.ProcessEnv);
    expect(stderr).toContain(`error: ${message}`);
    expect(stderr).toContain(`  try: ${suggestion}`);
    expect(code).toBe(2);
  });

  it.concurrent.each([
    ['exopse 3000', 'Unknown command: exopse', 'tsexpose expose 3000'],
    ['serve 3000', 'Unknown command: serve', 'tsexpose 3000'],
    ['funnel 3000', 'Unknown command: funnel', 'tsexpose 3000 --funnel'],
    ['share localhost:3000 --name x', 'Unknown command: share', 'tsexpose localhost:3000'],
    ['serve', 'Expected a target or a command, got "serve".', 'tsexpose 3000'],
    ['funnel', 'Expected a target or a command, got "funnel".', 'tsexpose 3000 --funnel'],
    ['version', 'Expected a target or a command, got "version".', 'tsexpose --version'],
    ['statsu myapp', 'Unknown command: statsu', 'tsexpose status'],
    ['whosi 100.64.0.7', 'Unknown command: whosi', 'tsexpose whois 100.64.0.7'],
    ['chta join', 'Unknown command: chta', 'tsexpose chat join'],
    ['npm run dev', 'Unknown command: npm', 'tsexpose -- npm run dev'],
    ['--port 3000', 'No target: --port 3000 is a port of the tailnet', 'tsexpose 3000'],
    ['--port 3000 --name x', 'No target: --port 3000 is a port of the tailnet', 'tsexpose 3000'],
    ['3000 --no-https', 'Nonexistent flag: --no-https', '--https off'],
    ['3000 --no-funnel', 'Nonexistent flag: --no-funnel', 'Leave out --funnel.'],
    ['3000 --htps only', 'Nonexistent flag: --htps', '--https auto'],
    ['--versoin', 'Nonexistent flag: --versoin', 'tsexpose --version'],
    ['tcp://localhost:1 --proxy-protocl 2', 'Nonexistent flag: --proxy-protocl', '--proxy-protocol 1'],
  ])('names the culprit and what works: %s', async (line, message, suggestion) => {
    const { code, stderr } = await surroundings().run(line.split(' '));
    expect(stderr.split('\n')[0]).toContain(`error: ${message}`);
    expect(stderr.split('\n')[1]).toBe(`  try: ${suggestion}`);
    expect(code).toBe(2);
  });

  it('rejects an invalid value in the environment like one in a flag', async () => {
    const { code, stderr } = await surroundings().run(['3000'], { TSEXPOSE_NAME: 'My_App' });
    expect(stderr).toContain('got "My_App".');
    expect(code).toBe(2);
  });
});
