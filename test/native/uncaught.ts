import { once } from 'node:events';

/** Does something, and resolves with the uncaught exception and with the origin that Node reports. */
export async function uncaughtAt(act: () => unknown): Promise<[message: string, origin: string]> {
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  try {
    const caught = once(process, 'uncaughtException');
    await act();
    const [error, origin] = await caught;
    return [error.message, origin];
  } finally {
    for (const listener of others) process.on('uncaughtException', listener);
  }
}
