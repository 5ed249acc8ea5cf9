import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http2 from 'node:http2';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { stranger } from '../../identity/callers.ts';
import { deferred, startApp } from '../rig.ts';
import { openSession, startSecureProxy } from '../tcp/tls-rig.ts';
import { call, openCall, startGrpcService } from './grpc-server.ts';
import { grpcFrame, grpcMessages } from './h2-server.ts';

describe('gRPC', () => {
  it.each(['h2c', 'http'])('reaches a target of %s:// unchanged', async (scheme) => {
    const { port } = await startGrpcService();
    const session = openSession((await startSecureProxy(`${scheme}://127.0.0.1:${port}`)).port);
    expect(await call(session, '/Count')).toMatchObject({
      headers: { ':status': 200, 'content-type': 'application/grpc+proto' },
      messages: ['one', 'two', 'three'],
      trailers: { 'grpc-status': '0', 'x-te': 'trailers' },
    });
    const { messages } = await call(session, '/Who', {
      metadata: { 'tailscale-user-login': 'root@example.com', 'x-trace-bin': 'AAE=', 'grpc-timeout': '5S' },
    });
    expect(JSON.parse(messages[0]!)).toMatchObject({
      ...{ 'tailscale-user-login': 'alice@example.com', 'x-trace-bin': 'AAE=', 'grpc-timeout': '5S' },
    });
  });

  it('carries streams both ways, message by message', async () => {
    const { port } = await startGrpcService();
    const session = openSession((await startSecureProxy(`h2c://127.0.0.1:${port}`)).port);
    const stream = openCall(session, '/Echo');
    for (const word of ['ping', 'pong']) {
      stream.write(grpcFrame(word));
      expect(grpcMessages((await once(stream, 'data'))[0] as Buffer)).toEqual([word]);
    }
    stream.end();
    expect((await once(stream, 'trailers'))[0]).toMatchObject({ 'grpc-status': '0' });
  });

  it('delivers an error of the app in the frame that ends the stream', async () => {
    const { port } = await startGrpcService();
    const session = openSession((await startSecureProxy(`h2c://127.0.0.1:${port}`)).port);
    expect(await call(session, '/Fail')).toMatchObject({
      onlyHead: true,
      headers: { 'grpc-status': '5', 'grpc-message': 'no such thing' },
    });
  });

  it('is canceled at the app when the caller’s deadline passes', async () => {
    const { promise: cancelled, resolve } = deferred<number>();
    const { port, server } = await startGrpcService(resolve);
    const session = openSession((await startSecureProxy(`h2c://127.0.0.1:${port}`)).port);
    const stream = openCall(session, '/Never', { 'grpc-timeout': '100m' });
    await once(server, 'stream');
    stream.close(http2.constants.NGHTTP2_CANCEL);
    expect(await cancelled).toBe(http2.constants.NGHTTP2_CANCEL);
  });

  it('gets the proxy’s own responses as a gRPC status', async () => {
    const session = openSession((await startSecureProxy('h2c://localhost:1')).port);
    expect(await call(session, '/Who')).toMatchObject({
      onlyHead: true,
      headers: { ':status': 200, 'grpc-status': '14', 'grpc-message': 'Nothing is listening on localhost:1.' },
    });
    const { port } = await startGrpcService();
    const kept = await startSecureProxy(`h2c://127.0.0.1:${port}`, {
      caller: stranger,
      gate: { allow: ['größe@example.com'] },
    });
    const outside = await call(openSession(kept.port), '/Who');
    expect(outside.headers).toMatchObject({ 'grpc-status': '7' });
    expect(outside.headers['grpc-message']).toMatch(/^[\x20-\x7e]+$/);
    expect(outside.messages).toEqual([]);
  });

  it('reaches an app with TLS, and other requests go there as before', async () => {
    const pem = (name: string) => readFileSync(new URL(`../fixtures/localhost.${name}`, import.meta.url));
    const server = http2.createSecureServer({ key: pem('key'), cert: pem('crt'), allowHTTP1: true });
    server.on('request', (request, response) => {
      response.setHeader('grpc-status', '0');
      response.setHeader('x-scheme', String(request.headers[':scheme']));
      response.end(request.httpVersion);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const session = openSession((await startSecureProxy(`https+insecure://localhost:${port}`)).port);
    expect((await call(session, '/x')).headers).toMatchObject({ ':status': 200, 'x-scheme': 'https' });
    const stream = session.request({ ':path': '/', ':authority': 'app.test' }).setEncoding('utf8');
    expect((await once(stream, 'data'))[0]).toBe('1.1');
  });

  it('gets an error that says that an app with TLS has no HTTP/2', async () => {
    const pem = (name: string) => readFileSync(new URL(`../fixtures/localhost.${name}`, import.meta.url));
    const server = createServer({ key: pem('key'), cert: pem('crt') }, (_request, response) => response.end());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const session = openSession((await startSecureProxy(`https+insecure://localhost:${port}`)).port);
    expect((await call(session, '/x')).headers).toMatchObject({
      ...{ 'grpc-status': '14', 'grpc-message': `localhost:${port} does not speak HTTP/2.` },
    });
  });

  it('is the only kind of request sent to an http:// target by HTTP/2', async () => {
    const { port } = await startApp((request, response) => response.end(request.httpVersion));
    const session = openSession((await startSecureProxy(port)).port);
    const ask = async (type: string) => {
      const headers = { ':method': 'POST', ':path': '/', ':authority': 'app.test', 'content-type': type };
      const stream = session.request(headers).setEncoding('utf8');
      stream.end('x');
      return (await once(stream, 'data'))[0] as string;
    };
    for (const type of ['application/grpc-web+proto', 'application/json']) expect(await ask(type)).toBe('1.1');
    expect((await call(session, '/Who')).headers).toMatchObject({
      'grpc-status': '14',
      'grpc-message': `localhost:${port} does not speak HTTP/2 without TLS (h2c).`,
    });
  });
});
