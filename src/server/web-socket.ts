// WebSockets: from an upgrade on HTTP/1.1 to a `Socket` in the hands of a route.
//
//   upgrade ─▶ route ─▶ origin ─▶ tenants ─▶ SocketRoute.open ─▶ 101 ─▶ SocketHandler(socket)
//                └──────────── any error ─────────▶ an HTTP answer ─▶ end
//
// A page of another site may open a WebSocket to us without asking first, so its origin is judged here and not by the browser.
// Source: RFC 6455.

import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import type { Log } from '../base/log.ts';
import { RequestError } from '../base/request-error.ts';
import { SOCKET_BUFFERED_BYTES_MAX, SOCKET_CLOSE_TIMEOUT_MS, SOCKET_MESSAGE_BYTES_MAX, SOCKET_PING_INTERVAL_MS } from '../limits.ts';
import { TENANT_HEADER } from '../tenant/tenant.ts';
import { isAllowedOrigin } from './cors.ts';
import type { HttpMetrics } from './http-metrics.ts';
import { askedHeaders, errorReply, header, requestId, tenantsOf } from './http.ts';
import type { Reply, Request, Route, Socket, SocketHandler, SocketRoute } from './route.ts';
import { Router } from './router.ts';

export interface WebSocketOptions {
  readonly routes: readonly SocketRoute[];
  readonly settings: () => { readonly corsOrigins: readonly string[] };
  readonly metrics: HttpMetrics;
  readonly log: Log;
  readonly pingIntervalMs: number | undefined;
}

/** The connection of a request that asks for an upgrade. */
export interface Upgrade {
  readonly socket: Duplex;
  /** What was read after the request. */
  readonly head: Buffer;
  /** Stands before the request's path, as on a peer's port. */
  readonly base: string;
}

const GOING_AWAY = 1001;
const INTERNAL_ERROR = 1011;
/** A reason fits into a control frame beside its code. Source: RFC 6455, section 5.5. */
const CLOSE_REASON_BYTES_MAX = 123;

/** What answers plain HTTP requests on the paths of WebSockets. */
export function socketRefusals(routes: readonly SocketRoute[]): readonly Route[] {
  return routes.map(({ path, summary, access, error }) => ({
    method: 'GET',
    path,
    summary,
    access,
    error,
    handle() {
      throw new RequestError('bad_data', 'this path is spoken to over WebSocket: the request asks for no upgrade to it');
    },
  }));
}

export class WebSocketHandler {
  readonly #options: WebSocketOptions;
  readonly #routes: ReadonlyMap<string, SocketRoute>;
  readonly #router: Router;
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: SOCKET_MESSAGE_BYTES_MAX,
  });
  /** Open sockets, and whether each has been heard of since the last ping. */
  readonly #sockets = new Map<WebSocket, { isAlive: boolean }>();
  #pings: NodeJS.Timeout | undefined;
  #isStopping = false;

  constructor(options: WebSocketOptions) {
    this.#options = options;
    this.#routes = new Map(options.routes.map((route) => [route.path, route]));
    this.#router = new Router(socketRefusals(options.routes));
  }

  get open(): number {
    return this.#sockets.size;
  }

  /** Whether a request asks for a WebSocket at a path that has one. */
  serves(incoming: IncomingMessage, base: string): boolean {
    if (incoming.headers.upgrade?.toLowerCase() !== 'websocket') return false;
    return this.#router.find('GET', base + pathOf(incoming)).kind === 'route';
  }

  /** Answers one upgrade. Never rejects. */
  async handle(incoming: IncomingMessage, upgrade: Upgrade): Promise<void> {
    const { metrics, log } = this.#options;
    const started = performance.now();
    const path = upgrade.base + pathOf(incoming);
    const abort = new AbortController();
    const gone = (): void => abort.abort(new RequestError('canceled', 'the client went away'));
    upgrade.socket.on('error', gone);
    upgrade.socket.once('close', gone);
    const match = this.#router.find('GET', path);
    const route = match.kind === 'route' ? this.#routes.get(match.route.path) : undefined;
    const id = requestId(incoming.headers['x-request-id']);
    let status = 101;
    try {
      if (route === undefined || match.kind !== 'route') throw new RequestError('not_found', `nothing is served at ${path}`);
      const given = { route, path, id, params: match.params(), signal: abort.signal };
      const begin = await route.open(this.#request(incoming, given));
      this.#upgrade(incoming, upgrade, begin);
    } catch (error) {
      const known = error instanceof RequestError ? error : this.#unexpected(error, { id, path });
      const reply = errorReply(route, known, '');
      status = abort.signal.aborted ? 499 : reply.status;
      refuse(upgrade.socket, reply);
    }
    const ms = performance.now() - started;
    metrics.observe({ route: route?.path ?? 'none', method: 'GET', status, seconds: ms / 1000 });
    log.debug('websocket', { id, path, status, ms: Math.round(ms) });
  }

  /** Takes no new sockets and says good-bye to those there are; who does not answer in time is cut off. */
  stop(): void {
    this.#isStopping = true;
    for (const webSocket of this.#sockets.keys()) endOf(webSocket, GOING_AWAY, 'the server is stopping');
  }

  #request(
    incoming: IncomingMessage,
    given: Pick<Request, 'path' | 'id' | 'params' | 'signal'> & { readonly route: SocketRoute },
  ): Request {
    const { route, ...rest } = given;
    if (this.#isStopping) throw new RequestError('unavailable', 'the server is stopping', { retryAfterS: 1 });
    if (!isAllowedOrigin(incoming.headers, this.#options.settings().corsOrigins))
      throw new RequestError('forbidden', `pages of ${incoming.headers.origin} may not connect (server.corsOrigins)`);
    const url = incoming.url ?? '';
    const query = new URLSearchParams(url.slice(pathOf(incoming).length));
    return {
      ...rest,
      method: 'GET',
      query,
      tenants: tenantsOf(route, header(incoming, TENANT_HEADER) ?? query.get(TENANT_HEADER) ?? undefined),
      contentType: { type: '', params: {} },
      accept: incoming.headers.accept ?? '',
      headers: { ...headersInQuery(query, route.headers), ...askedHeaders(incoming, route.headers) },
      body: new Uint8Array(0),
    };
  }

  #upgrade(incoming: IncomingMessage, { socket, head }: Upgrade, begin: SocketHandler): void {
    // A bad handshake is answered with 400 or 426 in here, and the handler hears nothing of it.
    this.#server.handleUpgrade(incoming, socket, head, (webSocket) => {
      const state = { isAlive: true };
      this.#sockets.set(webSocket, state);
      this.#ping();
      webSocket.on('pong', () => (state.isAlive = true));
      // Whatever breaks ends in `close`.
      webSocket.on('error', () => undefined);
      webSocket.once('close', () => {
        this.#sockets.delete(webSocket);
        if (this.#sockets.size === 0) this.#rest();
      });
      try {
        begin(socketOf(webSocket));
      } catch (error) {
        this.#unexpected(error, { id: '', path: pathOf(incoming) });
        endOf(webSocket, INTERNAL_ERROR, 'internal error');
      }
      if (this.#isStopping) endOf(webSocket, GOING_AWAY, 'the server is stopping');
    });
  }

  #ping(): void {
    this.#pings ??= setInterval(() => {
      for (const [webSocket, state] of this.#sockets) {
        if (!state.isAlive) webSocket.terminate();
        else if (webSocket.readyState === WebSocket.OPEN) {
          state.isAlive = false;
          webSocket.ping();
        }
      }
    }, this.#options.pingIntervalMs ?? SOCKET_PING_INTERVAL_MS);
  }

  #rest(): void {
    clearInterval(this.#pings);
    this.#pings = undefined;
  }

  #unexpected(error: unknown, { id, path }: { readonly id: string; readonly path: string }): RequestError {
    this.#options.metrics.internalErrors.add(1);
    this.#options.log.error('websocket failed unexpectedly', { id, path, error });
    return new RequestError('internal', 'internal error', { cause: error });
  }
}

/** A browser's WebSocket takes no headers: a page says them as parameters of the same names. */
function headersInQuery(query: URLSearchParams, names: readonly string[] = []): Readonly<Record<string, string>> {
  return Object.fromEntries(names.flatMap((name) => (query.has(name) ? [[name, query.get(name) ?? '']] : [])));
}

function socketOf(webSocket: WebSocket): Socket {
  return {
    send(text) {
      if (webSocket.readyState !== WebSocket.OPEN) return;
      if (webSocket.bufferedAmount > SOCKET_BUFFERED_BYTES_MAX) webSocket.terminate();
      else webSocket.send(text, { binary: false });
    },
    get bufferedBytes() {
      return webSocket.bufferedAmount;
    },
    onClose(listener) {
      if (webSocket.readyState === WebSocket.CLOSED) listener();
      else webSocket.once('close', listener);
    },
    close: (code, reason) => endOf(webSocket, code, reason),
  };
}

/** Closes, and cuts off a client that does not answer. */
function endOf(webSocket: WebSocket, code: number, reason: string): void {
  if (webSocket.readyState === WebSocket.CLOSED) return;
  webSocket.close(code, cut(reason));
  const timer = setTimeout(() => webSocket.terminate(), SOCKET_CLOSE_TIMEOUT_MS);
  webSocket.once('close', () => clearTimeout(timer));
}

function cut(reason: string): string {
  let text = reason.slice(0, CLOSE_REASON_BYTES_MAX);
  while (Buffer.byteLength(text) > CLOSE_REASON_BYTES_MAX) text = text.slice(0, -1);
  return text;
}

/** An HTTP answer on a connection that no HTTP server holds any more. */
function refuse(socket: Duplex, { status, headers, body }: Reply): void {
  if (socket.destroyed) return;
  const text = typeof body === 'string' ? body : '';
  const fields = { ...headers, 'content-length': String(Buffer.byteLength(text)), connection: 'close' };
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${head.join('')}\r\n${text}`);
}

function pathOf({ url = '/' }: IncomingMessage): string {
  const at = url.indexOf('?');
  return at < 0 ? url : url.slice(0, at);
}
