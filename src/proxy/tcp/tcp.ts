/** Bytes between a caller and a TCP target, for connections whose TLS ends here; plain ones are spliced in Go. */
import { connect, type Socket } from 'node:net';
import { DEFAULT_TIMEOUTS } from '../request/timeouts.ts';
import type { Target } from '../target/target-types.ts';
import { joinStreams } from './tunnel.ts';

/** Options of {@link forwardTcp}. */
export interface TcpForwardOptions {
  target: Target;
  /** Bytes to send before the caller's: a PROXY header. @default none */
  preface?: Buffer;
  /** Called when the target cannot be reached. */
  onFailure: (error: NodeJS.ErrnoException) => void;
  /** Called when both sides have closed. */
  onEnd: () => void;
}

/** Joins a caller's connection with one to the target; each half ends on its own. */
export function forwardTcp(caller: Socket, { target, preface, onFailure, onEnd }: TcpForwardOptions): void {
  const address = target.socketPath ? { path: target.socketPath } : { host: target.host, port: target.port };
  const upstream = connect({ ...address, allowHalfOpen: true, noDelay: true });
  const timer = setTimeout(() => upstream.destroy(timedOut()), DEFAULT_TIMEOUTS.connect);
  const fail = (error: NodeJS.ErrnoException) => {
    clearTimeout(timer);
    caller.off('close', leave).destroy();
    onFailure(error);
    onEnd();
  };
  const leave = () => {
    clearTimeout(timer);
    upstream.destroy();
    onEnd();
  };
  caller.on('error', () => {}).once('close', leave);
  upstream.once('error', fail).once('connect', () => {
    clearTimeout(timer);
    upstream.off('error', fail);
    caller.off('close', leave);
    if (preface) upstream.write(preface);
    joinStreams(caller, upstream, onEnd);
  });
}

function timedOut(): NodeJS.ErrnoException {
  return Object.assign(new Error('Connecting to the target timed out'), { code: 'ETIMEDOUT' });
}
