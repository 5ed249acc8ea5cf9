import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type * as Library from '../../src/index.ts';
import { EXAMPLES_PROJECT, writeExamples } from './example-source.ts';

// The built library, as the examples have it.
const { Sandbox, Tailnet } = (await import('tsexpose' as string)) as typeof Library;
const modules = writeExamples();

describe('the examples of the docstrings', () => {
  it('compile', () => {
    const tsc = joinPath(fileURLToPath(import.meta.resolve('typescript/package.json')), '../bin/tsc');
    const { stdout } = spawnSync(process.execPath, [tsc, '--noEmit', '-p', EXAMPLES_PROJECT], { encoding: 'utf8' });
    expect(stdout).toBe('');
    expect(modules.length).toBeGreaterThan(25);
  });
});

describe('the example of', () => {
  let sandbox: Library.Sandbox;
  const state = mkdtempSync(joinPath(tmpdir(), 'tsexpose-examples-'));
  const nodes = nodesOf(Tailnet.prototype);
  const up = (who: string, hostname: string) =>
    Tailnet.up({ hostname, controlUrl: sandbox.controlUrl, authKey: sandbox.authKey(who) });

  beforeAll(async () => {
    sandbox = await Sandbox.start({ suffix: 'tail1234.ts.net' });
    // What the examples leave to the environment.
    Object.assign(process.env, sandbox.env, {
      TS_AUTHKEY: sandbox.authKey('alice'),
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
    });
    keepFixedPortsFree();
    const [notes, db] = await Promise.all([up('bob', 'notes'), up('bob', 'db')]);
    notes.createServer((_, res) => res.end('{}')).listen(80);
    notes.createSecureServer((_, res) => res.end('{}')).listen(443);
    const postgres = await db.listen(5432);
    postgres.on('connection', (socket) => socket.resume());
  });
  // What an example does to the certificate authority is not for the next one.
  afterEach(async () => {
    await sandbox.admin.acme({ running: true, limit: 0, lifetime: 0 });
  });
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.close({ timeout: 0 })));
    await sandbox.close();
    rmSync(state, { recursive: true });
  });

  it.each(modules)('$name runs', async ({ file }) => {
    process.env.XDG_STATE_HOME = mkdtempSync(joinPath(state, 'example-'));
    const tailnet = await up('alice', 'example');
    const { run } = await import(file);
    const identity = await tailnet.whois(tailnet.ips[0]!);
    const running: Promise<void> = run({ tailnet, sandbox, identity });
    // Servers go on, and loops over changes wait for more: what has not failed by now has worked, and may then end with
    // the nodes that are closed under it.
    running.catch(() => {});
    await Promise.race([running, delay(300)]);
  });
});

/** Every node that comes up from now on, those that examples make included. */
function nodesOf(prototype: Library.Tailnet): Library.Tailnet[] {
  const nodes: Library.Tailnet[] = [];
  const { up } = prototype;
  prototype.up = function (this: Library.Tailnet, ...args) {
    nodes.push(this);
    return up.apply(this, args);
  };
  return nodes;
}

/** Examples listen on port 3000 of loopback, as people do. Here each gets a port of its own. */
function keepFixedPortsFree(): void {
  const { listen } = net.Server.prototype;
  net.Server.prototype.listen = function (this: net.Server, ...args: unknown[]) {
    if (args[0] === 3000) args[0] = 0;
    return listen.apply(this, args as Parameters<typeof listen>);
  } as typeof listen;
}
