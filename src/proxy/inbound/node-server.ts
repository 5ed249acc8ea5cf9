/**
 * An HTTP/1.1 server of Node's without a socket of its own: it is fed with connections, and still has the timeouts and
 * the connection tracking that Node switches on for a server that listens.
 */
import { createServer, type Server } from 'node:http';
import { TsexposeError } from '../../errors.ts';
import type { Timeouts } from '../request/timeouts.ts';
import { shouldUpgrade } from './upgrade.ts';

// Node's parser counts the whole head, request line included.
const MAX_HEAD = 16 * 1024;
// Newer than the declared types.
const UPGRADES = { shouldUpgradeCallback: shouldUpgrade };

/**
 * Makes the server.
 *
 * @throws ERR_TSEXPOSE_INSECURE_PARSER under `--insecure-http-parser`
 */
export function createFedServer(timeouts: Required<Timeouts>): Server {
  refuseInsecureParser();
  const server = createServer({
    insecureHTTPParser: false,
    maxHeaderSize: MAX_HEAD,
    headersTimeout: timeouts.head,
    // An upload may take hours as long as it moves; the body has a timeout for silence of its own.
    requestTimeout: 0,
    keepAliveTimeout: timeouts.idle,
    // A timeout is noticed at most half its length late.
    connectionsCheckingInterval: Math.min(10_000, Math.max(50, timeouts.head / 2)),
    // Missing Host is answered with a page of ours.
    requireHostHeader: false,
    ...UPGRADES,
  });
  // Beyond this count Node would drop headers silently; the limit that refuses is in framing.ts.
  server.maxHeadersCount = 0;
  // Sets up what Node ties to this event: the list of connections that headersTimeout and closeIdleConnections() use.
  server.emit('listening');
  return server;
}

/**
 * Refuses to go on where Node reads HTTP loosely.
 *
 * @throws ERR_TSEXPOSE_INSECURE_PARSER under `--insecure-http-parser`
 */
export function refuseInsecureParser(): void {
  const options = [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(/\s+/)];
  if (!options.some((option) => option.replaceAll('_', '-').replaceAll('"', '') === '--insecure-http-parser')) return;
  throw new TsexposeError(
    'ERR_TSEXPOSE_INSECURE_PARSER',
    'Expected Node.js with its strict HTTP parser, got --insecure-http-parser: requests could be smuggled past the proxy.',
    { suggestions: ['Start without --insecure-http-parser, in NODE_OPTIONS too.'] },
  );
}
