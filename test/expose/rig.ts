/** Exposures on a real tailnet, with real services behind them. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import http2 from 'node:http2';
import { get as httpsGet } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { afterEach } from 'vitest';
import type { ExposeEvent } from '../../src/events.ts';
import { type ExposeOptions, type Exposure, expose } from '../../src/expose/expose.ts';
import { plan } from '../../src/expose/plan.ts';
import { useSandbox } from '../tailnet/pair.ts';

/** Warnings that there is no HTTPS. */
const FAILURES = ['CERTIFICATE', 'HTTPS'];

export interface Page {
  status: number;
  headers: Record<string, unknown>;
  text: string;
}

/** A sandbox for a test file, and what its tests do on it; everything ends with its test. */
export function useFronts() {
  const sandbox = useSandbox();
  const events: ExposeEvent[] = [];
  const ends: (() => unknown)[] = [];
  let watchers: (() => void)[] = [];

  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
    events.length = 0;
    await sandbox().admin.acme({ running: true, limit: 0, lifetime: 0 });
    await sandbox().admin.settings({ https: true, magicDNS: true, funnel: true });
  });

  /** Exposes a target, and resolves when it is ready. */
  const start = async (target: string | number, options: Partial<ExposeOptions> = {}): Promise<Exposure> => {
    const exposure = await expose({
      target: String(target),
      name: 'app',
      controlUrl: sandbox().controlUrl,
      authKey: sandbox().authKey('alice'),
      ephemeral: true,
      ...options,
      onEvent: (event) => {
        events.push(event);
        for (const watcher of watchers) watcher();
        options.onEvent?.(event);
      },
    });
    ends.push(() => exposure.close({ timeout: 0 }));
    return exposure;
  };

  /** Exposes a target, and resolves when its ports with TLS are open too, or a warning has said that they are not. */
  const expose_ = async (target: string | number, options: Partial<ExposeOptions> = {}): Promise<Exposure> => {
    const exposure = await start(target, options);
    const { ports } = plan({ name: 'app', ...options, target: String(target) });
    if (!ports.some(({ speech }) => speech === 'https' || speech === 'tls')) return exposure;
    const isOpen = () => exposure.urls.some((url) => /^(https|tls):/.test(url));
    if (!isOpen()) await event((event) => isOpen() || (event.event === 'warning' && FAILURES.includes(event.code)));
    return exposure;
  };

  /** The first event that is as asked for, of those that were and those that come. */
  const event = async <E extends ExposeEvent>(is: (event: ExposeEvent) => boolean): Promise<E> => {
    for (;;) {
      const found = events.find(is);
      if (found) return found as E;
      await new Promise<void>((resolve) => {
        watchers = [...watchers, resolve];
      });
    }
  };

  const service = async (listener: RequestListener): Promise<number> => {
    const server: Server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    ends.push(() => {
      server.closeAllConnections();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  };

  const tcpService = async (onConnection: (socket: Socket) => unknown): Promise<number> => {
    const sockets = new Set<Socket>();
    const server: TcpServer = createTcpServer({ allowHalfOpen: true }, (socket) => {
      sockets.add(socket.on('error', () => {}));
      // The probe at the start connects as well, and breaks off.
      void Promise.resolve(onConnection(socket)).catch(() => {});
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    ends.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  };

  const door = async (who: string, target: string) => {
    const opened = await sandbox().door(who, target);
    ends.push(() => opened.close());
    return opened;
  };

  /** A GET by HTTPS as somebody, the certificate checked. */
  const getSecurely = async (
    who: string,
    path = '/',
    target = 'app:443',
    servername = 'app.sandbox.ts.net',
  ): Promise<Page> => {
    const { port } = await door(who, target);
    const request = httpsGet({
      host: '127.0.0.1',
      port,
      path,
      servername,
      ca: sandbox().ca,
      agent: false,
      headers: { host: servername },
    });
    const [response] = await once(request, 'response');
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk;
    return { status: response.statusCode, headers: response.headers, text };
  };

  const tlsSocket = async (who: string, options: { servername?: string; alpn?: string[]; target?: string } = {}) => {
    const { port } = await door(who, options.target ?? 'app:443');
    const { servername = 'app.sandbox.ts.net', alpn } = options;
    const socket = tlsConnect({
      ...{ host: '127.0.0.1', port, ca: sandbox().ca },
      ...(servername !== '' && { servername }),
      checkServerIdentity: () => undefined,
      ...(alpn && { ALPNProtocols: alpn }),
    });
    ends.push(() => socket.destroy());
    await once(socket, 'secureConnect');
    return socket;
  };

  const h2Session = async (who: string) => {
    const socket = await tlsSocket(who, { alpn: ['h2'] });
    const session = http2.connect('https://app.sandbox.ts.net', { createConnection: () => socket });
    ends.push(() => session.destroy());
    return session;
  };

  return {
    sandbox,
    events,
    ends,
    start,
    expose: expose_,
    event,
    service,
    tcpService,
    door,
    getSecurely,
    tlsSocket,
    h2Session,
  };
}
