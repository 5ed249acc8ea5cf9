import { rmSync } from 'node:fs';

const directories = new Set<string>();

process.on('exit', () => {
  for (const directory of directories)
    rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 10 });
});

/**
 * Removes what tsnet writes for a node without a state directory (certificates and logs; its keys stay in memory) if the
 * process exits while the node is open. Returns a function to call once the node has closed and removed it by itself.
 */
export function removeAtExit(directory: string): () => void {
  directories.add(directory);
  return () => directories.delete(directory);
}
