import type { AdminClient } from './client.ts';

/** Options of `Sandbox.door`. */
export interface DoorOptions {
  /** Port on 127.0.0.1. @default 0, which picks a free one */
  port?: number;
  /** Which of the person's devices connects; it is started if necessary. @default the person's laptop */
  hostname?: string;
  /**
   * Whether the door itself does TLS with the target, so that programs and browsers reach it with plain HTTP. They do not
   * know the authority of the sandbox.
   * @default false
   */
  tls?: boolean;
}

/** Options of `Sandbox.funnel`. */
export interface FunnelOptions {
  /** Port on 127.0.0.1. @default 0, which picks a free one */
  port?: number;
  /** Address to call from, such as `203.0.113.7`. @default that of the connection to the door */
  visitor?: string;
  /**
   * Whether the door itself does TLS with the target, so that programs and browsers reach it with plain HTTP. They do not
   * know the authority of the sandbox.
   * @default false
   */
  tls?: boolean;
}

/** A port on loopback whose connections arrive at a tailnet address as a given person or device. */
export interface Door {
  /** URL of the door, `http://127.0.0.1:PORT`; `https` if the target's port is 443, 8443 or 10000 and the door does no TLS. */
  url: string;
  host: string;
  port: number;
  /** Stops listening; open connections continue. Idempotent. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Opens a door through the admin interface. */
export async function openDoor(
  client: AdminClient,
  who: string,
  target: string,
  options: DoorOptions | FunnelOptions,
): Promise<Door> {
  const { id, host, port } = await client.request<{ id: string; host: string; port: number }>('POST', '/doors', {
    who,
    target,
    ...options,
  });
  let closed: Promise<void> | undefined;
  const close = () => {
    // It closes with the sandbox, which may already be closing.
    closed ??= client.request('DELETE', `/doors/${id}`).catch((error) => {
      if (!client.ended) throw error;
    });
    return closed;
  };
  const scheme = /:(443|8443|10000)$/.test(target) && !options.tls ? 'https' : 'http';
  return { url: `${scheme}://${host}:${port}`, host, port, close, [Symbol.asyncDispose]: close };
}
