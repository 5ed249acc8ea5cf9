import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { Readable } from 'node:stream';
import { serve } from '@hono/node-server';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import { WebSocketServer } from 'ws';
import { tailscale as forExpress } from '../../../src/middleware/express.ts';
import { tailscale as forFastify } from '../../../src/middleware/fastify.ts';
import { tailscale as forHono } from '../../../src/middleware/hono.ts';
import type { Tailnet } from '../../../src/tailnet/tailnet.ts';

/** Starts an app on the tailnet; what it returns closes it. */
export type Start = (tailnet: Tailnet, port: number, events: EventSource) => Promise<() => Promise<unknown>>;

/** Where an app's event streams get their events from: the next comes when the test says so. */
export type EventSource = () => AsyncIterable<string>;

/**
 * One app in each framework, with nothing but the framework's documented options. `GET /` names the caller,
 * `POST /upload` answers with the digest of what came, `GET /events` streams, `/` is a WebSocket where there is one.
 */
export const frameworks: Record<string, Start> = {
  'node:http': async (tailnet, port, events) => {
    const server = tailnet.createServer(async (req, res) => {
      if (req.url === '/upload') res.end(await digest(req));
      else if (req.url === '/events') await stream(res, events());
      else res.end(req.tailscale?.login);
    });
    addWebSocket(server);
    await once(server.listen(port), 'listening');
    return closer(server);
  },

  express: async (tailnet, port, events) => {
    const app = express();
    app.use(forExpress());
    app.get('/', (req, res) => void res.send(req.tailscale?.login));
    app.post('/upload', async (req, res) => void res.send(await digest(req)));
    app.get('/events', (_, res) => stream(res, events()));
    const server = tailnet.createServer(app);
    addWebSocket(server);
    await once(server.listen(port), 'listening');
    return closer(server);
  },

  fastify: async (tailnet, port, events) => {
    const app = fastify({ serverFactory: (handler) => tailnet.createServer(handler), bodyLimit: 100 << 20 });
    await app.register(forFastify);
    app.addContentTypeParser('*', (_, payload, done) => done(null, payload));
    app.get('/', async (request) => request.tailscale?.login);
    app.post('/upload', (request) => digest(request.body as Readable));
    app.get('/events', (_, reply) => {
      reply.hijack();
      stream(reply.raw, events());
    });
    addWebSocket(app.server);
    await app.listen({ port });
    return () => app.close();
  },

  hono: async (tailnet, port, events) => {
    const app = new Hono();
    app.use(forHono());
    app.get('/', (c) => c.text(c.var.tailscale?.login ?? ''));
    app.post('/upload', async (c) => {
      const hash = createHash('sha256');
      for await (const chunk of c.req.raw.body!) hash.update(chunk);
      return c.text(hash.digest('hex'));
    });
    app.get('/events', (c) => {
      const body = ReadableStream.from(encoded(events()));
      return c.body(body, 200, { 'content-type': 'text/event-stream' });
    });
    const server = serve({ fetch: app.fetch, createServer: tailnet.createServer, port }) as http.Server;
    addWebSocket(server);
    await once(server, 'listening');
    return closer(server);
  },

  koa: async (tailnet, port, events) => {
    const app = new Koa();
    app.use(async (context) => {
      if (context.path === '/upload') context.body = await digest(context.req);
      else if (context.path === '/events') {
        context.respond = false;
        await stream(context.res, events());
      } else context.body = context.req.tailscale?.login;
    });
    const server = tailnet.createServer(app.callback());
    addWebSocket(server);
    await once(server.listen(port), 'listening');
    return closer(server);
  },

  'a server that exists': async (tailnet, port, events) => {
    const server = http.createServer(async (req, res) => {
      if (req.url === '/upload') res.end(await digest(req));
      else if (req.url === '/events') await stream(res, events());
      else res.end(req.tailscale?.login);
    });
    addWebSocket(server);
    const attached = await tailnet.attach(server, { port });
    return () => attached[Symbol.asyncDispose]();
  },
};

function addWebSocket(server: http.Server): void {
  new WebSocketServer({ server }).on('connection', (socket, req) => {
    socket.on('message', (message) => socket.send(`${req.tailscale?.login}: ${message}`));
  });
}

function closer(server: http.Server): () => Promise<void> {
  return () => new Promise((resolve) => server.close(() => resolve()));
}

async function digest(body: Readable): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of body) hash.update(chunk);
  return hash.digest('hex');
}

async function stream(res: http.ServerResponse, events: AsyncIterable<string>): Promise<void> {
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  for await (const event of encoded(events)) res.write(event);
  res.end();
}

async function* encoded(events: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  for await (const event of events) yield Buffer.from(`data: ${event}\n\n`);
}
