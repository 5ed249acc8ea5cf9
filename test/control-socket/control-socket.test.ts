import { spawnSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findNode, findNodes } from '../../src/control-socket/client.ts';
import { type ControlSocket, type NodeStatusSource, openControlSocket } from '../../src/control-socket/server.ts';
import { TsexposeError } from '../../src/errors.ts';
import { unknownIdentity } from '../../src/identity/identity.ts';

let directory: string;
let published: ControlSocket[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tsexpose-in-'));
  published = [];
});
afterEach(async () => {
  await Promise.all(published.map((socket) => socket.close()));
  rmSync(directory, { recursive: true });
});

function source(name: string, parts: Partial<NodeStatusSource> = {}): NodeStatusSource {
  return {
    status: async () => ({
      name,
      fqdn: `${name}.tail1.ts.net`,
      urls: [`http://${name}`],
      ips: ['100.64.0.1'],
      target: 'http://localhost:3000',
      state: 'running',
      tailnet: 'tail1.ts.net',
      user: 'alice@example.com',
      tags: [],
      health: [],
      peers: 2,
    }),
    whois: async (address) => ({ ...unknownIdentity(address, 0), kind: 'user', login: 'alice@example.com' }),
    close: () => undefined,
    ...parts,
  };
}
async function publish(name: string, parts?: Partial<NodeStatusSource>): Promise<ControlSocket> {
  const socket = await openControlSocket(source(name, parts), directory);
  published.push(socket);
  return socket;
}

describe('a control socket', () => {
  it('is found with its status', async () => {
    await publish('web');
    const [found] = await findNodes(directory);
    expect(found!.found).toMatchObject({ name: 'web', pid: process.pid, state: 'running', peers: 2 });
    expect(Date.parse(found!.found.startedAt)).toBeLessThan(Date.now());
    expect(await found!.status()).toEqual(found!.found);
  });

  it('reports a path that is too long for a socket', async () => {
    const long = join(directory, 'x'.repeat(100));
    await expect(openControlSocket(source('web'), long)).rejects.toMatchObject({
      code: 'ERR_TSEXPOSE_STATE_DIR',
      message: expect.stringContaining(long),
    });
  });

  it('answers whois', async () => {
    await publish('web');
    const node = await findNode('web', directory);
    expect(await node.whois('[fd7a::1]:80')).toMatchObject({ login: 'alice@example.com', ip: '[fd7a::1]:80' });
  });

  it('passes on the code, message and suggestions of an error', async () => {
    const suggestions = ['tsexpose status'];
    const whois = async () => {
      throw new TsexposeError('ERR_TSEXPOSE_NOT_FOUND', 'No device has 100.64.0.9.', { suggestions });
    };
    await publish('web', { whois });
    const node = await findNode(undefined, directory);
    const error = await node.whois('100.64.0.9').catch((error) => error);
    expect(error).toBeInstanceOf(TsexposeError);
    expect(error).toMatchObject({ code: 'ERR_TSEXPOSE_NOT_FOUND', message: 'No device has 100.64.0.9.', suggestions });
  });

  it('passes on the code of a Node.js error', async () => {
    const whois = async () => {
      throw Object.assign(new Error('no such host'), { code: 'ENOTFOUND' });
    };
    await publish('web', { whois });
    const node = await findNode('web', directory);
    await expect(node.whois('x')).rejects.toMatchObject({ code: 'ENOTFOUND', message: 'no such host' });
  });

  it('closes the exposure on request', async () => {
    let closing = 0;
    await publish('web', { close: () => void closing++ });
    await (await findNode('web', directory)).close();
    expect(closing).toBe(1);
  });

  it('leaves nothing behind', async () => {
    const socket = await publish('web');
    await socket.close();
    await socket.close();
    expect(readdirSync(directory)).toEqual([]);
    expect(await findNodes(directory)).toEqual([]);
  });

  it('can only be opened by its user', async () => {
    const { path } = await publish('web');
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
  });
});

describe('findNodes', () => {
  it('sorts by name', async () => {
    await publish('web');
    await publish('api');
    expect((await findNodes(directory)).map(({ found }) => found.name)).toEqual(['api', 'web']);
  });

  it('removes the socket of a process that was killed', async () => {
    const path = join(directory, '1-abc.sock');
    const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', script]);
    expect(readdirSync(directory)).toEqual(['1-abc.sock']);
    expect(await findNodes(directory)).toEqual([]);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('skips a socket that speaks another protocol, and leaves it', async () => {
    const server = createServer((socket) => socket.resume().end('hello\r\n')).listen(join(directory, 'other.sock'));
    await publish('web');
    expect((await findNodes(directory)).map(({ found }) => found.name)).toEqual(['web']);
    expect(readdirSync(directory)).toContain('other.sock');
    await new Promise((resolve) => server.close(resolve));
  });

  it('skips a node that fails to report its status', async () => {
    await publish('web', { status: async () => Promise.reject(new Error('closing')) });
    expect(await findNodes(directory)).toEqual([]);
  });
});

describe('findNode', () => {
  it('finds the only one if no name is given', async () => {
    await publish('web');
    expect((await findNode(undefined, directory)).found.name).toBe('web');
  });

  it('requires a name if several are running', async () => {
    await publish('web');
    await publish('api');
    await expect(findNode(undefined, directory)).rejects.toMatchObject({
      code: 'ERR_TSEXPOSE_USAGE',
      message: '2 nodes are running; choose one with --name.',
      suggestions: ['--name api', '--name web'],
    });
    expect((await findNode('web', directory)).found.name).toBe('web');
  });

  it('lists the running nodes if none has the name', async () => {
    await publish('web');
    await expect(findNode('api', directory)).rejects.toMatchObject({
      code: 'ERR_TSEXPOSE_NOT_RUNNING',
      message: 'No running node is named api. Running: web.',
      suggestions: ['--name web'],
    });
  });

  it('says how to start a node if none is running', async () => {
    await expect(findNode(undefined, directory)).rejects.toMatchObject({
      code: 'ERR_TSEXPOSE_NOT_RUNNING',
      message: 'No tsexpose node is running on this machine.',
    });
  });
});

describe('nodes of one name', () => {
  it('are told apart by their process IDs', async () => {
    await publish('web');
    await publish('web');
    await publish('api');
    const pid = String(process.pid);
    await expect(findNode('web', directory)).rejects.toMatchObject({
      code: 'ERR_TSEXPOSE_USAGE',
      message: '2 nodes are named web; choose one by its process ID.',
      suggestions: [`--name ${pid}`, `--name ${pid}`],
    });
    await expect(findNode(undefined, directory)).rejects.toMatchObject({
      message: '3 nodes are running; choose one with --name.',
      suggestions: ['--name api', `--name ${pid}`, `--name ${pid}`],
    });
  });

  it('are found by their process ID', async () => {
    await publish('web');
    expect((await findNode(String(process.pid), directory)).found.name).toBe('web');
  });
});
