/**
 * Logs a job in with what its CI service says about it: the control server exchanges the ID token for an access token,
 * and that creates an auth key. Tailscale's own code for this links the SDK of a cloud; see docs/decisions.md.
 */
import { hideSecret, redact, TsexposeError } from '../../../errors.ts';
import { type ApiResponse, callApi, failureOf } from '../api/http.ts';
import { type Claims, claimsOf, idToken } from './id-token.ts';

export interface FederationOptions {
  /** Client ID of the federated identity. */
  clientId: string;
  /** @default `api.tailscale.com/CLIENT-ID` */
  audience?: string | undefined;
  tags: readonly string[];
  /** @default Tailscale's */
  controlUrl?: string | undefined;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
}

const TAILSCALE_API = 'https://api.tailscale.com';
/** Hosts of Tailscale, which share one API. */
const TAILSCALE = /(^|\.)tailscale\.com$/;
/** How long an unused auth key works, in seconds. */
const KEY_SECONDS = 600;

/** Creates auth keys for the nodes of one job. */
export class WorkloadIdentity {
  readonly #options: FederationOptions;
  readonly #clientId: string;
  readonly #audience: string;
  readonly #api: string;

  /** @throws TsexposeError `ERR_TSEXPOSE_AUTH_KEY` for options that cannot create an auth key */
  constructor(options: FederationOptions) {
    this.#options = options;
    // Tailscale's client takes attributes of the node after a question mark.
    this.#clientId = options.clientId.split('?')[0]!;
    this.#audience = options.audience ?? usualAudience(this.#clientId);
    this.#api = apiOf(options.controlUrl, options.env);
    if (options.tags.length > 0) return;
    throw refused('A workload identity can only log in tagged nodes, and no tag is set.', ['--tag tag:preview']);
  }

  /** Creates a key for one ephemeral node. */
  async authKey(): Promise<string> {
    const { env, signal, tags } = this.#options;
    const token = await idToken({ audience: this.#audience, env, signal });
    const access = await this.#exchange(token);
    const create = { reusable: false, ephemeral: true, preauthorized: true, tags };
    const response = await this.#call('tailnet/-/keys', {
      headers: { authorization: `Bearer ${access}` },
      json: { capabilities: { devices: { create } }, expirySeconds: KEY_SECONDS, description: 'tsexpose ci' },
    });
    const { key } = (response.json ?? {}) as { key?: unknown };
    if (response.status !== 200 || typeof key !== 'string') {
      const message = `No auth key for ${tags.join(', ')} could be created: ${failureOf(response)}`;
      throw refused(message, [
        'Give the federated identity the scope auth_keys, and these tags or a tag that owns them.',
      ]);
    }
    hideSecret(key);
    return key;
  }

  async #exchange(token: string): Promise<string> {
    const form = { client_id: this.#clientId, jwt: token };
    const response = await this.#call('oauth/token-exchange', { form });
    const { access_token: access } = (response.json ?? {}) as { access_token?: unknown };
    if (response.status !== 200 || typeof access !== 'string') throw this.#notAccepted(response, claimsOf(token));
    hideSecret(access);
    return access;
  }

  async #call(path: string, call: Parameters<typeof callApi>[1]): Promise<ApiResponse> {
    const { signal } = this.#options;
    try {
      return await callApi(`${this.#api}/api/v2/${path}`, { method: 'POST', signal, ...call });
    } catch (error) {
      if (signal.aborted) throw error;
      const message = `${this.#api} could not be reached: ${(error as Error).message}`;
      throw new TsexposeError('ERR_TSEXPOSE_CONTROL', message, { suggestions: ['Check --control-url.'], cause: error });
    }
  }

  /** Says what the token has, beside what is expected: the response of the server is one word. */
  #notAccepted(response: ApiResponse, { iss, sub, aud }: Claims): TsexposeError {
    const expected = this.#audience;
    const usual = usualAudience(this.#clientId);
    const audiences = [aud ?? []].flat();
    const lines = [
      `The ID token of this job was not accepted: ${redact(failureOf(response))}`,
      `  its sub: ${sub ?? 'none'}`,
      `  its aud: ${audiences.join(', ') || 'none'} (expected: ${expected}; by default: ${usual})`,
      `  its iss: ${iss ?? 'none'}`,
      `  client ID: ${this.#clientId}`,
    ];
    const cures = audiences.includes(expected)
      ? [
          `In the admin console, under Trust credentials, compare the issuer and the subject of ${this.#clientId} with these.`,
          ...(sub ? [`A subject that fits: ${widened(sub)}`] : []),
          expected === usual
            ? 'If it shows another audience there, pass that one: --audience AUDIENCE'
            : `If it shows ${usual} there, leave out --audience.`,
        ]
      : [`Request a token for ${expected}, or name its audience: --audience ${audiences[0] ?? expected}`];
    return refused(lines.join('\n'), cures);
  }
}

/** Returns the audience that Tailscale gives a federated identity. */
function usualAudience(clientId: string): string {
  return `api.tailscale.com/${clientId}`;
}

/** Returns a subject that also fits the other jobs of a repository: `repo:owner/name:*`. */
function widened(sub: string): string {
  return sub.replace(/^(repo:[^:]+|project_path:[^:]+):.*/, '$1:*');
}

/** Returns the server that exchanges tokens: the control server itself, except for Tailscale's. */
function apiOf(controlUrl: string | undefined, env: NodeJS.ProcessEnv): string {
  const url = controlUrl ?? (env.TS_CONTROL_URL || undefined);
  if (url !== undefined && !TAILSCALE.test(new URL(url).hostname)) return url.replace(/\/+$/, '');
  // rule: a process that may not contact Tailscale's control server does not contact its API either
  if (env.TS_PANIC_IF_HIT_MAIN_CONTROL) {
    throw refused('This process may not contact Tailscale’s API, so the ID token was not sent.', [
      'Set --control-url.',
    ]);
  }
  return TAILSCALE_API;
}

function refused(message: string, suggestions: string[]): TsexposeError {
  return new TsexposeError('ERR_TSEXPOSE_AUTH_KEY', message, { suggestions });
}
