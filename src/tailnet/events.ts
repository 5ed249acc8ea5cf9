import type { NodeState } from '../events.ts';

/** What a node emits. */
export interface TailnetEvents {
  /** The node has entered another state; the second value explains it. */
  state: [state: NodeState, message?: string];
  /** The node needs a login at this URL. */
  login: [url: string];
  /** What is not working has changed; an empty array means that everything is fine. */
  health: [messages: string[]];
  /** A caller has as many connections open as one may have, and further ones are refused. */
  crowded: [message: string];
  /** The process may open so few files that it can serve only a few callers; emitted once, before the first port opens. */
  fewFiles: [message: string];
  /** The name, the addresses, or whether the node can get certificates has changed. */
  change: [];
  /** Devices have joined, left or changed; `Tailnet.watch` says which. */
  peers: [];
  close: [];
}
