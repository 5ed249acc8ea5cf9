import type { AdminClient } from './client.ts';

/** What `Sandbox.door` takes. */
export interface DoorOptions {
  /** Port on 127.0.0.1. @default 0, a free one */
  port?: number;
  /** Which of the person's devices connects; it is started if need be. @default the person's laptop */
  hostname?: string;
}

/** What `Sandbox.funnel` takes. */
export interface FunnelOptions {
  /** Port on 127.0.0.1. @default 0, a free one */
  port?: number;
  /** Address of the visitor, such as `203.0.113.7`. @default the caller's own, on loopback */
  visitor?: string;
}

/** A port on loopback whose connections arrive at a tailnet address as somebody. */
export interface Door {
  /** The door as a URL, `http://127.0.0.1:PORT`; `https` where the target's port is 443, 8443 or 10000. */
  url: string;
  host: string;
  port: number;
  /** Stops listening; connections that are open stay. Idempotent. */
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
    // It closes with the sandbox, which may be on its way.
    closed ??= client.request('DELETE', `/doors/${id}`).catch((error) => {
      if (!client.ended) throw error;
    });
    return closed;
  };
  const scheme = /:(443|8443|10000)$/.test(target) ? 'https' : 'http';
  return { url: `${scheme}://${host}:${port}`, host, port, close, [Symbol.asyncDispose]: close };
}
