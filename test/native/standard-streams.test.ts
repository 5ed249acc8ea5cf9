import { execFile } from 'node:child_process';
import {
  closeSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { occupyStandardStreams } from '../../src/native/standard-streams.ts';
import { useSandbox } from '../tailnet/pair.ts';

function isOpen(fd: number): boolean {
  try {
    return fstatSync(fd) !== undefined;
  } catch {
    return false;
  }
}

describe('a process without standard streams', () => {
  it('gets /dev/null in their place', () => {
    closeSync(0);
    const occupied = () => {
      occupyStandardStreams();
      return fstatSync(0).rdev;
    };
    try {
      expect(occupied()).toBe(statSync('/dev/null').rdev);
    } finally {
      // The process that runs the tests needs one.
      if (!isOpen(0)) openSync('/dev/null', 'r');
    }
  });

  const sandbox = useSandbox();
  const scratch = mkdtempSync(join(tmpdir(), 'tsexpose-streams-'));
  afterAll(() => rmSync(scratch, { recursive: true }));

  it.each([[[0]], [[1]], [[2]], [[0, 1, 2]]])('has nodes when descriptors %j are closed', async (closed) => {
    const file = join(scratch, closed.join('-'));
    const source = `
      import fs from 'node:fs';
      import { Tailnet } from 'tsexpose';
      for (const fd of ${JSON.stringify(closed)}) fs.closeSync(fd);
      const node = await Tailnet.up({ hostname: 'streams', ephemeral: true });
      const server = await node.listen(7);
      server.on('connection', (socket) => socket.pipe(socket));
      const socket = await node.dial({ host: node.ips[0], port: 7 });
      console.log('printed');
      console.error('printed');
      socket.end('hello');
      const echoed = (await socket.toArray()).join('');
      await node.close();
      fs.writeFileSync(${JSON.stringify(file)}, echoed);
      process.exit(3);`;
    const env = { ...process.env, ...sandbox().env, TS_AUTHKEY: sandbox().authKey('alice') };
    const args = ['--input-type=module', '--eval', source];
    await expect(promisify(execFile)(process.execPath, args, { env, timeout: 20_000 })).rejects.toMatchObject({
      code: 3,
    });
    // What the process prints is not sent to a peer.
    expect(readFileSync(file, 'utf8')).toBe('hello');
  });
});

describe('a process whose standard streams are pipes', () => {
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'tsexpose-streams-')));
  afterAll(() => rmSync(scratch, { recursive: true }));

  it('finds linked packages, as pnpm installs them, after the addon is loaded', async () => {
    for (const name of ['before', 'after']) {
      mkdirSync(join(scratch, 'store', name), { recursive: true });
      mkdirSync(join(scratch, 'node_modules'), { recursive: true });
      writeFileSync(join(scratch, 'store', name, 'index.js'), '');
      symlinkSync(join(scratch, 'store', name), join(scratch, 'node_modules', name));
    }
    const source = `
      import { createRequire } from 'node:module';
      import { Tailnet } from 'tsexpose';
      const require = createRequire(${JSON.stringify(join(scratch, 'app.js'))});
      require.resolve('before'); // Node.js remembers the folders above
      new Tailnet({ hostname: 'streams' });
      console.log(require.resolve('after'));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', source]);
    expect(stdout).toBe(`${join(scratch, 'store/after/index.js')}\n`);
  });
});
