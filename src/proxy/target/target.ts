/** Parses a target: the text of the command line in, a checked value out. */
import { isIP } from 'node:net';
import { TsexposeError } from '../../errors.ts';
import { nearestScheme, SCHEMES, type Scheme } from './scheme.ts';
import { localFault, parseLocalTarget } from './static.ts';
import type { Target } from './target-types.ts';

export type { Target } from './target-types.ts';

const EXAMPLES = [
  'tsexpose 3000',
  'tsexpose localhost:3000',
  'tsexpose http://127.0.0.1:8080/app',
  'tsexpose unix:/run/app.sock',
];
type HttpScheme = Exclude<Scheme, 'tcp' | 'unix' | 'tcp+unix'>;

const DEFAULT_PORTS: Partial<Record<Scheme, number>> = { http: 80, https: 443, 'https+insecure': 443 };
const HOST_PORT = /^([A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\]):(\d+)$/;
const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(.*)$/s;

/**
 * Parses a target: `3000`, `host:port`, `[::1]:3000`, `http://…`, `https://…`, `https+insecure://…`, `h2c://…`,
 * `unix:/path`, `tcp://host:port`, `tcp+unix:/path`, a directory, a file, `text:…` or `redirect:URL`.
 *
 * @throws ERR_TSEXPOSE_INVALID_TARGET
 * @example
 * ```ts
 * parseTarget('3000').url; // 'http://localhost:3000'
 * ```
 */
export function parseTarget(text: string): Target {
  if (text.trim() === '') throw invalid('Expected a target (a port, host:port or a URL), got nothing.');
  const local = parseLocalTarget(text);
  if (local) return local;
  // A message may end up in a log: it never repeats a password.
  // rule: a message never repeats a password — mutate: .replace(/^([A-Za-z][A-Za-z0-9+.-]*:\/\/)?.*@/s, '$1') =>
  const shown = text.replace(/^([A-Za-z][A-Za-z0-9+.-]*:\/\/)?.*@/s, '$1');
  const fault = localFault(text, shown);
  if (fault) throw invalid(fault.message, fault.suggestions);
  if (/[\s\0]/.test(text)) throw invalid(`Expected a target without spaces, got ${JSON.stringify(shown)}.`);
  if (/^[+-]?\d+$/.test(text)) return httpTarget('http', 'localhost', parsePort(text, shown), '');
  if (/^unix:/i.test(text)) return unixTarget(text.slice('unix:'.length), shown);
  if (/^tcp\+unix:/i.test(text)) {
    const { socketPath, ...target } = unixTarget(text.slice('tcp+unix:'.length), shown);
    return { ...target, socketPath, kind: 'tcp', protocol: 'tcp', url: `tcp+unix:${socketPath}` };
  }
  const url = SCHEME.exec(text);
  if (url) return urlTarget(url[1]!.toLowerCase(), url[2]!, shown);
  const pair = HOST_PORT.exec(text);
  if (pair) return httpTarget('http', unbracket(pair[1]! || 'localhost', shown), parsePort(pair[2]!, shown), '');
  throw notATarget(shown);
}

function urlTarget(scheme: string, rest: string, text: string): Target {
  if (!Object.hasOwn(SCHEMES, scheme)) {
    const near = nearestScheme(scheme);
    throw invalid(`Expected http, https, https+insecure, h2c, unix, tcp or tcp+unix as the scheme, got "${scheme}".`, [
      `tsexpose ${text.replace(/^[^:]*/, near)}`,
    ]);
  }
  // rule: a target has no user name and password
  if (rest.split(/[/?#]/, 1)[0]!.includes('@')) {
    throw invalid('Expected a target without user name and password; the caller sends those.', [`tsexpose ${text}`]);
  }
  const known = scheme as Scheme;
  // The WHATWG parser repairs what it can, so it only judges the parts that are taken from the text here.
  const parts = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d*))?([/?#].*)?$/s.exec(rest);
  if (!parts) throw invalid(`Expected ${known}://host:port, got ${JSON.stringify(text)}.`, EXAMPLES);
  const [, host = '', digits, tail = ''] = parts;
  if (/[?#]/.test(tail)) {
    throw invalid(`Expected a target without query and fragment, got ${JSON.stringify(text)}.`, [
      `tsexpose ${text.split(/[?#]/, 1)[0]}`,
    ]);
  }
  if (digits === undefined && DEFAULT_PORTS[known] === undefined) {
    throw invalid(`Expected a port, as in ${known}://${host}:5432, got ${JSON.stringify(text)}.`);
  }
  const port = digits === undefined ? DEFAULT_PORTS[known]! : parsePort(digits, text);
  const plain = unbracket(host, text);
  if (known === 'tcp') {
    if (tail !== '' && tail !== '/')
      throw invalid(`Expected tcp://host:port without a path, got ${JSON.stringify(text)}.`);
    return {
      ...httpTarget('http', plain, port, ''),
      kind: 'tcp',
      protocol: 'tcp',
      url: `tcp://${bracket(plain)}:${port}`,
    };
  }
  return httpTarget(known as HttpScheme, plain, port, basePath(tail, text));
}

function httpTarget(scheme: HttpScheme, host: string, port: number, path: string): Target {
  const protocol = scheme === 'https+insecure' ? 'https' : scheme;
  const authority = port === DEFAULT_PORTS[scheme] ? bracket(host) : `${bracket(host)}:${port}`;
  const insecure = scheme === 'https+insecure';
  return {
    kind: 'http',
    protocol,
    host,
    port,
    basePath: path,
    insecure,
    url: `${scheme}://${authority}${path}`,
    authority,
  };
}

function unixTarget(path: string, text: string): Target {
  const socketPath = path.replace(/^\/\/(?=\/)/, '');
  if (socketPath === '' || socketPath.startsWith('//')) {
    throw invalid(`Expected the path of a unix socket, got ${JSON.stringify(text)}.`, ['tsexpose unix:/run/app.sock']);
  }
  // The kernel's limit for sun_path, less its terminating zero.
  if (Buffer.byteLength(socketPath) > 107) throw invalid('Expected the path of a unix socket of at most 107 bytes.');
  return { ...httpTarget('http', 'localhost', 80, ''), port: 0, socketPath, url: `unix:${socketPath}` };
}

function basePath(tail: string, text: string): string {
  // rule: the path of a target has no dot segments
  if (/%2e|\/\.\.?(\/|$)/i.test(tail))
    throw invalid(`Expected a path without dot segments, got ${JSON.stringify(text)}.`);
  if (/[^\x21-\x7e]|\\/.test(tail)) throw invalid(`Expected a percent-encoded path, got ${JSON.stringify(text)}.`);
  return tail.replace(/\/+$/, '');
}

function parsePort(digits: string, text: string): number {
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : -1;
  if (port >= 1 && port <= 65535) return port;
  throw invalid(
    `Expected a port from 1 to 65535, got ${JSON.stringify(digits)}${digits === text ? '' : ` in ${text}`}.`,
  );
}

function unbracket(host: string, text: string): string {
  const plain = host.startsWith('[') ? host.slice(1, -1) : host;
  if (host !== plain && isIP(plain) !== 6)
    throw invalid(`Expected an IPv6 address in brackets, got ${JSON.stringify(text)}.`);
  // Resolvers and URL parsers disagree about 127.1, 0x7f.1 and 256.1.1.1.
  // rule: a host that programs read differently is refused
  if (host === plain && !isPlainHost(plain))
    throw invalid(`Expected a host name or an IP address, got ${JSON.stringify(plain)}.`);
  return plain;
}

function isPlainHost(host: string): boolean {
  const url = `http://${host}/`;
  return URL.canParse(url) && new URL(url).hostname === host.toLowerCase();
}

function bracket(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function notATarget(text: string): TsexposeError {
  const message = `Expected a port, host:port or a URL, got ${JSON.stringify(text)}.`;
  const digits = /^\d+/.exec(text)?.[0];
  if (digits && Number(digits) >= 1 && Number(digits) <= 65535) return invalid(message, [`tsexpose ${digits}`]);
  if (isIP(text) === 6) return invalid(message, [`tsexpose [${text}]:3000`]);
  if (/^[A-Za-z0-9.-]+\.[A-Za-z0-9-]+$|^localhost$/.test(text)) return invalid(message, [`tsexpose ${text}:3000`]);
  return invalid(message, EXAMPLES);
}

function invalid(message: string, suggestions: string[] = EXAMPLES): TsexposeError {
  return new TsexposeError('ERR_TSEXPOSE_INVALID_TARGET', message, { suggestions });
}
