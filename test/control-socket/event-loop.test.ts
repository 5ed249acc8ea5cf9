import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openControlSocket } from '../../src/control-socket/server.ts';

it('a published instance does not keep the process alive', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tsexpose-in-'));
  // Node.js lists here what holds the process.
  const held = () => process.getActiveResourcesInfo().filter((resource) => resource.startsWith('Pipe'));
  const before = held();
  const source = { status: () => Promise.reject(), whois: () => Promise.reject(), close: () => undefined };
  await using _ = await openControlSocket(source, directory);
  expect(held()).toEqual(before);
  rmSync(directory, { recursive: true });
});
