import type { EventEmitter } from 'node:events';
import type { Identity } from '../../identity/identity.ts';

interface Connection {
  identity?: Identity;
  /** The socket underneath a TLS socket. */
  _parent?: Connection;
}

const REQUEST_EVENTS = new Set<string | symbol>(['request', 'upgrade', 'connect', 'checkContinue', 'checkExpectation']);

/**
 * Sets `req.tailscale` on a server's requests. A listener would run too late if a framework's own comes first, and would
 * change how Node handles upgrades and `Expect`, which depends on whether these events have listeners.
 */
export function tellCallers(server: EventEmitter): void {
  const emit = server.emit;
  server.emit = function (event: string | symbol, ...args: unknown[]) {
    if (REQUEST_EVENTS.has(event)) tellCaller(args[0] as { socket: Connection; tailscale?: Identity });
    else if (event === 'secureConnection') inheritIdentity(args[0] as Connection & EventEmitter);
    return emit.call(this, event, ...args);
  };
}

function tellCaller(request: { socket: Connection; tailscale?: Identity }): void {
  const { identity } = request.socket;
  // rule: every request knows its caller
  if (identity) request.tailscale = identity;
}

/** Gives a TLS socket the identity of the socket underneath it. Node has no public API to get from one to the other. */
function inheritIdentity(socket: Connection & EventEmitter): void {
  const parent = socket._parent;
  if (!parent?.identity) return;
  // rule: a TLS connection has the identity of the connection underneath
  Object.defineProperty(socket, 'identity', { get: () => parent.identity, configurable: true, enumerable: true });
  // rule: a TLS connection learns of changes of the identity
  (parent as Connection & EventEmitter).on('identity', (identity: Identity) => socket.emit('identity', identity));
}
