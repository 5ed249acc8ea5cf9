// Preloaded into the process of tsexpose (`node --import`): answers questions about it over the IPC channel.
import { readdirSync } from 'node:fs';
import { nativeCounts, nativeRuntime, requestLocalApi } from '../../dist/internal.js';

const answers = {
  resources() {
    const { goroutines, connections } = nativeCounts();
    return {
      rss: process.memoryUsage.rss() / 2 ** 20,
      fds: entries('/proc/self/fd'),
      threads: entries('/proc/self/task'),
      goroutines,
      connections,
    };
  },
  async localApi(method, path) {
    const runtime = nativeRuntime();
    const [node] = runtime.nodes.keys();
    const response = await requestLocalApi(runtime, node, method, path, undefined, {
      signal: AbortSignal.timeout(10_000),
    });
    return response.text();
  },
};

process.on('message', async ({ id, ask, args }) => {
  try {
    process.send({ id, value: await answers[ask](...args) });
  } catch (error) {
    process.send({ id, error: String(error) });
  }
});
// The command ends when it has nothing left to do, as it does without this module.
process.channel.unref();

/** How many entries a directory of /proc has; undefined where the system has none. */
function entries(directory) {
  try {
    return readdirSync(directory).length;
  } catch {
    return undefined;
  }
}
