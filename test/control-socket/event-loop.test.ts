import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openControlSocket } from '../../src/control-socket/server.ts';

it('a control socket does not keep the process alive', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tsexpose-in-'));
  // The resources that keep the process alive.
  const held = () => process.getActiveResourcesInfo().filter((resource) => resource.startsWith('Pipe'));
  const before = held();
  const source = { status: () => Promise.reject(), whois: () => Promise.reject(), close: () => undefined };
  await using _ = await openControlSocket(source, directory);
  expect(held()).toEqual(before);
  rmSync(directory, { recursive: true });
});
