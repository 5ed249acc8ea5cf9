import { addAbortSignal, Readable } from 'node:stream';
import type { NodeState } from '../events.ts';
import type { TailnetEvents, TailnetNode } from './node.ts';
import type { TailnetPeer, TailnetStatus } from './status.ts';

/** Something that has changed, as `Tailnet.watch` tells it. */
export type TailnetChange =
  | { type: 'state'; state: NodeState; message?: string }
  /** Somebody has to open this URL and log in. */
  | { type: 'login'; url: string }
  /** What does not work just now; an empty array means that all is well. */
  | { type: 'health'; messages: string[] }
  /** The node itself has another name or other addresses. */
  | { type: 'self'; name: string; fqdn: string; ips: string[] }
  /** A device has come, or something about it is different; at the start, one for each device that is there. */
  | { type: 'peer'; peer: TailnetPeer }
  /** A device is not on the tailnet any more, or not for this node. */
  | { type: 'peer-gone'; peer: TailnetPeer };

interface Watched extends TailnetNode {
  status(): Promise<TailnetStatus>;
}

/**
 * Follows a node, from its state as it is; see `Tailnet.watch`.
 *
 * @internal
 */
export function watch(node: Watched, signal?: AbortSignal): AsyncIterableIterator<TailnetChange> {
  const changes = new Readable({ objectMode: true, read() {} });
  changes.on('error', () => {}); // whoever reads gets it; nobody has to
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

/** Compares the devices with those of the last time; one comparison at a time, and one more where they changed. */
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
      await compare().catch(() => {}); // before `up` and after `close` nothing is known
    } while (again);
    running = false;
  };
}
