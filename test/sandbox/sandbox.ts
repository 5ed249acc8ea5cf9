import { afterAll, beforeAll } from 'vitest';
import { Sandbox } from '../../src/sandbox/sandbox.ts';

let sandbox: Sandbox;

/** Starts a sandbox for this test file. Where the file has nodes in its own process, it is `useSandbox` that it needs. */
export function sharedSandbox(): () => Sandbox {
  beforeAll(async () => {
    sandbox = await Sandbox.start();
  });
  afterAll(() => sandbox.close());
  return () => sandbox;
}

/** What a program is told, so that its node joins the sandbox as that person or device. */
export function envOf(who: string): NodeJS.ProcessEnv {
  return { ...sandbox.env, TS_AUTHKEY: sandbox.authKey(who) };
}
