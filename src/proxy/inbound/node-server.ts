/**
 * Node's HTTP/1.1 server without a socket of its own: it is fed with connections, and still has the timeouts and the
 * connection tracking that Node only enables for a server that listens.
 */
import { createServer, type Server } from 'node:http';
import { TsexposeError } from '../../errors.ts';
import { MAX_HEAD } from '../request/framing.ts';
import type { Timeouts } from '../request/timeouts.ts';
import { shouldUpgrade } from './upgrade.ts';

// Newer than the declared types.
const UPGRADES = { shouldUpgradeCallback: shouldUpgrade };

/**
 * Creates the server.
 *
 * @throws ERR_TSEXPOSE_INSECURE_PARSER under `--insecure-http-parser`
 */
export function createFedServer(timeouts: Required<Timeouts>): Server {
  refuseInsecureParser();
  const server = createServer({
    // rule: the parser is strict, however Node was started — mutate: false => true
    insecureHTTPParser: false,
    // Node's parser counts the whole head, request line included.
    // rule: a request head has at most 128 KiB — mutate: MAX_HEAD => 1 << 24
    maxHeaderSize: MAX_HEAD,
    // rule: a request head arrives in time — mutate: timeouts.head => 0
    headersTimeout: timeouts.head,
    // An upload may take hours as long as it makes progress; silence in a body has a timeout of its own.
    requestTimeout: 0,
    // rule: an idle connection is closed — mutate: timeouts.idle => 0
    keepAliveTimeout: timeouts.idle,
    // A timeout fires at most half its length late.
    connectionsCheckingInterval: Math.min(10_000, Math.max(50, timeouts.head / 2)),
    // A missing Host is answered with a page of our own.
    requireHostHeader: false,
    ...UPGRADES,
  });
  // The limit that refuses a request is in framing.ts.
  // rule: headers beyond a limit are not dropped silently — mutate: 0 => 20
  server.maxHeadersCount = 0;
  // Node ties the list of connections that headersTimeout and closeIdleConnections() use to this event.
  server.emit('listening');
  return server;
}

/**
 * Throws if Node parses HTTP leniently.
 *
 * @throws ERR_TSEXPOSE_INSECURE_PARSER under `--insecure-http-parser`
 */
export function refuseInsecureParser(): void {
  // rule: --insecure-http-parser is refused on the command line — mutate: ...process.execArgv, =>
  // rule: --insecure-http-parser is refused in NODE_OPTIONS
  // mutate: ...(process.env.NODE_OPTIONS ?? '').split(/\s+/) =>
  const options = [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(/\s+/)];
  // rule: --insecure_http_parser is refused too — mutate: .replaceAll('_', '-') =>
  if (!options.some((option) => option.replaceAll('_', '-').replaceAll('"', '') === '--insecure-http-parser')) return;
  throw new TsexposeError(
    'ERR_TSEXPOSE_INSECURE_PARSER',
    'Node.js runs with --insecure-http-parser, which lets requests be smuggled past the proxy.',
    { suggestions: ['Remove --insecure-http-parser from the command line and from NODE_OPTIONS.'] },
  );
}
