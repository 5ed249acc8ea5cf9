import type { AdminClient } from './client.ts';
import type { SandboxGrant, SandboxPerson } from './ready.ts';
import type {
  SandboxAcme,
  SandboxAuthKey,
  SandboxDiagnosis,
  SandboxNode,
  SandboxService,
  SandboxServiceOptions,
  SandboxSettings,
  SandboxState,
  SandboxTailscaleService,
} from './state.ts';

/**
 * What an admin console, and a misbehaving network, can do to the sandbox tailnet. A node is meant by its name, its
 * full name, one of its addresses or its ID; a person by ID or login.
 */
export class SandboxAdmin {
  readonly #client: AdminClient;

  constructor(client: AdminClient) {
    this.#client = client;
  }

  /** Everything at a glance: nodes, people, settings, waiting logins, counters. */
  state(): Promise<SandboxState> {
    return this.#client.request('GET', '/state');
  }

  /**
   * Waits until the state is as a test wants it; it looks after every change, and never polls.
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

  /** The nodes of the tailnet, the sandbox's own included. */
  async nodes(): Promise<SandboxNode[]> {
    return (await this.state()).nodes;
  }

  /** One node; undefined where there is none of that name. */
  async node(name: string): Promise<SandboxNode | undefined> {
    return (await this.nodes()).find((node) => node.name === name || node.fqdn === name || node.ips.includes(name));
  }

  /** Turns switches: logins, approval, MagicDNS, HTTPS, Funnel. */
  settings(change: Partial<SandboxSettings>): Promise<SandboxSettings> {
    return this.#client.request('PATCH', '/settings', change);
  }

  /** Whether auth keys are ignored, so that every new node has to log in. */
  async requireLogin(required = true): Promise<void> {
    await this.settings({ requireLogin: required });
  }

  /** Whether new nodes wait for {@link approve}. */
  async requireApproval(required = true): Promise<void> {
    await this.settings({ requireApproval: required });
  }

  /** Completes the login page at a URL, as if the person had pressed their button. */
  completeLogin(url: string, person: string): Promise<void> {
    return this.#client.request('POST', '/logins', { url, person });
  }

  /** Lets a node in that waits for approval. */
  approve(node: string): Promise<SandboxNode> {
    return this.#change(node, { approved: true });
  }

  /** Makes the key of a node, or of every node, expire. */
  async expire(node?: string): Promise<void> {
    await (node ? this.#change(node, { expired: true }) : this.#client.request('POST', '/expiry', { expired: true }));
  }

  /** Gives a node's key, or every node's, a new life. */
  async unexpire(node?: string): Promise<void> {
    await (node ? this.#change(node, { expired: false }) : this.#client.request('POST', '/expiry', { expired: false }));
  }

  /** Sets when a node's key expires, without ending it now. */
  setExpiry(node: string, expiry: Date): Promise<SandboxNode> {
    return this.#change(node, { expiry });
  }

  /** Gives a node a name that stays, whatever the device calls itself. */
  rename(node: string, name: string): Promise<SandboxNode> {
    return this.#change(node, { name });
  }

  /** Makes a node a tagged device with these tags. */
  setTags(node: string, tags: string[]): Promise<SandboxNode> {
    return this.#change(node, { tags });
  }

  /** Adds node attributes (`tailcfg.NodeCapMap`), such as those of Services; a later call replaces them. */
  setAttributes(node: string, attributes: Record<string, unknown[]>): Promise<SandboxNode> {
    return this.#change(node, { attributes });
  }

  /** Deletes a node from the tailnet, as its admin does. */
  remove(node: string): Promise<void> {
    return this.#client.request('DELETE', `/nodes/${encodeURIComponent(node)}`);
  }

  /** Adds somebody; returns their auth key. */
  async addPerson(person: SandboxPerson): Promise<string> {
    return (await this.#client.request<{ authKey: string }>('POST', '/people', person)).authKey;
  }

  /** Changes what nodes are told about a person; all their devices show it at once. */
  changePerson(who: string, change: Partial<Omit<SandboxPerson, 'id'>>): Promise<SandboxPerson> {
    return this.#client.request('PATCH', `/people/${encodeURIComponent(who)}`, change);
  }

  /** Makes an auth key, for instance one that works only once, or has expired. */
  async newAuthKey(key: Partial<SandboxAuthKey>): Promise<string> {
    return (await this.#client.request<SandboxAuthKey>('POST', '/auth-keys', key)).key;
  }

  /** Revokes an auth key; nodes that came with it stay. */
  revokeAuthKey(key: string): Promise<void> {
    return this.#client.request('DELETE', `/auth-keys/${encodeURIComponent(key)}`);
  }

  /** Gives callers an application capability towards nodes. */
  grant(grant: SandboxGrant): Promise<void> {
    return this.#client.request('POST', '/grants', grant);
  }

  /** Takes the grants away that match in all fields given. */
  revoke(grant: Partial<Omit<SandboxGrant, 'values'>>): Promise<void> {
    return this.#client.request('DELETE', '/grants', grant);
  }

  /** Has the packet filter drop what `src` sends to `dst`; replaces earlier denials, `[]` allows everything. */
  deny(denies: { src: string; dst: string }[]): Promise<void> {
    return this.#client.request('PUT', '/denies', denies);
  }

  /** Answers the next register requests with 429 Too Many Requests. */
  rateLimit(times: number, retryAfterSeconds = 1): Promise<void> {
    return this.#client.request('POST', '/rate-limit', { times, retryAfter: retryAfterSeconds });
  }

  /** Stops the control server: connections are cut, new ones refused. */
  stopControl(): Promise<void> {
    return this.#client.request('POST', '/control', { running: false });
  }

  /** Starts the control server again, on the same port. */
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
   * Has the certificate authority fail, or issue certificates that end soon.
   *
   * @example
   * ```ts
   * await sandbox.admin.acme({ lifetime: 60 }); // certificates last a minute
   * await sandbox.admin.acme({ limit: 2, retryAfter: 1 }); // the next two orders get a 429
   * await sandbox.admin.acme({ running: false }); // nobody answers
   * ```
   */
  acme(change: Partial<Pick<SandboxAcme, 'running' | 'limit' | 'retryAfter' | 'lifetime'>>): Promise<SandboxAcme> {
    return this.#client.request('PATCH', '/acme', change);
  }

  /** Starts something on the tailnet to talk to, on a node of the sandbox's own. */
  async serve(options: SandboxServiceOptions): Promise<SandboxService> {
    const service = await this.#client.request<SandboxService & { id: string }>('POST', '/services', options);
    return { ...service, close: () => this.#client.request('DELETE', `/services/${service.id}`) };
  }

  /**
   * Defines a Tailscale Service, or changes what is given of one. Its hosts are tagged nodes that offer all of its
   * ports, each approved by {@link approveHost}, or by a selector such as `tag:web` in `autoApprove`.
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

  /** Lets a node be a host of a Tailscale Service, or not any more. */
  approveHost(service: string, node: string, approved = true): Promise<void> {
    const path = `/tailscale-services/${encodeURIComponent(service)}/hosts/${encodeURIComponent(node)}`;
    return this.#client.request('PATCH', path, { approved });
  }

  /** Delivers a map response (`tailcfg.MapResponse`) of your own making to a node that is online. */
  sendMapResponse(node: string, response: object): Promise<void> {
    return this.#client.request('POST', `/nodes/${encodeURIComponent(node)}/map`, response);
  }

  #change(node: string, change: object): Promise<SandboxNode> {
    return this.#client.request('PATCH', `/nodes/${encodeURIComponent(node)}`, change);
  }
}
