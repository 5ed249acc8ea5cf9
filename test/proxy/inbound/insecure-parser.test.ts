import { spawnSync } from 'node:child_process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createFedServer } from '../../../src/proxy/inbound/node-server.ts';
import { DEFAULT_TIMEOUTS } from '../../../src/proxy/request/timeouts.ts';

describe('the proxy under --insecure-http-parser', () => {
  const refusal = expect.objectContaining({ code: 'ERR_TSEXPOSE_INSECURE_PARSER' });

  it.each(['--insecure-http-parser', '--max-http-header-size=1 --insecure_http_parser', '"--insecure-http-parser"'])(
    'refuses to start: NODE_OPTIONS=%s',
    (options) => {
      const before = process.env.NODE_OPTIONS;
      onTestFinished(() => {
        if (before === undefined) delete process.env.NODE_OPTIONS;
        else process.env.NODE_OPTIONS = before;
      });
      process.env.NODE_OPTIONS = options;
      expect(() => createFedServer(DEFAULT_TIMEOUTS)).toThrowError(refusal);
    },
  );

  it('refuses to start: node --insecure-http-parser', () => {
    process.execArgv.push('--insecure-http-parser');
    onTestFinished(() => {
      process.execArgv.pop();
    });
    expect(() => createFedServer(DEFAULT_TIMEOUTS)).toThrowError(refusal);
  });

  it('would see the flag: Node leaves it in process.execArgv', () => {
    const { stdout } = spawnSync(process.execPath, ['--insecure-http-parser', '-p', 'process.execArgv.join()'], {
      encoding: 'utf8',
    });
    expect(stdout.trim().split(',')).toContain('--insecure-http-parser');
  });

  it('starts without it', () => {
    createFedServer(DEFAULT_TIMEOUTS).close();
  });
});
