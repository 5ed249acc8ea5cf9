import { once } from 'node:events';
import http2 from 'node:http2';
import { describe, expect, it } from 'vitest';
import { deferred } from '../proxy/rig.ts';
import { call, openCall, startGrpcService } from '../proxy/upstream/grpc-server.ts';
import { grpcFrame, grpcMessages } from '../proxy/upstream/h2-server.ts';
import { useFronts } from './rig.ts';

describe('a gRPC service on the tailnet', () => {
  const front = useFronts();

  it('answers single calls and streams, knows the callers from the metadata, and believes no forged one', async () => {
    const { promise: cancelled, resolve } = deferred<number>();
    const { port } = await startGrpcService(resolve);
    await front.expose(`h2c://127.0.0.1:${port}`);
    const session = await front.h2Session('bob');
    expect(await call(session, '/Count')).toMatchObject({
      ...{ messages: ['one', 'two', 'three'], trailers: { 'grpc-status': '0', 'x-te': 'trailers' } },
    });
    const who = await call(session, '/Who', {
      metadata: { 'tailscale-user-login': 'root@example.com', tailscale_user_login: 'root@example.com' },
    });
    const seen = JSON.parse(who.messages[0]!) as Record<string, string>;
    expect(seen).toMatchObject({ 'tailscale-user-login': 'bob@example.com', ':authority': 'app.sandbox.ts.net' });
    expect(seen).not.toHaveProperty('tailscale_user_login');
    expect(await call(session, '/Fail')).toMatchObject({ onlyHead: true, headers: { 'grpc-status': '5' } });

    const echo = openCall(session, '/Echo');
    for (const word of ['ping', 'pong']) {
      echo.write(grpcFrame(word));
      expect(grpcMessages((await once(echo, 'data'))[0] as Buffer)).toEqual([word]);
    }
    echo.end();
    expect((await once(echo, 'trailers'))[0]).toMatchObject({ 'grpc-status': '0' });

    const never = openCall(session, '/Never');
    never.write(grpcFrame('hello'));
    // A second call, answered, shows that the first has arrived.
    await call(session, '/Count');
    never.close(http2.constants.NGHTTP2_CANCEL);
    expect(await cancelled).toBe(http2.constants.NGHTTP2_CANCEL);
  });

  it('has visitors without TLS as well, since the tailnet encrypts', async () => {
    const { port } = await startGrpcService();
    await front.expose('', { ports: [`50051:h2c://127.0.0.1:${port}`] });
    const { port: door } = await front.door('bob', 'app:50051');
    const session = http2.connect(`http://127.0.0.1:${door}`);
    front.ends.push(() => session.destroy());
    expect(await call(session, '/Count')).toMatchObject({ messages: ['one', 'two', 'three'] });
    const { messages } = await call(session, '/Who');
    expect(JSON.parse(messages[0]!)).toMatchObject({ 'tailscale-user-login': 'bob@example.com' });
  });

  it('is one of several services where routes say so', async () => {
    const { port } = await startGrpcService();
    const pages = await front.service((_request, response) => response.end('a page'));
    await front.expose(String(pages), { routes: [`/Count=h2c://127.0.0.1:${port}`] });
    const session = await front.h2Session('bob');
    expect(await call(session, '/Count')).toMatchObject({ messages: ['one', 'two', 'three'] });
    expect((await front.getSecurely('bob')).text).toBe('a page');
  });
});
