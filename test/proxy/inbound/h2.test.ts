import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http2 from 'node:http2';
import { connect } from 'node:tls';
import { describe, expect, it } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { deferred, startApp } from '../rig.ts';
import { ask, openSession, startSecureProxy } from '../tcp/tls-rig.ts';
import { testPair } from '../test-certificate.ts';

describe('HTTP/2 from callers', () => {
  it('is agreed on by ALPN, next to HTTP/1.1', async () => {
    const { port } = await startApp((request, response) => response.end(request.httpVersion));
    const rig = await startSecureProxy(port);
    for (const protocol of ['h2', 'http/1.1']) {
      const socket = connect({
        host: '127.0.0.1',
        port: rig.port,
        servername: 'app.test',
        ca: testPair.cert,
        ALPNProtocols: [protocol],
      });
      await once(socket, 'secureConnect');
      expect(socket.alpnProtocol).toBe(protocol);
      socket.destroy();
    }
    expect(await ask(openSession(rig.port), { ':path': '/' })).toMatchObject({ status: 200, text: '1.1' });
  });

  it('reaches the app as HTTP/1.1 with the caller’s headers and nothing forged', async () => {
    const { port } = await startApp((request, response) => response.end(JSON.stringify(request.rawHeaders)));
    const rig = await startSecureProxy(port);
    const { text } = await ask(openSession(rig.port), {
      ':path': '/a?b',
      cookie: ['a=1', 'b=2'],
      te: 'trailers',
      'x-mine': 'kept',
      'tailscale-user-login': 'root@example.com',
      tailscale_user_login: 'root@example.com',
      'x-forwarded-for': '6.6.6.6',
    });
    const raw = JSON.parse(text) as string[];
    const value = (name: string) => raw.filter((_, i) => i % 2 === 1 && raw[i - 1]!.toLowerCase() === name);
    expect(value('tailscale-user-login')).toEqual(['alice@example.com']);
    expect(value('tailscale_user_login')).toEqual([]);
    expect(value('x-forwarded-for')).toHaveLength(1);
    expect(value('x-forwarded-for')).not.toContain('6.6.6.6');
    expect(value('x-forwarded-proto')).toEqual(['https']);
    expect(value('x-forwarded-host')).toEqual(['app.test']);
    expect(value('host')).toEqual(['app.test']);
    expect(value('cookie')).toEqual(['a=1; b=2']);
    expect(value('x-mine')).toEqual(['kept']);
    expect(raw.filter((name) => name.startsWith(':'))).toEqual([]);
  });

  it('carries bodies both ways, with and without a length', async () => {
    const { port } = await startApp((request, response) => {
      response.setHeader('x-length', String(request.headers['content-length']));
      request.pipe(response);
    });
    const session = openSession((await startSecureProxy(port)).port);
    const bytes = randomBytes(3_000_000).toString('base64');
    const hash = (text: string) => createHash('sha256').update(text).digest('hex');
    const plain = await ask(session, { ':path': '/', ':method': 'POST' }, bytes);
    expect(hash(plain.text)).toBe(hash(bytes));
    expect(plain.headers['x-length']).toBe('undefined');
    const sized = await ask(session, { ':path': '/', ':method': 'PUT', 'content-length': bytes.length }, bytes);
    expect(hash(sized.text)).toBe(hash(bytes));
    expect(sized.headers['x-length']).toBe(String(bytes.length));
  });

  it('delivers cookies one by one, interim responses and trailers', async () => {
    const { port } = await startApp((_request, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      response.writeHead(200, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'Trailer', 'X-Sum', 'Connection', 'close']);
      response.write('body');
      response.addTrailers({ 'X-Sum': '7' });
      response.end();
    });
    const session = openSession((await startSecureProxy(port)).port);
    const stream = session.request({ ':path': '/', ':authority': 'app.test' });
    const [hints] = await once(stream, 'headers');
    expect(hints).toMatchObject({ ':status': 103, link: '</style.css>; rel=preload' });
    stream.close();
    const answer = await ask(session, { ':path': '/' });
    expect(answer.headers['set-cookie']).toEqual(['a=1', 'b=2']);
    expect(answer.headers).not.toHaveProperty('connection');
    expect(answer.trailers).toMatchObject({ 'x-sum': '7' });
  });

  it('survives responses that HTTP/1.1 allows and HTTP/2 does not', async () => {
    const { port } = await startApp((request, response) => {
      response.writeHead(Number(request.url!.slice(1)), ['HTTP2-Settings', 'AAMAAABk', 'X-Mine', 'kept']);
      response.write('body');
      response.addTrailers({ 'Keep-Alive': 'timeout=5', 'X-Sum': '7' });
      response.end();
    });
    const session = openSession((await startSecureProxy(port)).port);
    const answer = await ask(session, { ':path': '/200' });
    expect(answer.headers).toMatchObject({ 'x-mine': 'kept' });
    expect(answer.headers).not.toHaveProperty('http2-settings');
    expect(Object.keys(answer.trailers)).toEqual(['x-sum']);
    const { status, text } = await ask(session, { ':path': '/999' });
    expect(status).toBe(502);
    expect(text).toContain('a status that is not valid in HTTP/2');
  });

  it('responds to HEAD and with 304 without a body, and passes on 404', async () => {
    const { port } = await startApp((request, response) => {
      response.statusCode = request.url === '/304' ? 304 : 404;
      response.end(request.url === '/304' ? undefined : 'no such page');
    });
    const session = openSession((await startSecureProxy(port)).port);
    expect(await ask(session, { ':path': '/', ':method': 'HEAD' })).toMatchObject({ status: 404, text: '' });
    expect(await ask(session, { ':path': '/304' })).toMatchObject({ status: 304, text: '' });
    expect(await ask(session, { ':path': '/404' })).toMatchObject({ status: 404, text: 'no such page' });
  });

  it('ends a response that breaks off with an error', async () => {
    const { port } = await startApp((_request, response) => {
      response.write('half');
      setImmediate(() => response.destroy());
    });
    const session = openSession((await startSecureProxy(port)).port);
    const stream = session.request({ ':path': '/', ':authority': 'app.test' });
    stream.resume();
    const [error] = await once(stream, 'error');
    expect(error.code).toBe('ERR_HTTP2_STREAM_ERROR');
    expect(stream.rstCode).toBe(http2.constants.NGHTTP2_INTERNAL_ERROR);
  });

  it('cancels the request at the app when its stream is reset', async () => {
    let gone: Promise<unknown> | undefined;
    const { port, server } = await startApp((_request, response) => {
      gone = once(response, 'close');
    });
    const session = openSession((await startSecureProxy(port)).port);
    const stream = session.request({ ':path': '/', ':authority': 'app.test' }).on('error', () => {});
    await once(server, 'request');
    stream.close(http2.constants.NGHTTP2_CANCEL);
    await gone;
  });

  it('cancels all requests at the app when the caller hangs up', async () => {
    const requests = 20;
    let arrived = 0;
    let closed = 0;
    const all = [deferred<void>(), deferred<void>()] as const;
    const { port } = await startApp((_request, response) => {
      response.once('close', () => ++closed === requests && all[1].resolve());
      if (++arrived === requests) all[0].resolve();
    });
    const rig = await startSecureProxy(port);
    const socket = connect({
      host: '127.0.0.1',
      port: rig.port,
      servername: 'app.test',
      ca: testPair.cert,
      ALPNProtocols: ['h2'],
    });
    const session = openSession(rig.port, { createConnection: () => socket });
    for (let count = 0; count < requests; count++) {
      session.request({ ':path': '/', ':authority': 'app.test' }).on('error', () => {});
    }
    await all[0].promise;
    // Without resets of the streams: the end of the connection has to be enough.
    socket.end();
    await all[1].promise;
  });

  it('refuses what HTTP/1.1 refuses: CONNECT, TRACE, two names, another scheme', async () => {
    const { port } = await startApp((_request, response) => response.end());
    const session = openSession((await startSecureProxy(port)).port);
    expect(await ask(session, { ':path': '/', ':method': 'TRACE' })).toMatchObject({ status: 405 });
    expect(await ask(session, { ':path': '/', host: 'other.test' })).toMatchObject({ status: 400 });
    expect(await ask(session, { ':path': '/', ':scheme': 'http' })).toMatchObject({ status: 400 });
    expect(await ask(session, { ':path': '*', ':method': 'OPTIONS' })).toMatchObject({ status: 400 });
    expect(await ask(session, { ':path': '/\u00e4' })).toMatchObject({ status: 400 });
    for (const method of ['PRI', 'get', 'FOO']) {
      expect(await ask(session, { ':path': '/', ':method': method })).toMatchObject({ status: 501 });
    }
  });

  it('leaves WebSockets to HTTP/1.1 on the same port', async () => {
    const sockets = new WebSocketServer({ noServer: true });
    const { port, server } = await startApp((_request, response) => response.end());
    server.on('upgrade', (request, socket, head) => {
      sockets.handleUpgrade(request, socket, head, (ws) => ws.send(request.headers['x-forwarded-proto'] as string));
    });
    const rig = await startSecureProxy(port);
    const options = { ca: testPair.cert, servername: 'app.test', rejectUnauthorized: true };
    const socket = new WebSocket(rig.url.replace('https', 'wss'), options);
    const [message] = await once(socket, 'message');
    expect(String(message)).toBe('https');
    socket.terminate();
  });
});

describe('a closing proxy', () => {
  it('lets HTTP/2 streams end', async () => {
    let finish = () => {};
    const { port, server } = await startApp((_request, response) => {
      finish = () => response.end('late');
    });
    const rig = await startSecureProxy(port);
    const session = openSession(rig.port);
    const answer = ask(session, { ':path': '/' });
    await once(server, 'request');
    const goaway = once(session, 'goaway');
    const closed = rig.proxy.close({ timeout: 5000 });
    await goaway;
    finish();
    expect(await answer).toMatchObject({ status: 200, text: 'late' });
    await closed;
  });
});
