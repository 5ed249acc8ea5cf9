import { on, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { textFrame } from '../../../src/chat/transport/text-frame.ts';

it('a text frame is read as what was written, in each of the three lengths', async () => {
  const texts = ['', 'x'.repeat(125), 'x'.repeat(126), 'é'.repeat(32_767), 'é'.repeat(32_768), '🎉'.repeat(100_000)];
  const server = createServer().listen(0, '127.0.0.1');
  const sockets = new WebSocketServer({ server });
  server.on('upgrade', (_, socket) => {
    for (const text of texts) socket.write(textFrame(text));
  });
  await once(server, 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const read: string[] = [];
  for await (const [data, isBinary] of on(client, 'message')) {
    expect(isBinary).toBe(false);
    if (read.push(String(data)) === texts.length) break;
  }
  expect(read).toEqual(texts);
  client.close();
  await once(client, 'close');
  sockets.close();
  server.close();
});
