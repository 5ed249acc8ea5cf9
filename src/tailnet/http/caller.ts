import type { EventEmitter } from 'node:events';
import type { Identity } from '../../identity/identity.ts';

interface Connection {
  identity?: Identity;
  /** What a TLS socket is layered over. */
  _parent?: Connection;
}

const REQUEST_EVENTS = new Set<string | symbol>(['request', 'upgrade', 'connect', 'checkContinue', 'checkExpectation']);

/**
 * Makes a server's requests know their caller. A listener would come too late where a framework puts its own first, and
 * would change what the server does: it treats upgrades and `Expect` differently when somebody listens to them.
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
  if (identity) request.tailscale = identity;
}

/** A TLS socket is as well known as the socket underneath it. Node offers no public way from the one to the other. */
function inheritIdentity(socket: Connection & EventEmitter): void {
  const parent = socket._parent;
  if (!parent?.identity) return;
  Object.defineProperty(socket, 'identity', { get: () => parent.identity, configurable: true, enumerable: true });
  (parent as Connection & EventEmitter).on('identity', (identity: Identity) => socket.emit('identity', identity));
}
