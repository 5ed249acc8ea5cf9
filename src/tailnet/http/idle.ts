import type net from 'node:net';
import type { TailnetServer } from '../net/server.ts';

/** How often a closing server looks for connections that have become idle, in milliseconds. */
const INTERVAL = 100;

/**
 * Closes a server's idle keep-alive connections while its tailnet port closes: they would hold the port open until they
 * time out. A connection becomes idle with its last answer, hence the look now and then.
 */
export function closeIdleWith(port: TailnetServer, server: net.Server & { closeIdleConnections?(): void }): void {
  port.once('closing', () => {
    const close = () => server.closeIdleConnections?.();
    close();
    const timer = setInterval(close, INTERVAL).unref();
    port.once('close', () => clearInterval(timer));
  });
}
