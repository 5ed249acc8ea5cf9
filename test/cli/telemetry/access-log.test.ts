import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AccessLog } from '../../../src/cli/telemetry/access-log.ts';
import { accessLogLine } from '../../../src/cli/telemetry/line.ts';
import { maskQuery, withoutQueryValues } from '../../../src/cli/telemetry/query.ts';
import type { RequestEvent } from '../../../src/events.ts';

const EVENT: RequestEvent = {
  event: 'request',
  method: 'GET',
  path: '/a',
  status: 200,
  ms: 1.25,
  bytes: 12,
  caller: { kind: 'user', who: 'alice@example.com', ip: '100.64.0.1' },
  time: '2026-11-28T12:00:00.000Z',
  host: 'myapp',
  userAgent: 'curl/8',
  protocol: 'HTTP/1.1',
};

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tsx-log-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function open(path: string, format: 'json' | 'common' | 'combined' = 'json') {
  const troubles: string[] = [];
  return { log: new AccessLog({ path, format, onTrouble: (message) => troubles.push(message) }), troubles };
}

const linesOf = (path: string) => readFileSync(path, 'utf8').trimEnd().split('\n');

describe('a line of the access log', () => {
  it('is common or combined as Apache writes it, with the login', () => {
    const common =
      /^100\.64\.0\.1 - alice@example\.com \[\d\d\/Nov\/2026:\d\d:00:00 [+-]\d{4}\] "GET \/a HTTP\/1\.1" 200 12$/;
    expect(accessLogLine(EVENT, 'common')).toMatch(common);
    expect(accessLogLine(EVENT, 'combined')).toMatch(/ 200 12 "-" "curl\/8"$/);
    expect(accessLogLine({ ...EVENT, referer: 'http://myapp/' }, 'combined')).toMatch(/ "http:\/\/myapp\/" "curl\/8"$/);
  });

  it('has no user for a caller without an identity, 499 for one that left, and no request that was not read', () => {
    const caller = { kind: 'funnel', who: '203.0.113.9', ip: '203.0.113.9' } as const;
    const line = accessLogLine({ ...EVENT, method: '', path: '', status: 0, bytes: 0, caller }, 'common');
    expect(line).toMatch(/^203\.0\.113\.9 - - \[.*\] "-" 499 -$/);
  });

  it.each(['json', 'common', 'combined'] as const)(
    'stays one %s line of ASCII controls, whatever callers send',
    (format) => {
      const evil = '/"\\\n\r\u001b[2J\u0085\u00e9\u2028" 200 1';
      const caller = { kind: 'user', who: 'eve [x] "y"\n@example.com', ip: '100.64.0.2' } as const;
      const line = accessLogLine({ ...EVENT, path: evil, userAgent: evil, referer: evil, caller }, format);
      expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028]/);
      if (format === 'json') expect(JSON.parse(line)).toMatchObject({ path: evil, caller });
      else {
        const parsed = /^(\S+) - (\S+) \[([^\]]+)\] "((?:[^"\\]|\\.)*)" (\d+) (\d+)/.exec(line);
        expect(parsed?.slice(1)).toMatchObject([
          '100.64.0.2',
          'eve\\x20\\x5bx\\x5d\\x20\\"y\\"\\x0a@example.com',
          expect.any(String),
          expect.stringContaining('\\x0a\\x0d\\x1b[2J\\x85\\xe9'),
          '200',
          '12',
        ]);
      }
    },
  );
});

describe('a query in the log', () => {
  it.each([
    ['/a', '/a'],
    ['/a?token=s3cret&b=2&b=3', '/a?token=***&b=***&b=***'],
    ['/a?x==&empty=&raw&eyJhbGciOi.J9', '/a?x=***&empty=&raw&***'],
    ['/a?u=http://x/?y=1', '/a?u=***'],
    ['/?', '/?'],
  ])('has no values: %s', (url, masked) => {
    expect(maskQuery(url)).toBe(masked);
    expect(withoutQueryValues({ ...EVENT, path: url, referer: `http://h${url}` })).toMatchObject({
      path: masked,
      referer: `http://h${masked}`,
    });
  });
});

describe('an access log', () => {
  it('is written in order, readable by its owner alone, and continued', async () => {
    const path = join(directory, 'access.log');
    for (const part of ['a', 'b']) {
      const { log } = open(path);
      for (let i = 0; i < 500; i++) log.write({ ...EVENT, path: `/${part}${i}` });
      await log.close();
      log.write(EVENT);
    }
    const paths = linesOf(path).map((line) => JSON.parse(line).path);
    expect(paths).toEqual(['a', 'b'].flatMap((part) => Array.from({ length: 500 }, (_, i) => `/${part}${i}`)));
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('goes on in a new file when it is reopened, and in the old one if it cannot be', async () => {
    const path = join(directory, 'logs/access.log');
    mkdirSync(join(directory, 'logs'));
    const { log, troubles } = open(path);
    log.write({ ...EVENT, path: '/1' });
    renameSync(path, `${path}.1`);
    log.reopen();
    await log.flush();
    log.write({ ...EVENT, path: '/2' });
    await log.flush();
    expect([linesOf(`${path}.1`), linesOf(path)].map((lines) => lines.map((line) => JSON.parse(line).path))).toEqual([
      ['/1'],
      ['/2'],
    ]);
    renameSync(join(directory, 'logs'), join(directory, 'moved'));
    log.reopen();
    log.write({ ...EVENT, path: '/3' });
    await log.close();
    expect(troubles).toEqual([expect.stringContaining('ENOENT')]);
    expect(linesOf(join(directory, 'moved/access.log'))).toHaveLength(2);
  });

  it('that cannot be opened is an error before anything starts', () => {
    expect(() => open(join(directory, 'none/access.log'))).toThrow(/Cannot open the access log .*ENOENT/);
    expect(() => open(directory)).toThrow(/EISDIR/);
  });

  it.skipIf(!existsSync('/dev/full'))('on a full disk loses lines, says so once, and goes on', async () => {
    const { log, troubles } = open('/dev/full');
    for (let i = 0; i < 3; i++) {
      log.write(EVENT);
      await log.flush();
    }
    expect(troubles).toEqual([expect.stringContaining('ENOSPC')]);
    await log.close();
  });

  it('does not wait for the reader of a pipe', async () => {
    const { execFileSync } = await import('node:child_process');
    const path = join(directory, 'pipe');
    execFileSync('mkfifo', [path]);
    expect(() => open(path)).toThrow(/ENXIO/);
    const reader = openSync(path, 'r+');
    const { log, troubles } = open(path);
    for (let i = 0; i < 2000; i++) log.write(EVENT);
    await log.close();
    expect(troubles).toEqual([expect.stringContaining('EAGAIN')]);
    closeSync(reader);
  });
});
