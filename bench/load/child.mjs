// Runs a load generator of ours in a process of its own.
import { fork } from 'node:child_process';
import { once } from 'node:events';

/**
 * Calls the default export of a module in a child process and returns its result, and how to end the process, which
 * keeps its connections until then.
 */
export async function inChild(module, options) {
  const child = fork(import.meta.filename, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const exited = once(child, 'exit');
  const stop = () => {
    child.kill('SIGKILL');
    return exited;
  };
  const timeout = setTimeout(stop, ((options.seconds ?? 0) + 60) * 1000);
  child.send({ module, options });
  const [answer] = await Promise.race([
    once(child, 'message'),
    exited.then(() => [{ error: 'the load generator did not finish' }]),
  ]);
  clearTimeout(timeout);
  if (!answer.error) return { result: answer.result, stop };
  await stop();
  throw new Error(answer.error);
}

/** Returns the value below which a share of all values lie. */
export function percentile(values, share) {
  return values.length > 0 ? values.sort((a, b) => a - b)[Math.floor((values.length - 1) * share)] : undefined;
}

if (process.send && process.argv[1] === import.meta.filename) {
  // Not a top-level await: the module may import this one.
  process.once('message', async ({ module, options }) => {
    try {
      process.send({ result: await (await import(module)).default(options) });
    } catch (error) {
      process.send({ error: error.message });
    }
  });
}
