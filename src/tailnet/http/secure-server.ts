import type http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import type tls from 'node:tls';
import type { CertificateOptions, TailnetCertificate } from '../certificate/certificate.ts';
import './request.ts';
import { CertificateKeeper } from '../certificate/certificate-keeper.ts';
import { type Listens, onTailnet } from './on-tailnet.ts';

/** Options of Node's `https.createServer`; the certificate is the node's own unless one is given. */
export interface SecureServerOptions extends https.ServerOptions {
  http2?: false;
}

/** Options of Node's `http2.createSecureServer`; the certificate is the node's own unless one is given. */
export interface SecureHttp2ServerOptions extends http2.SecureServerOptions {
  http2: true;
  /** Whether clients without HTTP/2 are served as well; WebSockets need it. @default true */
  allowHTTP1?: boolean;
}

type Http2Listener = (request: http2.Http2ServerRequest, response: http2.Http2ServerResponse) => void;

/** `https.createServer` and `http2.createSecureServer`, for the tailnet. */
export interface CreateSecureServer {
  (listener?: http.RequestListener): https.Server;
  (options: SecureServerOptions, listener?: http.RequestListener): https.Server;
  (options: SecureHttp2ServerOptions, listener?: Http2Listener): http2.Http2SecureServer;
}

/** What a secure server needs of the node. */
export interface Certifies extends Listens {
  certificate(options: CertificateOptions): Promise<TailnetCertificate>;
}

/** Makes a secure server on the tailnet; see `Tailnet.createSecureServer`. */
export function makeSecureServer(node: Certifies, args: unknown[]): https.Server | http2.Http2SecureServer {
  const listener = args.find((argument) => typeof argument === 'function') as http.RequestListener | undefined;
  const options = (typeof args[0] === 'object' ? args[0] : {}) as SecureServerOptions | SecureHttp2ServerOptions;
  const server = create(options, listener);
  if (options.cert || options.pfx || options.SNICallback) return onTailnet(server, node);
  const keeper = new CertificateKeeper(node, (certificate) => {
    server.setSecureContext({ ...(options as tls.SecureContextOptions), ...certificate });
  });
  server.on('close', () => keeper.stop());
  return onTailnet(server, {
    get state() {
      return node.state;
    },
    get closing() {
      return node.closing;
    },
    // Before it listens: no visitor waits for the first certificate.
    listen: async (port, listenOptions) => {
      await keeper.start(listenOptions.signal);
      return node.listen(port, listenOptions).catch((error) => {
        keeper.stop();
        throw error;
      });
    },
  });
}

function create(
  { http2: isHttp2, ...options }: SecureServerOptions | SecureHttp2ServerOptions,
  listener: http.RequestListener | undefined,
): https.Server | http2.Http2SecureServer {
  if (!isHttp2) return https.createServer(options as https.ServerOptions, listener);
  return http2.createSecureServer({ allowHTTP1: true, ...options }, listener as unknown as Http2Listener);
}
