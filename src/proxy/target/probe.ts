/** Checks once whether a target is there, so that the warning comes before the first caller does. */
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { diagnose } from './diagnose.ts';
import type { Target } from './target-types.ts';
import { tlsOptions } from './tls.ts';

const PATIENCE_MS = 1000;

/** Returns why the target would not respond right now, with what to do; undefined if something listens. */
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
    const settle = (problem?: { message: string; suggestions: string[] }) => {
      socket.destroy();
      resolve(problem);
    };
    const unreachable = (reason: string) => ({
      message: `Nothing is listening on ${target.url} yet (${reason}).`,
      suggestions: ['Start the app. Requests reach it as soon as it listens.'],
    });
    socket.setTimeout(PATIENCE_MS, () => settle(unreachable(`no connection within ${PATIENCE_MS} ms`)));
    socket.once('connect', () => {
      connected = true;
      if (!secure) settle();
    });
    socket.once('secureConnect', () => settle());
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (!connected) return settle(unreachable(error.code ?? error.message));
      // The target is there, but its TLS is not what was expected.
      const { message, suggestions } = diagnose(error, target);
      settle({ message, suggestions });
    });
  });
}
