import { describe, expect, it } from 'vitest';
import { parseTarget } from '../../../src/proxy/target/target.ts';

describe('parseTarget', () => {
  it.each([
    ['3000', 'http://localhost:3000', { host: 'localhost', port: 3000, authority: 'localhost:3000' }],
    ['80', 'http://localhost', { port: 80, authority: 'localhost' }],
    [':3000', 'http://localhost:3000', { host: 'localhost' }],
    ['127.0.0.1:3000', 'http://127.0.0.1:3000', { host: '127.0.0.1' }],
    ['db_1.internal:8080', 'http://db_1.internal:8080', { host: 'db_1.internal' }],
    ['[::1]:3000', 'http://[::1]:3000', { host: '::1', authority: '[::1]:3000' }],
    ['http://localhost', 'http://localhost', { port: 80 }],
    ['HTTP://localhost:3000/', 'http://localhost:3000', { basePath: '' }],
    ['http://localhost:3000/app/', 'http://localhost:3000/app', { basePath: '/app' }],
    ['http://[fd7a::1]:3000/a%20b', 'http://[fd7a::1]:3000/a%20b', { basePath: '/a%20b' }],
    ['https://localhost', 'https://localhost', { protocol: 'https', port: 443, insecure: false }],
    ['https://localhost:8443', 'https://localhost:8443', { authority: 'localhost:8443' }],
    ['https+insecure://localhost:8443', 'https+insecure://localhost:8443', { protocol: 'https', insecure: true }],
    ['h2c://localhost:50051', 'h2c://localhost:50051', { kind: 'http', protocol: 'h2c' }],
    ['tcp://localhost:5432', 'tcp://localhost:5432', { kind: 'tcp', protocol: 'tcp', port: 5432 }],
    ['unix:/run/app.sock', 'unix:/run/app.sock', { kind: 'http', socketPath: '/run/app.sock', authority: 'localhost' }],
    ['unix:///run/app.sock', 'unix:/run/app.sock', { socketPath: '/run/app.sock' }],
    ['unix:app.sock', 'unix:app.sock', { socketPath: 'app.sock' }],
  ])('reads %s as %s', (text, url, expected) => {
    expect(parseTarget(text)).toMatchObject({ url, ...expected });
    expect(parseTarget(url)).toEqual(parseTarget(text));
  });

  it.each([
    ['', 'Expected a target (a port, host:port or a URL), got nothing.', 'tsexpose 3000'],
    ['  ', 'Expected a target (a port, host:port or a URL), got nothing.', 'tsexpose 3000'],
    ['0', 'Expected a port from 1 to 65535, got "0".', 'tsexpose 3000'],
    ['65536', 'Expected a port from 1 to 65535, got "65536".', 'tsexpose 3000'],
    ['-1', 'Expected a port from 1 to 65535, got "-1".', 'tsexpose 3000'],
    ['localhost:0', 'Expected a port from 1 to 65535, got "0" in localhost:0.', 'tsexpose 3000'],
    [
      'http://localhost:99999',
      'Expected a port from 1 to 65535, got "99999" in http://localhost:99999.',
      'tsexpose 3000',
    ],
    ['abc', 'Expected a port, host:port or a URL, got "abc".', 'tsexpose 3000'],
    ['3000abc', 'Expected a port, host:port or a URL, got "3000abc".', 'tsexpose 3000'],
    ['localhost', 'Expected a port, host:port or a URL, got "localhost".', 'tsexpose localhost:3000'],
    ['example.com', 'Expected a port, host:port or a URL, got "example.com".', 'tsexpose example.com:3000'],
    ['::1', 'Expected a port, host:port or a URL, got "::1".', 'tsexpose [::1]:3000'],
    [
      '/nowhere/app.sock',
      'Expected a directory or a file, and "/nowhere/app.sock" is not there.',
      'tsexpose unix:/nowhere/app.sock',
    ],
    ['./build-it-first', 'Expected a directory or a file, and "./build-it-first" is not there.', 'ls .'],
    ['package.json', 'Expected a path for a file, such as ./package.json', 'tsexpose ./package.json'],
    ['/dev/null', 'Expected a directory or a file, and "/dev/null" is neither.', 'tsexpose /dev'],
    [
      'redirect:200:https://example.com/',
      'Expected an http:// or https:// URL',
      'tsexpose redirect:https://example.com/',
    ],
    ['redirect:301:x', 'Expected an http:// or https:// URL', 'tsexpose redirect:https://example.com/'],
    ['tcp+unix:', 'Expected the path of a unix socket', 'tsexpose unix:/run/app.sock'],
    ['/', 'Expected a directory or a file, and "/" is all files of this machine.', 'tsexpose ./dist'],
    ['text:', 'Expected a text after text:, got none.', 'tsexpose text:hello'],
    ['redirect:x', 'Expected an http:// or https:// URL after redirect:', 'tsexpose redirect:https://example.com/'],
    ['30 00', 'Expected a target without spaces, got "30 00".', 'tsexpose 3000'],
    ['htpp://localhost:3000', 'got "htpp".', 'tsexpose http://localhost:3000'],
    ['ws://localhost:3000', 'got "ws".', 'tsexpose http://localhost:3000'],
    ['postgres://localhost:5432', 'got "postgres".', 'tsexpose tcp://localhost:5432'],
    ['http://', 'Expected http://host:port, got "http://".', 'tsexpose 3000'],
    ['http://[::1', 'Expected http://host:port, got "http://[::1".', 'tsexpose 3000'],
    ['http://[1.2.3.4]:80', 'Expected an IPv6 address in brackets', 'tsexpose 3000'],
    ['http://127.1:80', 'Expected a host name or an IP address, got "127.1".', 'tsexpose 3000'],
    ['0x7f.1:80', 'Expected a host name or an IP address, got "0x7f.1".', 'tsexpose 3000'],
    ['256.1.1.1:80', 'Expected a host name or an IP address, got "256.1.1.1".', 'tsexpose 3000'],
    ['http://localhost:3000/?a=b', 'Expected a target without query and fragment', 'tsexpose http://localhost:3000/'],
    ['http://localhost:3000/a/../b', 'Expected a path without dot segments', 'tsexpose 3000'],
    ['http://localhost:3000/%2E%2e/b', 'Expected a path without dot segments', 'tsexpose 3000'],
    ['http://localhost:3000/ü', 'Expected a percent-encoded path', 'tsexpose 3000'],
    ['tcp://localhost', 'Expected a port, as in tcp://localhost:5432', 'tsexpose 3000'],
    ['tcp://localhost:1/x', 'Expected tcp://host:port without a path', 'tsexpose 3000'],
    ['unix:', 'Expected the path of a unix socket', 'tsexpose unix:/run/app.sock'],
    [`unix:/${'a'.repeat(107)}`, 'Expected the path of a unix socket of at most 107 bytes.', 'tsexpose 3000'],
  ])('refuses %j', (text, message, suggestion) => {
    expect(() => parseTarget(text)).toThrowError(
      expect.objectContaining({
        code: 'ERR_TSEXPOSE_INVALID_TARGET',
        message: expect.stringContaining(message),
        suggestions: expect.arrayContaining([suggestion]),
      }),
    );
  });

  it('refuses credentials and does not repeat them', () => {
    for (const text of ['http://user:hunter2@localhost:3000', 'foo://user:hunter2@localhost:1']) {
      const error = (() => {
        try {
          parseTarget(text);
        } catch (thrown) {
          return thrown as Error & { suggestions: string[] };
        }
      })();
      expect(error?.suggestions).toEqual([expect.stringMatching(/localhost/)]);
      expect(`${error?.message} ${error?.suggestions.join()}`).not.toMatch(/hunter2/);
    }
  });
});
