/** A chat on a tailnet: an example of what a program can do with a node. It needs only what the package exports. */
import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { abortError, nodeClosedError } from '../errors.ts';
import type { TailnetServer } from '../tailnet/net/server.ts';
import type { Tailnet } from '../tailnet/tailnet.ts';
import type { Chat } from './room/chat.ts';
import { acceptLines, LINE_PORT } from './transport/line-server.ts';
import { isSecure } from './web/response.ts';
import { serveChat } from './web/web.ts';

/** How long the start waits for a certificate, in milliseconds. HTTPS starts later if it takes longer. */
const CERTIFICATE_MS = 20_000;

/**
 * `auto`: HTTPS on 443 if the tailnet has certificates, and HTTP on 80 as well; `only`: browsers are redirected from 80
 * to 443; `off`: HTTP only, which the tailnet encrypts anyway.
 */
export type HttpsMode = 'auto' | 'only' | 'off';

export interface HostOptions {
  /** @default 'auto' */
  https?: HttpsMode;
  /** Called with the reason if HTTPS is available on the tailnet but could not be started. */
  onWarning?: (error: Error) => void;
  /** Aborts the start with an `AbortError`. */
  signal?: AbortSignal;
}

/** A chat that is on the tailnet. */
export interface HostedChat {
  /** URLs of the chat, best first. */
  readonly urls: string[];
  /** Closes all connections and stops listening; the node stays up. */
  close(): Promise<void>;
}

/**
 * Serves a chat on a node: its page on port 80, and on 443 if there is a certificate; plain lines on port 2323.
 *
 * @example
 * ```ts
 * await using tailnet = await Tailnet.up({ hostname: 'chat' });
 * const hosted = await hostChat(tailnet, new Chat());
 * console.log(hosted.urls[0]);
 * ```
 */
export async function hostChat(tailnet: Tailnet, chat: Chat, options: HostOptions = {}): Promise<HostedChat> {
  const { https = 'auto', onWarning = () => {}, signal } = options;
  const names = () => [tailnet.name, tailnet.fqdn, ...tailnet.ips];
  const servers: Server[] = [];
  let lines: TailnetServer | undefined;
  let secure = false;
  const close = () => Promise.all([lines?.close(), ...servers.map(closeServer)]);

  const redirect = (request: IncomingMessage) => (secure && https === 'only' ? secureUrl(request, tailnet) : undefined);

  try {
    const plain = tailnet.createServer();
    serveChat(plain, chat, { names, redirect });
    servers.push(plain);
    await listen(plain, 80, signal);

    lines = await tailnet.listen(LINE_PORT, { allowHalfOpen: true });
    lines.on('connection', (socket) => acceptLines(chat, socket, socket.identity));

    if (https !== 'off' && (await tailnet.status({ signal })).certDomains.includes(tailnet.fqdn)) {
      const server = tailnet.createSecureServer();
      serveChat(server, chat, { names });
      servers.push(server);
      const listening = listen(server, 443, signal).then(
        () => {
          secure = true;
        },
        (error) => {
          if (signal?.aborted || error.code === 'ERR_TSEXPOSE_NODE_CLOSED') throw error;
          onWarning(error);
        },
      );
      await Promise.race([listening, new Promise((resolve) => setTimeout(resolve, CERTIFICATE_MS).unref())]);
    }
    if (signal?.aborted) throw abortError(signal);
  } catch (error) {
    await close();
    throw error;
  }

  return {
    get urls() {
      const { fqdn, name } = tailnet;
      return [...(secure ? [`https://${fqdn}`] : []), `http://${fqdn}`, `http://${name}`];
    },
    async close() {
      chat.close();
      await close();
    },
  };
}

/** Returns the URL of the same page over HTTPS, for requests to a name that has a certificate. */
function secureUrl(request: IncomingMessage, { name, fqdn }: Tailnet): string | undefined {
  const host = request.headers.host?.toLowerCase().replace(/:80$/, '').replace(/\.$/, '');
  const isOurs = !isSecure(request) && (host === name || host === fqdn);
  return isOurs && request.url?.startsWith('/') ? `https://${fqdn}${request.url}` : undefined;
}

/** Resolves when the server listens; rejects if its node closes instead. */
async function listen(server: Server, port: number, signal: AbortSignal | undefined): Promise<void> {
  const closed = new AbortController();
  const onClose = () => closed.abort();
  server.once('close', onClose);
  try {
    const either = signal ? AbortSignal.any([signal, closed.signal]) : closed.signal;
    await once(server.listen(port), 'listening', { signal: either });
  } catch (error) {
    throw closed.signal.aborted ? nodeClosedError() : error;
  } finally {
    server.off('close', onClose);
  }
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
