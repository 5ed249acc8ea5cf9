import { TsexposeError } from '../errors.ts';

/** A socket or a request, as far as its peer's address goes. */
export type Peer = { remoteAddress?: string | undefined; remotePort?: number | undefined } | { socket: Peer };

/** The address of a peer as `tailnet.whois` takes it. @internal */
export function addressOf(peer: Peer): string {
  const { remoteAddress, remotePort } =
    'socket' in peer ? (peer.socket as { remoteAddress?: string; remotePort?: number }) : peer;
  if (!remoteAddress) throw new TsexposeError('ERR_TSEXPOSE_NOT_FOUND', 'The socket is not connected: it has no peer.');
  return remoteAddress.includes(':') ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`;
}
