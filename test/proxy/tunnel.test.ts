import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinStreams } from '../../src/proxy/tunnel.ts';

describe('joined connections', () => {
  let server: Server;
  let port: number;

  beforeAll(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => server.close());

  /** Both ends of a connection. */
  const pair = async (): Promise<[Socket, Socket]> => {
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const near = connect(port, '127.0.0.1');
    await once(near, 'connect');
    return [near, (await accepted)[0]];
  };

  it('end at once if one was lost before they were joined', async () => {
    const [lost, far] = await pair();
    const [near, other] = await pair();
    lost.destroy();
    await once(lost, 'close');
    await new Promise<void>((resolve) => joinStreams(lost, near, resolve));
    expect(near.destroyed).toBe(true);
    for (const socket of [far, other]) socket.destroy();
  });
});
