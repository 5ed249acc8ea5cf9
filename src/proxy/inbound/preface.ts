/** HTTP/2 without TLS from callers (RFC 9113 §3.3): only the first bytes tell which version it is. */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

// No HTTP/1.1 method begins like this.
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n', 'latin1');
const PRIOR_KNOWLEDGE = Symbol('prior knowledge');

/** Whether a connection uses HTTP/2. */
export function isH2(socket: Socket): boolean {
  return (socket as TLSSocket).alpnProtocol === 'h2' || PRIOR_KNOWLEDGE in socket;
}

/**
 * Reads the first bytes of a connection, puts them back, and calls `decided`. A connection that sends nothing for
 * `patience` milliseconds is closed; 0 means no limit.
 */
export function readPreface(socket: Socket, patience: number, decided: () => void): void {
  // rule: a connection that sends nothing is closed — mutate: patience > 0 => false
  const timer = patience > 0 ? setTimeout(() => socket.destroy(), patience).unref() : undefined;
  let bytes: Buffer = Buffer.alloc(0);
  const settle = () => {
    clearTimeout(timer);
    socket.off('data', onData).off('end', settle).off('close', settle).pause();
    if (socket.destroyed) return;
    if (bytes.length > 0) socket.unshift(bytes);
    if (bytes.subarray(0, PREFACE.length).equals(PREFACE)) Object.assign(socket, { [PRIOR_KNOWLEDGE]: true });
    decided();
    // HTTP/2 reads what was put back on its own.
    if (!isH2(socket)) socket.resume();
  };
  const onData = (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    const length = Math.min(bytes.length, PREFACE.length);
    const mayBe = bytes.subarray(0, length).equals(PREFACE.subarray(0, length));
    if (!mayBe || length === PREFACE.length) settle();
  };
  socket.on('data', onData).once('end', settle).once('close', settle);
}
