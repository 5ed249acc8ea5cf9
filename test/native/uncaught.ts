import { once } from 'node:events';

/** Does something, and resolves with the exception that nobody caught, and with what Node says it came from. */
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
