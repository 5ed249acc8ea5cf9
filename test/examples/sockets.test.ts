import { once } from 'node:events';
import { io } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { sharedSandbox } from '../sandbox/sandbox.ts';
import { Example } from './example.ts';

describe('examples', () => {
  const sandbox = sharedSandbox();

  it('ws.js sends messages with the name of their sender, and rejects pages of other sites', async () => {
    await using example = new Example(sandbox(), 'ws.js');
    expect(await example.line()).toBe('ws://ws-example.sandbox.ts.net');
    const [bob, carol] = await Promise.all(['bob', 'carol'].map((who) => sandbox().door(who, 'ws-example:80')));
    const sockets = [bob!, carol!].map((door) => new WebSocket(door.url));
    await Promise.all(sockets.map((socket) => once(socket, 'open')));
    const heard = once(sockets[1]!, 'message');
    sockets[0]!.send('hello');
    expect(`${(await heard)[0]}`).toBe('Bob Example: hello');
    const forged = new WebSocket(bob!.url, { origin: 'http://evil.example.com' });
    expect((await once(forged, 'error'))[0].message).toContain('401');
    expect(await example.interrupt()).toBe(0);
    await Promise.all([bob!.close(), carol!.close()]);
  });

  it('socket.io.js knows who joins a room', async () => {
    await using example = new Example(sandbox(), 'socket.io.js');
    await example.line();
    const door = await sandbox().door('carol', 'socketio-example:80');
    for (const transports of [['websocket'], ['polling']]) {
      const socket = io(door.url, { transports, forceNew: true });
      const joined = new Promise((resolve) => socket.on('joined', resolve));
      socket.emit('join', 'kitchen');
      expect(await joined).toBe('Zoë Çelik');
      socket.close();
    }
    await door.close();
    expect(await example.interrupt()).toBe(0);
  });
});
