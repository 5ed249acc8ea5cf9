/**
 * A chat on a tailnet: the example of what a program does with a node. It needs nothing but what the package exports.
 */
import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { abortError, nodeClosedError } from '../errors.ts';
import type { Tailnet, TailnetServer } from '../index.ts';
import type { Chat } from './room/chat.ts';
import { acceptLines, LINE_PORT } from './transport/line-server.ts';
import { isSecure } from './web/response.ts';
import { serveChat } from './web/web.ts';

/** How long the start may wait for a certificate, in milliseconds; after that it comes when it comes. */
const CERTIFICATE_MS = 20_000;

/**
 * `auto`: HTTPS on 443 where the tailnet has certificates, and HTTP on 80 beside it; `only`: browsers are led from 80 to
 * 443; `off`: HTTP alone, which the tailnet encrypts anyway.
 */
export type HttpsMode = 'auto' | 'only' | 'off';

export interface HostOptions {
  /** @default 'auto' */
  https?: HttpsMode;
  /** Told why there is no HTTPS where there could be. */
  onWarning?: (error: Error) => void;
  /** Gives up before the chat is there, with an `AbortError`. */
  signal?: AbortSignal;
}

/** A chat that is on the tailnet. */
export interface HostedChat {
  /** Where the chat is, the best first. */
  readonly urls: string[];
  /** Ends all connections and stops listening; the node stays up. */
  close(): Promise<void>;
}

/**
 * Puts a chat on a node: its page on port 80, and on 443 where there is a certificate; lines on port 2323.
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

  const redirect = (request: IncomingMessage) => (secure && https === 'only' ? securely(request, tailnet) : undefined);

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

/** The same page over HTTPS, for browsers that came by a name for which there is a certificate. */
function securely(request: IncomingMessage, { name, fqdn }: Tailnet): string | undefined {
  const host = request.headers.host?.toLowerCase().replace(/:80$/, '').replace(/\.$/, '');
  const isOurs = !isSecure(request) && (host === name || host === fqdn);
  return isOurs && request.url?.startsWith('/') ? `https://${fqdn}${request.url}` : undefined;
}

/** Resolves when a server listens; it closes instead where its node does. */
async function listen(server: Server, port: number, signal: AbortSignal | undefined): Promise<void> {
  const gone = new AbortController();
  const leave = () => gone.abort();
  server.once('close', leave);
  try {
    const either = signal ? AbortSignal.any([signal, gone.signal]) : gone.signal;
    await once(server.listen(port), 'listening', { signal: either });
  } catch (error) {
    throw gone.signal.aborted ? nodeClosedError() : error;
  } finally {
    server.off('close', leave);
  }
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
