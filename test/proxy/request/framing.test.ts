import { describe, expect, it } from 'vitest';
import { requestHead } from '../../../src/proxy/inbound/h2-message.ts';
import { type RequestHead, readFraming } from '../../../src/proxy/request/framing.ts';
import { forwardPath } from '../../../src/proxy/request/path.ts';

const head = (rawHeaders: string[], httpVersion = '1.1') => ({ method: 'POST', target: '/', httpVersion, rawHeaders });
const HOST = ['Host', 'myapp'];

// Most of this never gets past the parser of Node; the passes do not rely on that, and other fronts have other parsers.
describe('the framing of a request', () => {
  it.each([
    ['two Hosts', ['Host', 'a', 'host', 'a'], 400],
    ['no Host', [], 400],
    ['two lengths', [...HOST, 'Content-Length', '1', 'content-length', '1'], 400],
    ['a length that is none', [...HOST, 'Content-Length', '+1'], 400],
    ['a length beyond counting', [...HOST, 'Content-Length', '9'.repeat(16)], 400],
    ['two codings', [...HOST, 'Transfer-Encoding', 'chunked', 'transfer-encoding', 'chunked'], 400],
    ['another coding', [...HOST, 'Transfer-Encoding', 'gzip, chunked'], 400],
    ['a coding and a length', [...HOST, 'Transfer-Encoding', 'chunked', 'Content-Length', '1'], 400],
    ['129 KiB', [...HOST, 'X', 'x'.repeat(129 * 1024)], 431],
    ['1025 headers', Array.from({ length: 1025 }, (_, i) => [`X-${i}`, '']).flat(), 431],
  ])('is refused with %s', (_, rawHeaders, status) => {
    expect(readFraming(head(rawHeaders))).toMatchObject({ status, reason: expect.any(String) });
  });

  it.each(['1.0', '2.0'])('is refused with a transfer coding in HTTP/%s', (version) => {
    expect(readFraming(head([...HOST, 'Transfer-Encoding', 'chunked'], version))).toMatchObject({ status: 400 });
  });

  it.each(['a', 'a.b-c_d~e', 'a:80', '127.0.0.1:80', '[::1]', '[fd7a::1]:80', 'xn--a', 'a.'])(
    'takes the host %s',
    (host) => {
      expect(readFraming(head(['Host', host]))).toMatchObject({ host });
    },
  );

  it.each(['', ' ', 'a b', 'a/b', 'a@b', 'a,b', 'a:b', 'a:123456', '[::1', 'a]', 'a?b', 'a#b', 'a\\b', 'ä'])(
    'refuses the host %j',
    (host) => {
      expect(readFraming(head(['Host', host]))).toMatchObject({ status: 400 });
    },
  );

  it('tells what follows', () => {
    expect(readFraming(head([...HOST, 'TE', 'gzip;q=0, trailers', 'Content-Length', '12']))).toEqual({
      host: 'myapp',
      contentLength: '12',
      chunked: false,
      trailers: true,
    });
    expect(readFraming(head([...HOST, 'Transfer-Encoding', 'Chunked', 'TE', 'no-trailers']))).toMatchObject({
      chunked: true,
      trailers: false,
    });
  });
});

describe('the head of an HTTP/2 request', () => {
  it('keeps a second Host for the framing to refuse', () => {
    const raw = [':method', 'GET', ':scheme', 'https', ':path', '/', 'host', 'a', 'host', 'b'];
    const request = requestHead(raw, false, 'https');
    expect(readFraming(request as RequestHead)).toMatchObject({ status: 400 });
  });

  it('has no pseudo-header among its headers', () => {
    const raw = [
      ':method',
      'GET',
      ':scheme',
      'https',
      ':path',
      '/',
      ':authority',
      'a',
      ':protocol',
      'websocket',
      'x',
      'y',
    ];
    expect(requestHead(raw, false, 'https')).toMatchObject({ rawHeaders: ['host', 'a', 'x', 'y'] });
  });
});

describe('the path of a request', () => {
  it.each([
    ['/x?y', false, '/x?y'],
    ['//evil/x', false, '//evil/x'],
    ['http://myapp/x?y', false, '/x?y'],
    ['HTTP://MyApp', false, '/'],
    ['http://myapp?y', false, '/?y'],
    ['https://myapp/x', true, '/x'],
  ])('of %s is forwarded', (target, secure, path) => {
    expect(forwardPath(target, 'myapp', secure, '')).toBe(path);
  });

  it.each([
    ['*', false],
    ['', false],
    ['x', false],
    ['myapp:80', false],
    ['/x#y', false],
    ['/a b', false],
    ['/\u00e4', false],
    ['/\u0001', false],
    ['/\u007f', false],
    ['http://other/x', false],
    ['http://myapp:80/x', false],
    ['http://user@myapp/x', false],
    ['http://myapp/x', true],
    ['https://myapp/x', false],
    ['ftp://myapp/x', false],
  ])('of %j is refused', (target, secure) => {
    expect(forwardPath(target, 'myapp', secure, '')).toMatchObject({ status: 400 });
  });
});
