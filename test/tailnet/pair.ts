import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, expect } from 'vitest';
import { nativeCounts } from '../../src/native/runtime.ts';
import { Sandbox } from '../../src/sandbox/sandbox.ts';
import type { TailnetServer } from '../../src/tailnet/net/server.ts';
import type { TailnetSocket } from '../../src/tailnet/net/socket.ts';
import type { TailnetOptions, UpOptions } from '../../src/tailnet/options.ts';
import { Tailnet } from '../../src/tailnet/tailnet.ts';

let sandbox: Sandbox;

/** Starts a sandbox for this test file, and expects that every native handle is closed at the end of it. */
export function useSandbox(): () => Sandbox {
  beforeAll(async () => {
    sandbox = await Sandbox.start();
    Object.assign(process.env, sandbox.env);
  });
  afterAll(async () => {
    const { goroutines, ...handles } = nativeCounts();
    expect(goroutines).toBeGreaterThan(0);
    expect(handles).toEqual({ nodes: 0, listeners: 0, connections: 0, requests: 0 });
    await sandbox.close();
  });
  return () => sandbox;
}

/** Brings up a node as one of the sandbox's people or devices. */
export function join(
  who: string,
  hostname: string,
  options: Partial<TailnetOptions & UpOptions> = {},
): Promise<Tailnet> {
  const { controlUrl } = sandbox;
  return Tailnet.up({ hostname, controlUrl, authKey: sandbox.authKey(who), ephemeral: true, ...options });
}

/** Connects two nodes: the dialling end and the accepted end. */
export async function connectPair(
  from: Tailnet,
  to: Tailnet,
  listener: TailnetServer,
): Promise<[TailnetSocket, TailnetSocket]> {
  const accepted = once(listener, 'connection') as Promise<[TailnetSocket]>;
  const socket = await from.dial({ host: to.ips[0]!, port: listener.port });
  return [socket, (await accepted)[0]];
}

/** Everything a stream delivers until its end. */
export async function readAll(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) chunks.push(chunk);
  return Buffer.concat(chunks);
}
