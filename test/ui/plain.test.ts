import { describe, expect, it } from 'vitest';
import type { ExposeEvent, RequestEvent } from '../../src/events.ts';
import { plainLines } from '../../src/ui/plain.ts';

const at = new Date(2026, 0, 2, 14, 2, 11);
const lines = (event: ExposeEvent) => plainLines(event, at).map(({ stream, text }) => `${stream}: ${text}`);

const request: RequestEvent = {
  event: 'request',
  method: 'GET',
  path: '/a?b=c',
  status: 200,
  ms: 12.4,
  bytes: 5,
  caller: { kind: 'user', who: 'alice@example.com', ip: '100.64.0.2' },
};

describe('plainLines', () => {
  it('has the address first, on stdout', () => {
    expect(
      lines({
        event: 'ready',
        name: 'myapp',
        fqdn: 'myapp.tail1.ts.net',
        urls: ['http://myapp.tail1.ts.net', 'http://myapp'],
        ips: ['100.64.0.1'],
        target: 'http://localhost:3000',
      }),
    ).toEqual([
      'stdout: http://myapp.tail1.ts.net -> http://localhost:3000',
      'stdout: also at http://myapp, 100.64.0.1',
    ]);
  });

  it('tells a response that broke off', () => {
    expect(lines({ ...request, error: 'http_response_incomplete' })).toEqual([
      'stdout: 14:02:11 alice@example.com GET /a?b=c 200 (incomplete) 12 ms',
    ]);
    expect(lines({ ...request, status: 502, error: 'connection_refused' })).toEqual([
      'stdout: 14:02:11 alice@example.com GET /a?b=c 502 12 ms',
    ]);
  });

  it('names the URLs open to the internet', () => {
    const urls = ['https://myapp.tail1.ts.net'];
    expect(lines({ event: 'addresses', urls, public: urls })).toEqual([
      'stderr: now at https://myapp.tail1.ts.net',
      'stderr: on the public internet: https://myapp.tail1.ts.net',
    ]);
    expect(lines({ event: 'addresses', urls })).toHaveLength(1);
  });

  it('has one line per request', () => {
    expect(lines(request)).toEqual(['stdout: 14:02:11 alice@example.com GET /a?b=c 200 12 ms']);
  });

  it('says that a caller disconnected before a response', () => {
    expect(lines({ ...request, status: 0, ms: 3400 })).toEqual([
      'stdout: 14:02:11 alice@example.com GET /a?b=c gone 3.4 s',
    ]);
  });

  it('keeps a forged line break out of the log', () => {
    const who = 'a\n00:00:00 root@example.com GET / 200 1 ms';
    expect(lines({ ...request, caller: { ...request.caller, who } })).toHaveLength(1);
    expect(lines({ ...request, caller: { ...request.caller, who } })[0]).not.toContain('\n');
  });

  it('writes progress to stderr', () => {
    expect([
      ...lines({ event: 'state', state: 'starting' }),
      ...lines({ event: 'state', state: 'needs-approval', message: 'ask an admin' }),
      ...lines({ event: 'login', url: 'https://login.example.com/a/1' }),
      ...lines({ event: 'warning', code: 'ECONNREFUSED', message: 'Nothing listens.', suggestions: ['npm run dev'] }),
      ...lines({ event: 'error', code: 'ERR_TSEXPOSE_TIMEOUT', message: 'Not up in time.' }),
      ...lines({ event: 'closed', reason: 'interrupted' }),
    ]).toEqual([
      'stderr: starting',
      'stderr: waiting for admin approval: ask an admin',
      'stderr: to log in, open https://login.example.com/a/1 in a browser',
      'stderr: warning: Nothing listens.',
      'stderr:   try: npm run dev',
      'stderr: error: Not up in time.',
      'stderr: closed: interrupted',
    ]);
  });

  it('does not announce running twice', () => {
    expect(lines({ event: 'state', state: 'running' })).toEqual([]);
  });
});
