import { addAbortSignal, Readable } from 'node:stream';
import type { NodeState } from '../events.ts';
import type { TailnetEvents } from './events.ts';
import type { TailnetNode } from './node.ts';
import type { TailnetPeer, TailnetStatus } from './status.ts';

/** A change reported by `Tailnet.watch`. */
export type TailnetChange =
  | { type: 'state'; state: NodeState; message?: string }
  /** The node needs a login at this URL. */
  | { type: 'login'; url: string }
  /** What is not working right now; empty when everything is fine. */
  | { type: 'health'; messages: string[] }
  /** The node's own name or addresses have changed. */
  | { type: 'self'; name: string; fqdn: string; ips: string[] }
  /** A device is new or has changed. At the start there is one of these for each device. */
  | { type: 'peer'; peer: TailnetPeer }
  /** A device has left the tailnet, or is no longer visible to this node. */
  | { type: 'peer-gone'; peer: TailnetPeer };

interface Watched extends TailnetNode {
  status(): Promise<TailnetStatus>;
}

/**
 * Reports the current state of a node, then every change; see `Tailnet.watch`.
 *
 * @internal
 */
export function watch(node: Watched, signal?: AbortSignal): AsyncIterableIterator<TailnetChange> {
  const changes = new Readable({ objectMode: true, read() {} });
  changes.on('error', () => {}); // the reader gets it, if there is one
  const tell = (change: TailnetChange) => changes.push(change);
  const peers = peerTeller(node, tell);
  const self = () => tell({ type: 'self', name: node.name, fqdn: node.fqdn, ips: node.ips });
  const listeners: { [Event in keyof TailnetEvents]?: (...args: TailnetEvents[Event]) => void } = {
    state: (state, message) => tell({ type: 'state', state, ...(message !== undefined && { message }) }),
    login: (url) => tell({ type: 'login', url }),
    health: (messages) => tell({ type: 'health', messages }),
    change: self,
    peers,
    close: () => changes.push(null),
  };
  for (const [event, listener] of Object.entries(listeners)) node.on(event as 'close', listener as () => void);
  changes.once('close', () => {
    for (const [event, listener] of Object.entries(listeners)) node.off(event as 'close', listener as () => void);
  });
  if (signal) addAbortSignal(signal, changes);
  listeners.state!(node.state);
  if (node.name) self();
  if (node.closing) changes.push(null);
  else peers();
  return changes[Symbol.asyncIterator]();
}

/** Reports how the devices differ from last time. Compares once at a time, and again if they change meanwhile. */
function peerTeller(node: Watched, tell: (change: TailnetChange) => void): () => void {
  let known = new Map<string, { peer: TailnetPeer; text: string }>();
  let running = false;
  let again = false;
  const compare = async () => {
    const { peers } = await node.status();
    const now = new Map(peers.map((peer) => [peer.id, { peer, text: JSON.stringify(peer) }]));
    for (const [id, { peer, text }] of now) if (known.get(id)?.text !== text) tell({ type: 'peer', peer });
    for (const [id, { peer }] of known) if (!now.has(id)) tell({ type: 'peer-gone', peer });
    known = now;
  };
  return async () => {
    again = running;
    if (running) return;
    running = true;
    do {
      again = false;
      await compare().catch(() => {}); // there is no status before `up` and after `close`
    } while (again);
    running = false;
  };
}
