/**
 * The HTTP/1.1 front: Node's events in, exchanges out. Everything that knows of HTTP/1.1 connections is here; what
 * happens to a request is decided on values, in the passes.
 */
import { type IncomingMessage, type Server, ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { RequestEvent } from '../../events.ts';
import { Exchange } from '../exchange/exchange.ts';
import { requestEvent } from '../exchange/request-event.ts';
import type { Refusal } from '../request/framing.ts';
import type { CallerResponse } from '../request/http-types.ts';
import { prepareRequest, prepareUpgrade, type UpstreamRequest } from '../request/passes.ts';
import type { Timeouts } from '../request/timeouts.ts';
import type { ErrorPage } from '../response/error-page.ts';
import { rawPage, refusalPage, sendPage } from '../response/error-response.ts';
import { admit, type InboundRequest, isTurnedAway, type Reception, receive } from './admission.ts';
import { asksForWebSocket, holdBack, replayWithoutUpgrade, switchingProtocols } from './upgrade.ts';

/** What a front needs of the proxy that it belongs to. */
export interface InboundHost extends Reception {
  readonly closing: boolean;
  readonly timeouts: Required<Timeouts>;
  onRequest(event: RequestEvent): void;
  /** The visitor's connection and the one to the service are a tunnel from here on. */
  onTunnel(exchange: Exchange, service: Duplex): void;
  /** Something threw that never should. */
  onDefect(error: Error): void;
}

const IN_FLIGHT = Symbol('answers in flight');
const SPENT = Symbol('no further request is read');
/** What is being answered on a connection: exchanges, and responses with a page of our own. */
type Connection = Socket & { [IN_FLIGHT]?: Set<Exchange | CallerResponse>; [SPENT]?: boolean };

/** Turns the events of an HTTP/1.1 server into exchanges. */
export class H1Inbound {
  readonly #host: InboundHost;
  readonly #server: Server;

  constructor(host: InboundHost, server: Server) {
    this.#host = host;
    this.#server = server
      .on('request', (request, response) =>
        this.#guard(request.socket, () => this.#onRequest(request, response, false)),
      )
      .on('checkContinue', (request, response) => {
        this.#guard(request.socket, () => this.#onRequest(request, response, true));
      })
      .on('checkExpectation', (request, response) => {
        const reason = 'The only expectation that is met is 100-continue.';
        this.#guard(request.socket, () => this.#refuse(this.#visit(request, response), { status: 417, reason }));
      })
      .on('upgrade', (request, socket, head) => {
        this.#guard(socket as Socket, () => this.#onUpgrade(request, socket as Socket, head));
      })
      .on('connect', (_request, socket) => {
        endWith(socket as Socket, { status: 405, reason: 'CONNECT is not forwarded.' });
      })
      .on('clientError', (error, socket) => {
        this.#guard(socket as Socket, () => this.#onClientError(error, socket as Socket));
      });
  }

  /** Whether nothing is being answered on a connection. */
  isIdle(socket: Socket): boolean {
    return inFlight(socket).size === 0;
  }

  // An exception here would end the process, and with it every other caller's connection.
  #guard(socket: Socket, handle: () => void): void {
    try {
      handle();
    } catch (error) {
      socket.destroy();
      this.#host.onDefect(error as Error);
    }
  }

  #visit(request: IncomingMessage, response: ServerResponse): InboundRequest {
    return receive(this.#host, { socket: request.socket, request, response });
  }

  #onRequest(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    const connection: Connection = request.socket;
    if (connection[SPENT]) return;
    // Node drops what has come together with a request whose offer it ignores: the next one may have lost its beginning.
    if (request.headers.upgrade !== undefined) {
      connection[SPENT] = true;
      response.shouldKeepAlive = false;
    }
    const visit = this.#visit(request, response);
    const out = this.#admit(visit, prepareRequest);
    if (!out) return;
    if (visit.service?.answersItself) {
      const answers = inFlight(request.socket).add(response);
      response.once('close', () => answers.delete(response));
      visit.service.answer(visit, out);
      return;
    }
    const exchange = this.#exchange(visit, out);
    exchange.expectsContinue = expectsContinue;
    exchange.forward();
  }

  #onUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    // Answers of earlier requests are still on their way on this connection: a tunnel would cut into them.
    if (inFlight(socket).size > 0) {
      socket.destroy();
      return;
    }
    if (!asksForWebSocket(request)) {
      replayWithoutUpgrade(this.#server, request, socket, head);
      return;
    }
    const response = responseOn(socket, request);
    const visit = this.#visit(request, response);
    const putBack = holdBack(socket, head);
    const out = this.#admit(visit, prepareUpgrade);
    if (!out) return;
    if (visit.service?.answersItself) {
      this.#refuse(visit, { status: 400, reason: 'There is no WebSocket here.' });
      return;
    }
    const exchange = this.#exchange(visit, out);
    exchange.onTunnel = (answer, service) => {
      response.detachSocket(socket);
      putBack();
      socket.write(switchingProtocols(answer));
      this.#host.onTunnel(exchange, service);
    };
    exchange.forward();
  }

  /** Lets a visit in, or answers it with a page. */
  #admit(visit: InboundRequest, prepare: typeof prepareRequest): UpstreamRequest | undefined {
    const { method = '', url = '', httpVersion } = visit.request;
    // Node's parser reads HTTP/0.9 and HTTP/2.0 in the words of HTTP/1.
    if (httpVersion !== '1.1' && httpVersion !== '1.0') {
      this.#refuse(visit, { status: 505, reason: `HTTP/${httpVersion} is not spoken here in this form.` });
      return undefined;
    }
    const verdict = admit(visit, (rawHeaders, callerHeaders, context) =>
      prepare({ method, target: url, httpVersion, rawHeaders }, visit.identity.ip, callerHeaders, context),
    );
    if (!isTurnedAway(verdict)) return verdict;
    this.#answer(visit, verdict.page, verdict.unreadable);
    return undefined;
  }

  #exchange({ request, response, identity, service }: InboundRequest, out: UpstreamRequest): Exchange {
    const exchange = new Exchange(service!, request, response, identity, out);
    const answers = inFlight(request.socket).add(exchange);
    exchange.onEnd = () => answers.delete(exchange);
    return exchange;
  }

  // What could not be read as one request cannot be trusted about where the next one starts.
  #refuse(visit: InboundRequest, refusal: Refusal): void {
    this.#answer(visit, refusalPage(refusal), true);
  }

  #answer({ request, response, identity }: InboundRequest, page: ErrorPage, close: boolean): void {
    const startedAt = performance.now();
    const answers = inFlight(request.socket).add(response);
    response.once('close', () => answers.delete(response));
    sendPage(request, response, page, close || this.#host.closing);
    this.#host.onRequest(requestEvent({ request, identity, status: page.status, bytes: 0, startedAt }));
  }

  #onClientError(error: NodeJS.ErrnoException, socket: Socket): void {
    if (error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const refusal = parserRefusal(error.code);
    const [first, ...others] = inFlight(socket);
    if (!first) endWith(socket, refusal);
    else if (others.length === 0 && !(first instanceof Exchange)) socket.destroySoon();
    // The body of the only request under way is what cannot be read: its answer says so.
    else if (others.length === 0 && first instanceof Exchange && !first.request.complete) first.refuse(refusal);
    // A page in the middle of other answers would be taken for one of them.
    else socket.destroy();
  }
}

function inFlight(socket: Connection): Set<Exchange | CallerResponse> {
  socket[IN_FLIGHT] ??= new Set();
  return socket[IN_FLIGHT];
}

/** A response on a connection that Node has handed over with an upgrade, for the case that there will be none. */
function responseOn(socket: Socket, request: IncomingMessage): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.once('finish', () => {
    response.detachSocket(socket);
    socket.destroySoon();
    // Node says this itself only for responses that it made.
    response.emit('close');
  });
  return response;
}

function endWith(socket: Socket, refusal: Refusal): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(rawPage(refusalPage(refusal), STATUS_CODES[refusal.status] ?? ''));
  // A visitor that goes on sending would otherwise get a reset in place of the page.
  socket.resume().setTimeout(1_000, () => socket.destroy());
}

function parserRefusal(code: string | undefined): Refusal {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return { status: 431, reason: 'The head of the request is larger than 16 KiB.' };
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return { status: 413, reason: 'The chunk extensions of the request are too large.' };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, reason: 'The head of the request did not come in time.' };
    default:
      return { status: 400, reason: 'The request is not HTTP/1.1.' };
  }
}
