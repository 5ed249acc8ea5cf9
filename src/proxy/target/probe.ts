/** Whether the service is there, with a certificate that does: asked once, so that the warning comes before a caller. */
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { diagnose } from './diagnose.ts';
import type { Target } from './target.ts';
import { tlsOptions } from './tls.ts';

const PATIENCE_MS = 1000;

/**
 * Tells why nobody would get an answer from the target just now, with the cure; undefined when something listens.
 */
export function whyUnreachable(target: Target): Promise<{ message: string; suggestions: string[] } | undefined> {
  if (target.local) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const { socketPath, port, host, protocol } = target;
    const secure = protocol === 'https';
    const socket = socketPath
      ? connect(socketPath)
      : secure
        ? connectTls({ port, host, ...tlsOptions(target) })
        : connect(port, host);
    let connected = false;
    const settle = (absence?: { message: string; suggestions: string[] }) => {
      socket.destroy();
      resolve(absence);
    };
    const nothing = (problem: string) => ({
      message: `Nothing answers at ${target.url} yet: ${problem}.`,
      suggestions: ['Start the service; callers get it as soon as it listens.'],
    });
    socket.setTimeout(PATIENCE_MS, () => settle(nothing(`no connection within ${PATIENCE_MS} ms`)));
    socket.once('connect', () => {
      connected = true;
      if (!secure) settle();
    });
    socket.once('secureConnect', () => settle());
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // It is there, and its TLS is not what was expected.
      if (!connected) return settle(nothing(error.code ?? error.message));
      const { message, suggestions } = diagnose(error, target);
      settle({ message, suggestions });
    });
  });
}
