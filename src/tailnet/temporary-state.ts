import { rmSync } from 'node:fs';

const directories = new Set<string>();

process.on('exit', () => {
  for (const directory of directories)
    rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 10 });
});

/**
 * Sees to it that what tsnet writes for a node without a state directory (certificates, logs; its keys stay in memory)
 * does not outlive the process, should that end while the node is open. Returns what to call once the node is closed
 * and has removed it itself.
 */
export function removeAtExit(directory: string): () => void {
  directories.add(directory);
  return () => directories.delete(directory);
}
