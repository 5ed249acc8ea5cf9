import type http from 'node:http';
import type https from 'node:https';
import type { Agent } from 'undici';
import { TailnetAgent, TailnetSecureAgent } from './agent.ts';
import { type Connects, fetchThrough, makeDispatcher } from './dispatcher.ts';

/** The HTTP clients of a node. Closing the node closes their idle connections, which would otherwise delay it. */
export class HttpClients {
  readonly fetch: typeof globalThis.fetch;
  readonly #node: Connects;
  readonly #dispatchers = new Set<Agent>();
  readonly #agents = new Set<http.Agent>();

  constructor(node: Connects) {
    this.#node = node;
    let shared: Agent | undefined;
    this.fetch = fetchThrough(() => {
      shared ??= this.dispatcher();
      return shared;
    });
  }

  dispatcher(options?: Agent.Options): Agent {
    const dispatcher = makeDispatcher(this.#node, options);
    this.#dispatchers.add(dispatcher);
    return dispatcher;
  }

  agent(options?: http.AgentOptions): TailnetAgent {
    const agent = new TailnetAgent(this.#node, options);
    this.#agents.add(agent);
    return agent;
  }

  secureAgent(options?: https.AgentOptions): TailnetSecureAgent {
    const agent = new TailnetSecureAgent(this.#node, options);
    this.#agents.add(agent);
    return agent;
  }

  /** Closes idle connections and keeps no more of them; running requests finish. */
  close(): void {
    for (const dispatcher of this.#dispatchers) dispatcher.close().catch(() => {}); // its owner has already closed it
    for (const agent of this.#agents) {
      agent.maxFreeSockets = 0;
      for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
    }
  }
}
