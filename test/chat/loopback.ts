/** A chat on loopback, with an endpoint for each caller: the shape of a sandbox, without a tailnet. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import WebSocket from 'ws';
import { Chat, type ChatOptions } from '../../src/chat/room/chat.ts';
import { PROTOCOL, type ServerEvent, WEBSOCKET_PATH } from '../../src/chat/room/event.ts';
import { acceptLines } from '../../src/chat/transport/line-server.ts';
import { serveChat } from '../../src/chat/web/web.ts';
import type { Identity } from '../../src/identity/identity.ts';

export interface LoopbackChat extends AsyncDisposable {
  chat: Chat;
  /** Opens an endpoint on which every caller is the given one. */
  endpoint(identity: Identity, port?: number): Promise<Endpoint>;
  /** Opens a line server for one caller, and returns its port. */
  linePort(identity: Identity): Promise<number>;
}

export interface Endpoint {
  port: number;
  url: string;
  /** The open sockets. */
  sockets: Set<net.Socket>;
}

export function startChat(options: ChatOptions = {}): LoopbackChat {
  const chat = new Chat(options);
  const closers: (() => Promise<void>)[] = [];
  const open = async (server: net.Server, port = 0) => {
    const sockets = new Set<net.Socket>();
    server.on('connection', (socket: net.Socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    closers.push(async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    });
    return { port: (server.address() as AddressInfo).port, sockets };
  };
  return {
    chat,
    async endpoint(identity, wanted) {
      const server = createServer();
      serveChat(server, chat, { names: () => ['chat'], identify: () => identity });
      const { port, sockets } = await open(server, wanted);
      return { port, sockets, url: `http://127.0.0.1:${port}` };
    },
    async linePort(identity) {
      const server = net.createServer({ allowHalfOpen: true }, (socket) => acceptLines(chat, socket, identity));
      return (await open(server)).port;
    },
    async [Symbol.asyncDispose]() {
      chat.close();
      await Promise.all(closers.map((close) => close()));
    },
  };
}

/** A minimal WebSocket client: waits for events by type. */
export class RawClient {
  readonly socket: WebSocket;
  readonly events: ServerEvent[] = [];
  readonly #asked = new Map<string, number>();

  constructor(endpoint: Endpoint, headers: Record<string, string> = {}) {
    this.socket = new WebSocket(`${endpoint.url.replace('http', 'ws')}${WEBSOCKET_PATH}`, PROTOCOL, { headers });
    this.socket.on('message', (data) => {
      const event = JSON.parse(String(data)) as ServerEvent;
      this.events.push(event);
      this.socket.emit('event');
    });
  }

  static async enter(endpoint: Endpoint, room = 'lobby'): Promise<RawClient> {
    const client = new RawClient(endpoint);
    await once(client.socket, 'open');
    client.send({ type: 'hello', room });
    await client.next('welcome');
    return client;
  }

  send(event: unknown): void {
    this.socket.send(JSON.stringify(event));
  }

  /** Waits for the next event of a type. */
  async next<T extends ServerEvent['type']>(type: T): Promise<Extract<ServerEvent, { type: T }>> {
    const index = this.#asked.get(type) ?? 0;
    this.#asked.set(type, index + 1);
    const event = await this.until((candidate) => candidate.type === type, index);
    return event as Extract<ServerEvent, { type: T }>;
  }

  /** Waits for the first event that fits, or with `index` a later one; it may have arrived already. */
  async until(fits: (event: ServerEvent) => boolean, index = 0): Promise<ServerEvent> {
    for (;;) {
      const found = this.events.filter(fits)[index];
      if (found) return found;
      await once(this.socket, 'event');
    }
  }

  /** Waits for the close code. */
  async closed(): Promise<number> {
    if (this.socket.readyState === WebSocket.CLOSED) throw new Error('already closed');
    const [code] = await once(this.socket, 'close');
    return code;
  }
}

/** Returns the status of an upgrade request: 101 if it is accepted. */
export async function upgradeStatus(endpoint: Endpoint, headers: Record<string, string>): Promise<number> {
  const { socket } = new RawClient(endpoint, headers);
  return await new Promise((resolve, reject) => {
    socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    socket.once('open', () => resolve(101));
    socket.once('error', reject);
  }).then((status) => {
    socket.on('error', () => {});
    socket.terminate();
    return status as number;
  });
}
