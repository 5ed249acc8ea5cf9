// The programs on one sandbox tailnet, each behind a door, with one app for all of them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { get as getSecure } from 'node:https';
import { join } from 'node:path';
import { Sandbox } from '../dist/index.js';
import { measured, PORTS, until } from './contenders.mjs';
import { memory } from './process.mjs';

/** Starts the sandbox and the app, for programs with these labels. */
export async function openStage(labels) {
  const start = await measured(labels);
  const sandbox = await Sandbox.start();
  const target = spawn(process.execPath, [join(import.meta.dirname, 'target.mjs')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const targetPort = Number((await once(target.stdout, 'data'))[0].toString());
  // Brings up Bob's node before any clock starts.
  await (await sandbox.door('bob', 'missing:80')).close();
  let count = 0;

  /** Starts a program and returns it when it has responded: `startup` says after how many milliseconds. */
  async function startProgram(label, scheme) {
    const name = `${label.toLowerCase().replace(/[^a-z]+/g, '-')}-${++count}`;
    const began = performance.now();
    const program = await start[label](sandbox, targetPort, name, { https: scheme === 'https', tcp: scheme === 'tcp' });
    const door = await sandbox.door('bob', `${name}:${PORTS[scheme]}`);
    const endpoint = { scheme, host: `${name}.${sandbox.suffix}`, port: door.port, ca: sandbox.ca, targetPort };
    const close = () => Promise.all([door.close(), program.close()]);
    try {
      await until(
        () => probe(endpoint),
        () => program.output(),
      );
    } catch (error) {
      await close();
      throw new Error(`${label} does not respond (${scheme}): ${error.message}`);
    }
    return { pid: program.pid, endpoint, startup: performance.now() - began, close };
  }

  const close = async () => {
    target.stdin.end();
    await sandbox.close();
  };
  return { startProgram, close };
}

/** Returns a program's memory once it is at rest, in kB. */
export async function memoryAtRest(program) {
  await new Promise((resolve) => setTimeout(resolve, 500));
  return memory(program.pid);
}

async function probe({ scheme, host, port, ca }) {
  const options = { host: '127.0.0.1', port, headers: { host }, agent: false, timeout: 5000 };
  const request = scheme === 'https' ? getSecure({ ...options, ca, servername: host }) : get(options);
  request.on('timeout', () => request.destroy(new Error('no response in 5 s')));
  const [response] = await once(request, 'response');
  response.resume();
  if (response.statusCode !== 200) throw new Error(`got status ${response.statusCode}`);
}
