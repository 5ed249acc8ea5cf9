import { chmodSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openRuntimeDirectory, runtimeDirectory } from '../../src/control-socket/directory.ts';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'tsexpose-rt-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(base, { recursive: true });
});

describe('runtimeDirectory', () => {
  const shared = `tsexpose-${process.getuid!()}`;

  it('is in XDG_RUNTIME_DIR', () => {
    expect(runtimeDirectory({ XDG_RUNTIME_DIR: base })).toBe(join(base, 'tsexpose'));
  });

  it.each([undefined, '', 'relative', '/nonexistent/run'])('is in the temporary directory if that is %j', (xdg) => {
    expect(runtimeDirectory({ XDG_RUNTIME_DIR: xdg })).toBe(join(tmpdir(), shared));
  });

  it('skips a path that is too long for a socket', () => {
    const long = join(base, 'x'.repeat(100));
    mkdirSync(long);
    expect(runtimeDirectory({ XDG_RUNTIME_DIR: long })).toBe(join(tmpdir(), shared));
  });

  it("skips another user's XDG_RUNTIME_DIR, as sudo leaves it behind", () => {
    vi.spyOn(process, 'getuid').mockReturnValue(54321);
    expect(runtimeDirectory({ XDG_RUNTIME_DIR: base })).toBe(join(tmpdir(), 'tsexpose-54321'));
  });
});

describe('openRuntimeDirectory', () => {
  it('creates the directory for this user only', async () => {
    const directory = await openRuntimeDirectory(join(base, 'tsexpose'));
    expect(lstatSync(directory).mode & 0o777).toBe(0o700);
  });

  it('removes access for other users', async () => {
    chmodSync(base, 0o777);
    await openRuntimeDirectory(base);
    expect(lstatSync(base).mode & 0o777).toBe(0o700);
  });

  it('refuses a directory of another user', async () => {
    vi.spyOn(process, 'getuid').mockReturnValue(54321);
    await expect(openRuntimeDirectory(base)).rejects.toMatchObject({
      code: 'ERR_TSEXPOSE_STATE_DIR',
      message: `${base} is not a private directory: it belongs to another user.`,
    });
  });

  it('refuses a link, which may lead to a directory of another user', async () => {
    mkdirSync(join(base, 'target'));
    symlinkSync(join(base, 'target'), join(base, 'link'));
    await expect(openRuntimeDirectory(join(base, 'link'))).rejects.toMatchObject({ code: 'ERR_TSEXPOSE_STATE_DIR' });
  });
});
