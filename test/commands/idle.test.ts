import { readdirSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { expect, it } from 'vitest';
import { envOf, sharedSandbox } from '../sandbox/sandbox.ts';
import { freshSurroundings, localApp } from './run.ts';

const sandbox = sharedSandbox();
const surroundings = freshSurroundings();
const CONNECTIONS = 100;

it.runIf(process.platform === 'linux')('costs no descriptor while a caller keeps a connection open', async () => {
  await using app = await localApp((_, response) => response.end('hello'));
  const run = surroundings().start([app.target, '--name', 'idle', '--ephemeral', '--json'], envOf('alice'));
  await run.event('ready');
  await using door = await sandbox().door('carol', 'idle:80');
  const agents = Array.from({ length: CONNECTIONS }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  const descriptors = () => readdirSync(`/proc/${run.child.pid}/fd`).length;
  const ask = (agent: Agent) =>
    new Promise((resolve, reject) => {
      get(door.url, { agent }, (response) => response.resume().once('end', resolve)).on('error', reject);
    });
  await ask(agents[0]!);
  const before = descriptors();
  for (const agent of agents) await ask(agent);
  expect(descriptors() - before).toBeLessThan(CONNECTIONS / 10);
  // They are still open.
  for (const agent of agents) expect(Object.values(agent.freeSockets).flat()).toHaveLength(1);
  for (const agent of agents) agent.destroy();
  await run.stop();
});
