import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Gate, type GateOptions } from '../../src/access/gate.ts';
import { TcpListener } from '../../src/expose/tcp-listener.ts';
import type { Identity } from '../../src/identity/identity.ts';
import { parseTarget } from '../../src/proxy/target/target.ts';
import type { TailnetSocket } from '../../src/tailnet/net/socket.ts';
import { alice } from '../identity/callers.ts';
import { startRawApp } from '../proxy/rig.ts';

const bob: Identity = { ...alice, login: 'bob@example.com', userId: '7' };

describe('a TCP connection whose TLS ended here', () => {
  /** Connects alice to an app that echoes, and returns both ends of her connection. */
  const connect = async ({ gate, proxyProtocol }: { gate?: GateOptions; proxyProtocol?: 2 }) => {
    const target = parseTarget(`tcp://127.0.0.1:${await startRawApp((socket) => socket.pipe(socket))}`);
    const plan = { gate: new Gate(gate), ...(proxyProtocol && { proxyProtocol }) };
    const listener = new TcpListener({ tailnet: undefined as never, plan, report: () => {}, onPresence: () => {} });
    const server = net.createServer({ allowHalfOpen: true }, (socket) => {
      Object.assign(socket, { identity: alice });
      listener.accept(socket, socket as TailnetSocket, { port: 7, speech: 'tls', target });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const accepted = once(server, 'connection') as Promise<[TailnetSocket]>;
    const near = net.connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {});
    onTestFinished(() => {
      near.destroy();
      server.close();
    });
    const [far] = await accepted;
    const change = (identity: Identity) => {
      far.identity = identity;
      far.emit('identity', identity);
    };
    return { near, change };
  };

  /** Sends a word, and waits until it is back. */
  const echo = async (socket: Socket, word: string) => {
    let text = '';
    socket.write(word);
    while (!text.endsWith(word)) text += String((await once(socket, 'data'))[0]);
  };

  it('is closed for a caller that is denied', async () => {
    const { near } = await connect({ gate: { deny: ['alice@example.com'] } });
    await once(near.resume(), 'close');
  });

  it('is cut when its caller is no longer allowed', async () => {
    const { near, change } = await connect({ gate: { allow: ['cap:example.com/cap/app'] } });
    await echo(near, 'hello');
    change({ ...alice, capabilities: {} });
    await once(near.resume(), 'close');
  });

  it('is cut when the device changes hands, if the target was told whose it was', async () => {
    const { near, change } = await connect({ proxyProtocol: 2 });
    await echo(near, 'hello');
    change({ ...alice, name: 'Alice Renamed' });
    await echo(near, 'still here');
    change(bob);
    await once(near.resume(), 'close');
  });

  it('stays open when the device changes hands, if the target was told nothing', async () => {
    const { near, change } = await connect({});
    await echo(near, 'hello');
    change(bob);
    await echo(near, 'still here');
    expect(near.destroyed).toBe(false);
  });
});
