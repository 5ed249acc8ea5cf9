import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lastLines } from '../../../src/cli/background/last-lines.ts';
import { LogRotation } from '../../../src/cli/background/log-rotation.ts';

let directory: string;
let path: string;
let fd: number;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tsexpose-log-'));
  path = join(directory, 'web-1.log');
  fd = openSync(path, 'ax', 0o600);
});
afterEach(() => {
  closeSync(fd);
  rmSync(directory, { recursive: true });
});

function write(rotation: LogRotation, ...lines: string[]): void {
  for (const line of lines) rotation.wrote(writeSync(fd, `${line}\n`));
}

describe('a log that grows too long', () => {
  it('moves to a second file, and loses nothing of the last part', () => {
    const rotation = new LogRotation(path, fd, 8);
    write(rotation, 'one', 'two', 'three');
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('one\ntwo\n');
    expect(readFileSync(path, 'utf8')).toBe('three\n');
    expect(statSync(`${path}.1`).mode & 0o777).toBe(0o600);
  });

  it('is bounded', () => {
    const rotation = new LogRotation(path, fd, 1000);
    for (let line = 0; line < 1000; line++) write(rotation, 'a line of the log');
    expect(statSync(path).size + statSync(`${path}.1`).size).toBeLessThan(2100);
  });

  it('counts what was written before', () => {
    writeSync(fd, 'earlier\n');
    write(new LogRotation(path, fd, 12), 'more');
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('earlier\nmore\n');
  });

  it('is read with its older part, without an unfinished line', async () => {
    write(new LogRotation(path, fd, 8), 'one', 'two', 'three');
    writeSync(fd, 'unfin');
    expect(await lastLines(path)).toEqual({ lines: ['one', 'two', 'three'], end: 6 });
    expect(await lastLines(path, 2)).toEqual({ lines: ['two', 'three'], end: 6 });
    expect(await lastLines(path, 0)).toEqual({ lines: [], end: 6 });
  });
});
