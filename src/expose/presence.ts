import type { ConnectedCaller, Identity } from '../identity/identity.ts';
import type { PresenceChange } from '../proxy/fast-path.ts';

/** Who is connected now. */
export class Presence {
  readonly #callers = new Map<string, ConnectedCaller>();

  /** Those who are connected, in the order in which they came. */
  get callers(): ConnectedCaller[] {
    return [...this.#callers.values()].filter(({ connections }) => connections > 0);
  }

  /** Notes that a connection or a WebSocket of a caller has begun or ended. */
  note(change: PresenceChange, identity: Identity): void {
    const key = keyOf(identity);
    const caller = this.#callers.get(key) ?? { identity, connections: 0, webSockets: 0 };
    if (change === 'connected') caller.connections++;
    else if (change === 'left') caller.connections--;
    else caller.webSockets += change === 'webSocketBegan' ? 1 : -1;
    // The end of a connection that was handed over may be heard of before its beginning.
    if (caller.connections === 0 && caller.webSockets === 0) this.#callers.delete(key);
    else this.#callers.set(key, caller);
  }
}

/** A person on two devices is two callers, and so are two people who share one. */
function keyOf({ kind, userId, login, node, ip }: Identity): string {
  return JSON.stringify([kind, userId, login, node?.id ?? ip]);
}
