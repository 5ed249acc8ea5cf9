import type http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import type tls from 'node:tls';
import { CertificateRenewer, type CertificateSource } from '../certificate/renewer.ts';
import './request.ts';
import { type Listens, onTailnet } from './on-tailnet.ts';

/** Options of Node's `https.createServer`. Without a certificate of your own, the server gets the node's. */
export interface SecureServerOptions extends https.ServerOptions {
  http2?: false;
}

/** Options of Node's `http2.createSecureServer`. Without a certificate of your own, the server gets the node's. */
export interface SecureHttp2ServerOptions extends http2.SecureServerOptions {
  http2: true;
  /** Whether to serve clients without HTTP/2 too, which WebSockets need. @default true */
  allowHTTP1?: boolean;
}

type Http2Listener = (request: http2.Http2ServerRequest, response: http2.Http2ServerResponse) => void;

/** The overloads of `https.createServer` and `http2.createSecureServer`, for the tailnet. */
export interface CreateSecureServer {
  (listener?: http.RequestListener): https.Server;
  (options: SecureServerOptions, listener?: http.RequestListener): https.Server;
  (options: SecureHttp2ServerOptions, listener?: Http2Listener): http2.Http2SecureServer;
}

/** What a secure server needs of the node. */
export interface Certifies extends Listens, CertificateSource {}

/** Creates a secure server on the tailnet; see `Tailnet.createSecureServer`. */
export function makeSecureServer(node: Certifies, args: unknown[]): https.Server | http2.Http2SecureServer {
  const listener = args.find((argument) => typeof argument === 'function') as http.RequestListener | undefined;
  const options = (typeof args[0] === 'object' ? args[0] : {}) as SecureServerOptions | SecureHttp2ServerOptions;
  const server = create(options, listener);
  if (options.cert || options.pfx || options.SNICallback) return onTailnet(server, node);
  const use = ({ cert, key }: { cert: string; key: string }) => {
    server.setSecureContext({ ...(options as tls.SecureContextOptions), cert, key });
  };
  return onTailnet(server, {
    get state() {
      return node.state;
    },
    get closing() {
      return node.closing;
    },
    get ips() {
      return node.ips;
    },
    pickPort: () => node.pickPort(),
    // The certificate comes first: no caller waits for it, and without one the server does not listen.
    listen: async (port, listenOptions) => {
      const certificate = new CertificateRenewer({ node, use });
      const close = () => certificate.close();
      listenOptions.signal?.addEventListener('abort', close, { once: true });
      if (listenOptions.signal?.aborted) close();
      try {
        await certificate.start();
        const opened = await node.listen(port, listenOptions);
        return opened.once('closing', close);
      } catch (error) {
        close();
        throw error;
      }
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
