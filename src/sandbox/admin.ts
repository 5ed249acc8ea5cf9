import type { AdminClient } from './client.ts';
import type { SandboxGrant, SandboxPerson } from './ready.ts';
import type {
  SandboxAcme,
  SandboxAuthKey,
  SandboxDiagnosis,
  SandboxFederation,
  SandboxNode,
  SandboxService,
  SandboxServiceOptions,
  SandboxSettings,
  SandboxState,
  SandboxTailscaleService,
} from './state.ts';

/**
 * What an admin console and a misbehaving network can do to the sandbox tailnet. Nodes are identified by name, full name,
 * address or ID, and people by ID or login.
 */
export class SandboxAdmin {
  readonly #client: AdminClient;

  constructor(client: AdminClient) {
    this.#client = client;
  }

  /** Returns an overview: nodes, people, settings, pending logins, counters. */
  state(): Promise<SandboxState> {
    return this.#client.request('GET', '/state');
  }

  /**
   * Waits until the state meets a condition, which is checked after every change, without polling.
   *
   * @example
   * ```ts
   * await sandbox.admin.until((state) => state.nodes.some((node) => node.name === 'myapp' && node.online));
   * ```
   */
  async until(is: (state: SandboxState) => boolean, options: { signal?: AbortSignal } = {}): Promise<SandboxState> {
    let state = await this.#client.request<SandboxState>('GET', '/state', undefined, options.signal);
    while (!is(state)) {
      state = await this.#client.request('GET', `/state?after=${state.version}`, undefined, options.signal);
    }
    return state;
  }

  /** Returns the nodes on the tailnet, including the sandbox's own. */
  async nodes(): Promise<SandboxNode[]> {
    return (await this.state()).nodes;
  }

  /** Returns a node by name, full name or address; undefined if there is none. */
  async node(name: string): Promise<SandboxNode | undefined> {
    return (await this.nodes()).find((node) => node.name === name || node.fqdn === name || node.ips.includes(name));
  }

  /** Changes settings: logins, approval, MagicDNS, HTTPS, Funnel. */
  settings(change: Partial<SandboxSettings>): Promise<SandboxSettings> {
    return this.#client.request('PATCH', '/settings', change);
  }

  /** Sets whether auth keys are ignored, so that every new node has to log in. */
  async requireLogin(required = true): Promise<void> {
    await this.settings({ requireLogin: required });
  }

  /** Sets whether new nodes wait for {@link approve}. */
  async requireApproval(required = true): Promise<void> {
    await this.settings({ requireApproval: required });
  }

  /** Completes the login page at a URL, as if the person had clicked their button. */
  completeLogin(url: string, person: string): Promise<void> {
    return this.#client.request('POST', '/logins', { url, person });
  }

  /** Approves a node that is waiting for approval. */
  approve(node: string): Promise<SandboxNode> {
    return this.#change(node, { approved: true });
  }

  /** Expires the key of a node, or of every node. */
  async expire(node?: string): Promise<void> {
    await (node ? this.#change(node, { expired: true }) : this.#client.request('POST', '/expiry', { expired: true }));
  }

  /** Renews the key of a node, or of every node. */
  async unexpire(node?: string): Promise<void> {
    await (node ? this.#change(node, { expired: false }) : this.#client.request('POST', '/expiry', { expired: false }));
  }

  /** Sets when a node's key expires, without expiring it now. */
  setExpiry(node: string, expiry: Date): Promise<SandboxNode> {
    return this.#change(node, { expiry });
  }

  /** Gives a node a permanent name that does not depend on its hostname. */
  rename(node: string, name: string): Promise<SandboxNode> {
    return this.#change(node, { name });
  }

  /** Makes a node one that was shared in from another tailnet, such as `tail-other.ts.net`. */
  shareIn(node: string, suffix: string): Promise<SandboxNode> {
    return this.#change(node, { suffix });
  }

  /** Turns a node into a tagged device with these tags. */
  setTags(node: string, tags: string[]): Promise<SandboxNode> {
    return this.#change(node, { tags });
  }

  /** Sets additional node attributes (`tailcfg.NodeCapMap`). Replaces those of an earlier call. */
  setAttributes(node: string, attributes: Record<string, unknown[]>): Promise<SandboxNode> {
    return this.#change(node, { attributes });
  }

  /** Removes a node from the tailnet, as an admin can. */
  remove(node: string): Promise<void> {
    return this.#client.request('DELETE', `/nodes/${encodeURIComponent(node)}`);
  }

  /** Adds a person and returns their auth key. */
  async addPerson(person: SandboxPerson): Promise<string> {
    return (await this.#client.request<{ authKey: string }>('POST', '/people', person)).authKey;
  }

  /** Changes what nodes are told about a person, on all of their devices at once. */
  changePerson(who: string, change: Partial<Omit<SandboxPerson, 'id'>>): Promise<SandboxPerson> {
    return this.#client.request('PATCH', `/people/${encodeURIComponent(who)}`, change);
  }

  /** Creates an auth key, such as one that works only once or has expired. */
  async newAuthKey(key: Partial<SandboxAuthKey>): Promise<string> {
    return (await this.#client.request<SandboxAuthKey>('POST', '/auth-keys', key)).key;
  }

  /** Revokes an auth key; nodes that have used it stay. */
  revokeAuthKey(key: string): Promise<void> {
    return this.#client.request('DELETE', `/auth-keys/${encodeURIComponent(key)}`);
  }

  /** Adds a federated identity, with which a workload logs in by the ID token that its platform issues. */
  newFederation(
    federation: Pick<SandboxFederation, 'issuer' | 'subject' | 'tags'> & Partial<SandboxFederation>,
  ): Promise<SandboxFederation> {
    return this.#client.request('POST', '/federations', federation);
  }

  /** Gives callers an application capability on nodes. */
  grant(grant: SandboxGrant): Promise<void> {
    return this.#client.request('POST', '/grants', grant);
  }

  /** Removes the grants that match all given fields. */
  revoke(grant: Partial<Omit<SandboxGrant, 'values'>>): Promise<void> {
    return this.#client.request('DELETE', '/grants', grant);
  }

  /** Makes the packet filter drop what `src` sends to `dst`. Replaces earlier denials; `[]` allows everything. */
  deny(denies: { src: string; dst: string }[]): Promise<void> {
    return this.#client.request('PUT', '/denies', denies);
  }

  /** Answers the next register requests with 429 Too Many Requests. */
  rateLimit(times: number, retryAfterSeconds = 1): Promise<void> {
    return this.#client.request('POST', '/rate-limit', { times, retryAfter: retryAfterSeconds });
  }

  /** Stops the control server: cuts its connections and refuses new ones. */
  stopControl(): Promise<void> {
    return this.#client.request('POST', '/control', { running: false });
  }

  /** Restarts the control server on the same port. */
  startControl(): Promise<void> {
    return this.#client.request('POST', '/control', { running: true });
  }

  /** Stops the relay and STUN: connections are cut, new ones refused. */
  stopRelay(): Promise<void> {
    return this.#client.request('POST', '/relay', { running: false });
  }

  /** Starts the relay again, on the same ports. */
  startRelay(): Promise<void> {
    return this.#client.request('POST', '/relay', { running: true });
  }

  /**
   * Reports what a node behind a door knows about its way to a target: its network map, pings at every layer, a dial.
   *
   * @param who - a person (ID or login), a tagged device or a tag
   * @param target - `name:port` or `address:port` on the tailnet
   */
  diagnose(who: string, target: string, options: { hostname?: string; pcap?: string } = {}): Promise<SandboxDiagnosis> {
    return this.#client.request('POST', '/diagnoses', { who, target, ...options });
  }

  /**
   * Makes the certificate authority fail, or issue certificates that expire soon.
   *
   * @example
   * ```ts
   * await sandbox.admin.acme({ lifetime: 60 }); // certificates last a minute
   * await sandbox.admin.acme({ limit: 2, retryAfter: 1 }); // the next two orders get a 429
   * await sandbox.admin.acme({ running: false }); // it does not answer
   * await sandbox.admin.acme({ running: true, limit: 0, lifetime: 0 }); // back to normal
   * ```
   */
  acme(change: Partial<Pick<SandboxAcme, 'running' | 'limit' | 'retryAfter' | 'lifetime'>>): Promise<SandboxAcme> {
    return this.#client.request('PATCH', '/acme', change);
  }

  /** Starts something to talk to on the tailnet, on a node of the sandbox. */
  async serve(options: SandboxServiceOptions): Promise<SandboxService> {
    const service = await this.#client.request<SandboxService & { id: string }>('POST', '/services', options);
    return { ...service, close: () => this.#client.request('DELETE', `/services/${service.id}`) };
  }

  /**
   * Defines a Tailscale Service, or changes the given options of an existing one. Its hosts are tagged nodes that offer
   * all of its ports and are approved by {@link approveHost}, or by a selector such as `tag:web` in `autoApprove`.
   */
  defineService(
    name: string,
    options: { ports?: number[]; autoApprove?: string[] } = {},
  ): Promise<SandboxTailscaleService> {
    return this.#client.request('PUT', `/tailscale-services/${encodeURIComponent(name)}`, options);
  }

  /** Deletes a Tailscale Service. */
  removeService(name: string): Promise<void> {
    return this.#client.request('DELETE', `/tailscale-services/${encodeURIComponent(name)}`);
  }

  /** Approves a node as a host of a Tailscale Service, or revokes the approval. */
  approveHost(service: string, node: string, approved = true): Promise<void> {
    const path = `/tailscale-services/${encodeURIComponent(service)}/hosts/${encodeURIComponent(node)}`;
    return this.#client.request('PATCH', path, { approved });
  }

  /** Delivers a custom map response (`tailcfg.MapResponse`) to a node that is online. */
  sendMapResponse(node: string, response: object): Promise<void> {
    return this.#client.request('POST', `/nodes/${encodeURIComponent(node)}/map`, response);
  }

  #change(node: string, change: object): Promise<SandboxNode> {
    return this.#client.request('PATCH', `/nodes/${encodeURIComponent(node)}`, change);
  }
}
