/** Checks once whether a target is there and responds, so that the warning comes before the first caller does. */
import { connect as connectH2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { diagnose } from './diagnose.ts';
import type { Target } from './target-types.ts';
import { tlsOptions } from './tls.ts';

const CONNECT_MS = 1000;
const RESPONSE_MS = 2000;

/** What is wrong, and what to do about it. */
export interface Problem {
  message: string;
  suggestions: string[];
}

/** Returns why the target would not respond right now, with what to do; undefined if it would. */
export async function whyUnreachable(target: Target): Promise<Problem | undefined> {
  if (target.local) return undefined;
  const secure = target.protocol === 'https';
  let socket: Socket;
  try {
    socket = await open(target, secure ? tlsOptions(target) : undefined);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // If the target is there, its TLS is not what was expected.
    return HANDSHAKE in (error as object) ? explain(error as Error, target) : unreachable(target, code ?? message);
  }
  if (target.kind === 'tcp') {
    socket.destroy();
    return undefined;
  }
  const fault = await (target.protocol === 'h2c' ? askH2(socket) : askH1(target, socket));
  if (fault === undefined) return undefined;
  if (fault === 'silent') return silent(target);
  if (!secure && (await speaksTls(target))) return expectsTls(target);
  if (fault === 'perhaps TLS') return undefined;
  // gRPC over http:// and https:// is HTTP/2, and its servers may speak nothing else.
  if (target.protocol !== 'h2c' && (await speaksH2(target, secure))) return undefined;
  return explain(fault, target);
}

/** Returns whether a target accepts connections; content without an app is always there. */
export function listens(target: Target): Promise<boolean> {
  if (target.local) return Promise.resolve(true);
  return open(target).then(
    (socket) => {
      socket.destroy();
      return true;
    },
    () => false,
  );
}

const HANDSHAKE = Symbol('failed after the connection was made');

/** Connects to a target, and also makes the handshake if there are options for TLS. */
function open({ socketPath, host, port }: Target, secure?: ConnectionOptions): Promise<Socket> {
  const address = socketPath ? { path: socketPath } : { host, port };
  return new Promise((resolve, reject) => {
    const socket = secure ? connectTls({ ...address, ...secure }) : connect(address);
    let connected = false;
    const fail = (error: Error) => {
      socket.destroy();
      reject(connected ? Object.assign(error, { [HANDSHAKE]: true }) : error);
    };
    const late = () => {
      if (connected) fail(Object.assign(new Error('no handshake'), { code: 'ERR_SSL_HANDSHAKE_TIMEOUT' }));
      else fail(new Error(`no connection within ${CONNECT_MS} ms`));
    };
    const timer = setTimeout(late, CONNECT_MS);
    socket
      .once('error', fail)
      .once('close', () => clearTimeout(timer))
      .once('connect', () => {
        connected = true;
      })
      .once(secure ? 'secureConnect' : 'connect', () => {
        clearTimeout(timer);
        // Later errors belong to the conversation.
        socket.off('error', fail).on('error', () => {});
        resolve(socket);
      });
  });
}

type Fault = Error | 'silent' | 'perhaps TLS';

/**
 * Sends what the server refuses by itself: an app must not get a request that no caller has made. So every answer counts,
 * and a connection that is closed without one says nothing.
 */
function askH1({ authority }: Target, socket: Socket): Promise<Fault | undefined> {
  return new Promise((resolve) => {
    let text = '';
    const settle = (fault?: Fault) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(fault);
    };
    const onEnd = () => {
      if (text !== '' && !text.startsWith('HTTP/')) settle(withCode('HPE_INVALID_CONSTANT'));
      // Some servers have a page for plain HTTP on a TLS port, and nginx has one that does not say so.
      else settle(text === '' || /tls|ssl|https|nginx|openresty/i.test(text) ? 'perhaps TLS' : undefined);
    };
    const timer = setTimeout(() => (text === '' ? settle('silent') : onEnd()), RESPONSE_MS);
    socket
      .on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
        if (!text.startsWith('HTTP/'.slice(0, text.length)) || text.length > 4096) onEnd();
      })
      .once('close', onEnd);
    // A request line of four words is valid nowhere.
    socket.write(`GET / tsexpose HTTP/1.1\r\nHost: ${authority}\r\nUser-Agent: tsexpose\r\n\r\n`);
  });
}

/** Waits for the settings, which the server sends by itself. */
function askH2(socket: Socket): Promise<Fault | undefined> {
  return new Promise((resolve) => {
    const session = connectH2('http://localhost', { createConnection: () => socket });
    const settle = (fault?: Fault) => {
      clearTimeout(timer);
      resolve(fault);
      session.destroy();
    };
    const timer = setTimeout(() => settle('silent'), RESPONSE_MS);
    session
      .once('remoteSettings', () => settle())
      .on('error', settle)
      .once('close', () => settle(withCode('ERR_HTTP2_NO_SETTINGS')));
  });
}

async function speaksTls(target: Target): Promise<boolean> {
  try {
    (await open(target, { rejectUnauthorized: false })).destroy();
    return true;
  } catch {
    return false;
  }
}

async function speaksH2(target: Target, secure: boolean): Promise<boolean> {
  try {
    const socket = await open(target, secure ? { ...tlsOptions(target), ALPNProtocols: ['h2'] } : undefined);
    if (!secure) return (await askH2(socket)) === undefined;
    socket.destroy();
    return (socket as TLSSocket).alpnProtocol === 'h2';
  } catch {
    return false;
  }
}

function withCode(code: string): Error {
  return Object.assign(new Error(code), { code });
}

function explain(error: Error, target: Target): Problem {
  const { message, suggestions } = diagnose(error, target);
  return { message, suggestions };
}

function unreachable({ url }: Target, reason: string): Problem {
  return {
    message: `Nothing is listening on ${url} yet (${reason}).`,
    suggestions: ['Start the app. Requests reach it as soon as it listens.'],
  };
}

function expectsTls({ protocol, authority, socketPath }: Target): Problem {
  if (socketPath) {
    return {
      message: `${socketPath} expects TLS, which tsexpose only speaks to ports.`,
      suggestions: ['Turn TLS off in the app: only this machine can reach a unix socket.'],
    };
  }
  return {
    message: `${authority} expects TLS, and ${protocol}:// has none.`,
    suggestions: [`tsexpose https+insecure://${authority}`],
  };
}

function silent({ url }: Target): Problem {
  return {
    message: `${url} accepts connections, but did not respond within ${RESPONSE_MS / 1000} seconds.`,
    suggestions: ['If the app hangs, restart it. If it is still starting, requests wait for it.'],
  };
}
