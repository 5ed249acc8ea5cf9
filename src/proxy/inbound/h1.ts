/**
 * HTTP/1.1 from callers: Node's events in, exchanges out. Everything that knows about HTTP/1.1 connections is here; what
 * happens to a request is decided on values, in the passes.
 */
import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Exchange } from '../exchange/exchange.ts';
import type { ProxyHost } from '../exchange/proxy-host.ts';
import { HEAD_TOO_LARGE, NOT_HTTP, type Refusal } from '../request/framing.ts';
import type { CallerResponse } from '../request/http-types.ts';
import { prepareRequest, prepareUpgrade } from '../request/passes.ts';
import type { ErrorPage } from '../response/error-page.ts';
import { rawPage, refusalPage } from '../response/error-response.ts';
import {
  type Admitted,
  admit,
  answerLocalTarget,
  answerWithPage,
  type InboundRequest,
  isRejected,
  reportUnread,
} from './admission.ts';
import { asksForWebSocket, holdBack, replayWithoutUpgrade, switchingProtocols } from './upgrade.ts';

const IN_FLIGHT = Symbol('responses in flight');
const SPENT = Symbol('no further request is read');
/** What is being answered on a connection: exchanges, and responses with a page of our own. */
type Connection = Socket & { [IN_FLIGHT]?: Set<Exchange | CallerResponse>; [SPENT]?: boolean };

/** Turns the events of an HTTP/1.1 server into exchanges. */
export class H1Inbound {
  readonly #proxy: ProxyHost;
  readonly #server: Server;

  constructor(proxy: ProxyHost, server: Server) {
    this.#proxy = proxy;
    this.#server = server;
    server
      .on('request', (request, response) => {
        this.#guard(request.socket, () => this.#onRequest(request, response, false));
      })
      .on('checkContinue', (request, response) => {
        this.#guard(request.socket, () => this.#onRequest(request, response, true));
      })
      .on('upgrade', (request, socket, head) => {
        this.#guard(socket as Socket, () => this.#onUpgrade(request, socket as Socket, head));
      })
      .on('clientError', (error, socket) => {
        this.#guard(socket as Socket, () => this.#onClientError(error, socket as Socket));
      });
    // rule: an expectation other than 100-continue is refused
    server.on('checkExpectation', (request, response) => {
      const reason = 'The only expectation supported is 100-continue.';
      this.#guard(request.socket, () => this.#refuse(this.#inbound(request, response), { status: 417, reason }));
    });
    // rule: CONNECT is refused
    server.on('connect', ({ method, url }, socket) => {
      this.#guard(socket as Socket, () => {
        this.#endWith(socket as Socket, { status: 405, reason: 'CONNECT requests are not forwarded.' }, method, url);
      });
    });
  }

  /** Whether nothing is being answered on a connection. */
  isIdle(socket: Socket): boolean {
    return inFlight(socket).size === 0;
  }

  #guard(socket: Socket, handle: () => void): void {
    try {
      handle();
    } catch (error) {
      // An exception would end the process, and with it every other caller's connection.
      // rule: a defect only ends one connection — mutate: socket.destroy() => throw error
      socket.destroy();
      this.#proxy.onDefect(error as Error);
    }
  }

  #inbound(request: IncomingMessage, response: ServerResponse): InboundRequest {
    const { socket } = request;
    return { socket, request, response, identity: this.#proxy.identify(socket) };
  }

  #onRequest(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    const connection: Connection = request.socket;
    if (connection[SPENT]) return;
    // Node drops what has come along with a request whose offer it ignores, so the next one may lack its beginning.
    if (request.headers.upgrade !== undefined) {
      connection[SPENT] = true;
      response.shouldKeepAlive = false;
    }
    const admitted = this.#admit(this.#inbound(request, response), prepareRequest);
    if (!admitted) return;
    if (admitted.upstream.target.local) {
      track(request.socket, response);
      answerLocalTarget(this.#proxy, admitted);
      return;
    }
    const exchange = this.#exchange(admitted);
    exchange.expectsContinue = expectsContinue;
    exchange.forward();
  }

  #onUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    // rule: a tunnel does not cut into earlier responses that are still on their way
    if (inFlight(socket).size > 0) {
      socket.destroy();
      return;
    }
    // rule: only a WebSocket is an upgrade
    if (!asksForWebSocket(request)) {
      replayWithoutUpgrade(this.#server, request, socket, head);
      return;
    }
    const response = responseOn(socket, request);
    const inbound = this.#inbound(request, response);
    const putBack = holdBack(socket, head);
    const admitted = this.#admit(inbound, prepareUpgrade);
    if (!admitted) return;
    if (admitted.upstream.target.local) {
      this.#refuse(inbound, { status: 400, reason: 'This target does not accept WebSockets.' });
      return;
    }
    const exchange = this.#exchange(admitted);
    exchange.onTunnel = (answer, upstream) => {
      response.detachSocket(socket);
      putBack();
      socket.write(switchingProtocols(answer));
      this.#proxy.onRequest(exchange);
      this.#proxy.onTunnel(socket, upstream);
    };
    exchange.forward();
  }

  /** Admits a request, or answers it with a page. */
  #admit(inbound: InboundRequest, prepare: typeof prepareRequest): Admitted | undefined {
    const { method = '', url = '', httpVersion } = inbound.request;
    // rule: HTTP/0.9 and HTTP/2.0 in the syntax of HTTP/1, which Node's parser reads, are refused
    if (httpVersion !== '1.1' && httpVersion !== '1.0') {
      this.#refuse(inbound, { status: 505, reason: `HTTP/${httpVersion} is not supported in this form.` });
      return undefined;
    }
    const outcome = admit(this.#proxy, inbound, (rawHeaders, callerHeaders, context) =>
      prepare({ method, target: url, httpVersion, rawHeaders }, inbound.identity.ip, callerHeaders, context),
    );
    if (!isRejected(outcome)) return outcome;
    this.#answer(inbound, outcome.page, outcome.unreadable);
    return undefined;
  }

  #exchange(admitted: Admitted): Exchange {
    const exchange = new Exchange(this.#proxy, admitted);
    const responses = inFlight(admitted.socket).add(exchange);
    exchange.onEnd = () => responses.delete(exchange);
    return exchange;
  }

  #refuse(inbound: InboundRequest, refusal: Refusal): void {
    // rule: a refused request is the last one of its connection — mutate: true => false
    this.#answer(inbound, refusalPage(refusal), true);
  }

  #answer(inbound: InboundRequest, page: ErrorPage, close: boolean): void {
    track(inbound.socket, inbound.response);
    answerWithPage(this.#proxy, inbound, page, close || this.#proxy.closing);
  }

  #onClientError(error: NodeJS.ErrnoException, socket: Socket): void {
    if (error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const refusal = parserRefusal(error.code);
    const [first, ...others] = inFlight(socket);
    if (!first) {
      this.#endWith(socket, refusal);
      return;
    }
    // If it is the body of the only request in progress that cannot be read, its response says so.
    // rule: a page never comes in the middle of a response — mutate: socket.destroy() => this.#endWith(socket, refusal)
    // rule: a body that cannot be read is answered with 400 — mutate: first.refuse(refusal) => socket.destroySoon()
    if (others.length > 0 || (first instanceof Exchange && first.request.complete)) {
      reportUnread(this.#proxy, socket, 0, refusal.reason);
      socket.destroy();
    } else if (first instanceof Exchange) first.refuse(refusal);
    else socket.destroySoon();
  }

  /** Ends a connection with a page in place of the response to a request that nothing more is known of. */
  #endWith(socket: Socket, refusal: Refusal, method?: string, url?: string): void {
    const connection: Connection = socket;
    const { writable } = socket;
    // The parser repeats itself for all that follows, while the page is on its way.
    if (connection[SPENT] && !writable) return;
    // A caller that has sent nothing has not made a request.
    if (!connection[SPENT] && socket.bytesRead > 0) {
      reportUnread(this.#proxy, socket, writable ? refusal.status : 0, refusal.reason, method, url);
    }
    connection[SPENT] = true;
    if (writable) endWith(socket, refusal);
    else socket.destroy();
  }
}

function inFlight(socket: Connection): Set<Exchange | CallerResponse> {
  socket[IN_FLIGHT] ??= new Set();
  return socket[IN_FLIGHT];
}

/** Keeps a response in flight until it is closed. */
function track(socket: Connection, response: CallerResponse): void {
  const responses = inFlight(socket).add(response);
  response.once('close', () => responses.delete(response));
}

/** Returns a response on a connection that Node has handed over with an upgrade, in case the upgrade is refused. */
function responseOn(socket: Socket, request: IncomingMessage): ServerResponse {
  const response = new ServerResponse(request);
  // rule: a refused upgrade ends its connection
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.once('finish', () => {
    response.detachSocket(socket);
    socket.destroySoon();
    // Node only emits this for responses that it made itself.
    response.emit('close');
  });
  return response;
}

function endWith(socket: Socket, refusal: Refusal): void {
  socket.end(rawPage(refusalPage(refusal)));
  // A caller that goes on sending would otherwise get a reset in place of the page.
  const linger = setTimeout(() => socket.destroy(), 1_000);
  socket.resume().once('close', () => clearTimeout(linger));
}

function parserRefusal(code: string | undefined): Refusal {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return HEAD_TOO_LARGE;
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return { status: 413, reason: 'The chunk extensions of the request are too large.' };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, reason: 'The request head did not arrive in time.' };
    default:
      return NOT_HTTP;
  }
}
