import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findLogs, NewLog } from '../../../src/cli/background/log-file.ts';

let parent: string;
let directory: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'tsexpose-log-'));
  directory = join(parent, 'tsexpose/.logs');
});
afterEach(() => rmSync(parent, { recursive: true }));

const modeOf = (path: string) => statSync(path).mode & 0o777;

describe('the log of a node in the background', () => {
  it('can only be listed and read by its owner', () => {
    const log = new NewLog('web', directory);
    log.giveTo(process.pid);
    expect(modeOf(directory)).toBe(0o700);
    expect(modeOf(log.path)).toBe(0o600);
    expect(log.path).toBe(join(directory, `web-${process.pid}.log`));
  });

  it('leaves one log of an earlier node of this name, and those of others', () => {
    new NewLog('web', directory).giveTo(process.pid);
    // No process has these numbers.
    for (const pid of [4_194_305, 4_194_306]) writeFileSync(join(directory, `web-${pid}.log`), '');
    writeFileSync(join(directory, 'api-4194305.log'), '');
    const log = new NewLog('web', directory);
    expect(
      findLogs(directory)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['api', 'web', 'web']);
    log.remove();
    expect(readdirSync(directory)).toHaveLength(3);
  });

  it('is an error with a cure if it cannot be created', () => {
    writeFileSync(join(parent, 'tsexpose'), '');
    expect(() => new NewLog('web', directory)).toThrow(
      expect.objectContaining({
        code: 'ERR_TSEXPOSE_STATE_DIR',
        suggestions: [`ls -ld ${directory}`, expect.anything()],
      }),
    );
  });
});
