/** Bytes between a visitor and a TCP service, for connections whose TLS ended here; plain ones are spliced in Go. */
import { connect, type Socket } from 'node:net';
import { DEFAULT_TIMEOUTS } from '../request/timeouts.ts';
import type { Target } from '../target/target.ts';
import { joinStreams } from './tunnel.ts';

/** Options of {@link forwardTcp}. */
export interface TcpForwardOptions {
  target: Target;
  /** Bytes for the service in front of the visitor's: a PROXY header. @default none */
  preface?: Buffer;
  /** Called when the service cannot be reached. */
  onFailure: (error: NodeJS.ErrnoException) => void;
  /** Called when both sides have closed. */
  onEnd: () => void;
}

/** Joins a visitor's connection with one to the service, each half ended on its own. */
export function forwardTcp(visitor: Socket, { target, preface, onFailure, onEnd }: TcpForwardOptions): void {
  const address = target.socketPath ? { path: target.socketPath } : { host: target.host, port: target.port };
  const service = connect({ ...address, allowHalfOpen: true, noDelay: true });
  const timer = setTimeout(() => service.destroy(timedOut()), DEFAULT_TIMEOUTS.connect);
  const fail = (error: NodeJS.ErrnoException) => {
    clearTimeout(timer);
    visitor.off('close', leave).destroy();
    onFailure(error);
    onEnd();
  };
  const leave = () => {
    clearTimeout(timer);
    service.destroy();
    onEnd();
  };
  visitor.on('error', () => {}).once('close', leave);
  service.once('error', fail).once('connect', () => {
    clearTimeout(timer);
    service.off('error', fail);
    visitor.off('close', leave);
    if (preface) service.write(preface);
    joinStreams(visitor, service, onEnd);
  });
}

function timedOut(): NodeJS.ErrnoException {
  return Object.assign(new Error('The service did not take the connection in time'), { code: 'ETIMEDOUT' });
}
