/** What vouches for jobs, on loopback: an OpenID Connect provider that a GitHub runner asks for a token. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

export class Issuer implements AsyncDisposable {
  readonly #server: Server;
  readonly #key: KeyObject;
  readonly #jwk: object;
  /** The bearer token of a job that may ask. */
  readonly requestToken = 'secret-of-the-runner';
  /** Everything that it has issued. */
  readonly issued: string[] = [];
  /** What the tokens say about the job. */
  subject = 'repo:acme/shop:pull_request';

  private constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#key = privateKey;
    this.#jwk = { ...publicKey.export({ format: 'jwk' }), kid: '1', alg: 'ES256', use: 'sig' };
    this.#server = createServer((request, response) => {
      const url = new URL(request.url!, this.url);
      const reply = (value: unknown, status = 200) => response.writeHead(status).end(JSON.stringify(value));
      if (url.pathname === '/.well-known/openid-configuration') {
        reply({ issuer: this.url, jwks_uri: `${this.url}/keys` });
      } else if (url.pathname === '/keys') reply({ keys: [this.#jwk] });
      else if (request.headers.authorization !== `Bearer ${this.requestToken}`) reply({ message: 'Unauthorized' }, 401);
      else reply({ value: this.token(url.searchParams.get('audience')!) });
    });
  }

  static async start(): Promise<Issuer> {
    const issuer = new Issuer();
    issuer.#server.listen(0, '127.0.0.1');
    await once(issuer.#server, 'listening');
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The variables of a GitHub job with `id-token: write`. */
  get env(): NodeJS.ProcessEnv {
    return {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${this.url}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: this.requestToken,
    };
  }

  token(aud: string): string {
    const claims = { iss: this.url, sub: this.subject, aud, exp: Math.floor(Date.now() / 1000) + 300 };
    const text = `${part({ alg: 'ES256', kid: '1', typ: 'JWT' })}.${part(claims)}`;
    const signature = sign('sha256', Buffer.from(text), { key: this.#key, dsaEncoding: 'ieee-p1363' });
    const token = `${text}.${signature.toString('base64url')}`;
    this.issued.push(token);
    return token;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}
