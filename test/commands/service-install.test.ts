import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { launchdAgent, systemdUnit } from '../../src/cli/service/service-definition.ts';
import { isLeftOut } from '../requirement.ts';
import { freshSurroundings } from './run.ts';

const surroundings = freshSurroundings();
const noSystemd = isLeftOut(
  'systemd-analyze',
  spawnSync('systemd-analyze', ['--version']).status === 0,
  'apt-get install systemd',
);
const options = {
  name: 'myapp',
  words: ['/usr/bin/node', '/opt/ts expose/run.js', 'expose', '3000', '--allow', '50%"\\$HOME'],
  cwd: '/srv/my app',
  path: '/usr/bin:/bin',
  startsApp: false,
};

describe('the unit of a service', () => {
  it('quotes what systemd would expand', () => {
    const unit = systemdUnit(options);
    expect(unit).toContain(
      'ExecStart="/usr/bin/node" "/opt/ts expose/run.js" "expose" "3000" "--allow" "50%%\\"\\\\$$HOME"\n',
    );
    expect(unit).toContain('WorkingDirectory=/srv/my app\n');
  });

  it.skipIf(noSystemd).each([true, false])('is one that systemd accepts: %s', (startsApp) => {
    const path = join(surroundings().root, 'tsexpose-myapp.service');
    const words = [process.execPath, ...options.words.slice(1)];
    writeFileSync(path, systemdUnit({ ...options, words, cwd: '/', startsApp }));
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--user', path], {
      encoding: 'utf8',
      env: { ...process.env, XDG_RUNTIME_DIR: surroundings().root },
    });
    expect(stdout + stderr).not.toMatch(/tsexpose-myapp/);
    expect(status).toBe(0);
  });

  it('has a counterpart for launchd', () => {
    const agent = launchdAgent({ ...options, name: 'myapp', cwd: '/srv/a&b' }, '/tmp/log');
    expect(agent).toContain('<string>50%&quot;\\$HOME</string>');
    expect(agent).toContain('<string>/srv/a&amp;b</string>');
    expect(agent).toContain('<key>Label</key><string>tsexpose.myapp</string>');
  });
});

describe('tsexpose service', () => {
  it('installs and uninstalls a node', async () => {
    const { code, stdout } = await surroundings().run(['service', 'install', '3000', '-n', 'myapp', '--json']);
    expect(code).toBe(0);
    const { file } = JSON.parse(stdout);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toMatch(/"expose" "3000" "-n" "myapp"/);
    const wrong = await surroundings().run(['service', 'uninstall', '../myapp']);
    expect(wrong.stderr).toContain('error: No service is named ../myapp.\n  try: tsexpose service uninstall myapp');
    const gone = await surroundings().run(['service', 'uninstall', 'myapp']);
    expect(gone).toMatchObject({ code: 0, stdout: expect.stringContaining(`Removed ${file}.`) });
    expect(await surroundings().run(['service', 'uninstall', 'myapp'])).toMatchObject({ code: 1 });
  });

  it.each([
    ['--auth-key', 'tskey-auth-secret'],
    ['--auth-key=tskey-auth-secret'],
    ['--funnel', '--funnel-auth', 'a:secret'],
  ])('writes no secret into the file: %s', async (...flags) => {
    const { code, stderr } = await surroundings().run(['service', 'install', '3000', ...flags]);
    expect(stderr).toContain('would put a secret into the file of the service.');
    expect(code).toBe(2);
    expect(surroundings().leftovers()).toEqual([]);
  });

  it('takes a key from a file', async () => {
    writeFileSync(join(surroundings().root, 'work/key.txt'), 'tskey-auth-secret');
    const { code, stdout } = await surroundings().run([
      'service',
      'install',
      '3000',
      '--auth-key',
      'file:key.txt',
      '--json',
    ]);
    expect(code).toBe(0);
    expect(readFileSync(JSON.parse(stdout).file, 'utf8')).not.toContain('tskey');
  });
});
