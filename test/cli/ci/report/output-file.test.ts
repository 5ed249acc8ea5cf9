import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appendOutputs, writeDotenv } from '../../../../src/cli/ci/report/output-file.ts';
import { parseOutputs } from './runner.ts';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tsx-output-'));
  path = join(directory, 'output');
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('the outputs of a GitHub step', () => {
  it('are read as they were written, after those of earlier steps', () => {
    appendOutputs(path, { url: 'https://a.ts.net', name: 'a' });
    appendOutputs(path, { url: 'https://b.ts.net' });
    expect(parseOutputs(readFileSync(path, 'utf8'))).toEqual({ url: 'https://b.ts.net', name: 'a' });
  });

  it('stay those that were written, whatever is in a value', () => {
    const [, first] = /<<(.*)/.exec(outputOf('x')) ?? [];
    for (const end of ['EOF', 'ghadelimiter_x', first!, '']) {
      const value = `x\n${end}\nurl<<${end}\nhttps://evil.example\n${end}\nadmin=true`;
      expect(parseOutputs(outputOf(value))).toEqual({ value });
    }
  });
});

function outputOf(value: string): string {
  rmSync(path, { force: true });
  appendOutputs(path, { value });
  return readFileSync(path, 'utf8');
}

describe('the variables for later GitLab jobs', () => {
  it('are one line each', () => {
    writeDotenv(path, { URL: 'https://a.ts.net', NAME: 'a\r\nPATH=/tmp\nLD_PRELOAD=x' });
    expect(readFileSync(path, 'utf8')).toBe('URL=https://a.ts.net\nNAME=a PATH=/tmp LD_PRELOAD=x\n');
  });
});
