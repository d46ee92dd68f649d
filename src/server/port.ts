// One listening address that speaks HTTP/1.1 and cleartext HTTP/2: the first bytes of a connection decide.
//
//   connection ─(first bytes)─▶ "PRI * HTTP/2.0…" ─▶ http2 server ─┐
//                          └──▶ anything else ─────▶ http1 server ─┴─▶ onRequest
//
// Source: RFC 9113, section 3.4 (prior knowledge and the connection preface).

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  createServer as createHttp2Server,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { assert } from '../base/assert.ts';
import type { Log } from '../base/log.ts';
import type { Address } from '../base/settings.ts';
import * as limits from '../limits.ts';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n');

export interface PortOptions {
  readonly connectionsMax: number;
  readonly bodyTimeoutMs: number;
  /** From the first byte of a request to the end of its headers. */
  readonly headerTimeoutMs: number;
  readonly log: Log;
  /** Whether a request asks for a WebSocket that is served; any other wish to upgrade is passed over. */
  readonly wantsSocket: (incoming: IncomingMessage) => boolean;
  /** Takes the connection of such a request over; `head` was read after the request already. */
  readonly onSocket: (incoming: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly onRequest: (incoming: IncomingMessage | Http2ServerRequest, outgoing: ServerResponse | Http2ServerResponse) => void;
}

export class Port {
  readonly #http1: Server;
  readonly #http2: Http2Server;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #log: Log;
  readonly #headerTimeoutMs: number;

  constructor({ bodyTimeoutMs, headerTimeoutMs, connectionsMax, log, onRequest, wantsSocket, onSocket }: PortOptions) {
    this.#headerTimeoutMs = headerTimeoutMs;
    this.#log = log;
    this.#http1 = createServer(
      {
        maxHeaderSize: limits.HEADER_BYTES_MAX,
        headersTimeout: headerTimeoutMs,
        requestTimeout: headerTimeoutMs + bodyTimeoutMs,
        keepAliveTimeout: limits.KEEP_ALIVE_TIMEOUT_MS,
        connectionsCheckingInterval: Math.min(1000, headerTimeoutMs),
        noDelay: true,
        shouldUpgradeCallback: wantsSocket,
      },
      onRequest,
    );
    this.#http1.on('upgrade', onSocket);
    this.#http1.maxHeadersCount = limits.HEADERS_MAX;
    this.#http1.maxConnections = connectionsMax;
    this.#http2 = createHttp2Server(
      {
        settings: {
          maxConcurrentStreams: limits.HTTP2_STREAMS_MAX,
          maxHeaderListSize: limits.HEADER_BYTES_MAX,
          initialWindowSize: limits.HTTP2_STREAM_WINDOW_BYTES,
          enablePush: false,
        },
        maxHeaderListPairs: limits.HEADERS_MAX,
      },
      onRequest,
    );
    this.#http2.on('session', (session) => this.#open(session));
    this.#http2.on('sessionError', (error) => log.debug('http2 session failed', { error }));
    this.#interceptConnections();
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** Listens; resolves to the address taken. Rejects when it cannot be had. */
  listen({ host, port }: Address): Promise<Address> {
    return new Promise((resolve, reject) => {
      this.#http1.once('error', reject);
      this.#http1.listen({ host, port, backlog: 1024 }, () => {
        this.#http1.off('error', reject);
        this.#http1.on('error', (error) => this.#log.error('listening failed', { host, port, error }));
        const taken = this.#http1.address();
        assert(taken !== null && typeof taken === 'object', 'a TCP server has an address');
        resolve({ host, port: taken.port });
      });
    });
  }

  /** Takes no new connections and no new requests on those there are. */
  stop(): void {
    this.#http1.close();
    this.#http1.closeIdleConnections();
    for (const session of this.#sessions) session.close();
  }

  /** Ends every connection. */
  destroy(): void {
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Puts the choice of the protocol before the http1 server's own handling of a connection. */
  #interceptConnections(): void {
    const [serveHttp1] = this.#http1.listeners('connection');
    assert(serveHttp1 !== undefined, 'an http server listens to its connections');
    this.#http1.removeAllListeners('connection');
    this.#http1.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      choose(socket, this.#headerTimeoutMs, (isHttp2) => {
        if (isHttp2) this.#http2.emit('connection', socket);
        else {
          serveHttp1.call(this.#http1, socket);
          // An http2 session takes what was put back by itself; an http1 parser waits for the flow.
          socket.resume();
        }
      });
    });
  }

  #open(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    session.once('close', () => this.#sessions.delete(session));
    session.setLocalWindowSize(limits.HTTP2_SESSION_WINDOW_BYTES);
    session.setTimeout(limits.HTTP2_IDLE_TIMEOUT_MS, () => session.close());
  }
}

/** Looks at the first bytes of a connection and puts them back. A client that sends none in time is closed. */
function choose(socket: Socket, timeoutMs: number, then: (isHttp2: boolean) => void): void {
  let seen: Buffer = Buffer.alloc(0);
  const destroy = (): void => {
    socket.destroy();
  };
  const timer = setTimeout(destroy, timeoutMs);
  const onData = (chunk: Buffer): void => {
    seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
    const length = Math.min(seen.length, PREFACE.length);
    const isPreface = seen.compare(PREFACE, 0, length, 0, length) === 0;
    if (isPreface && length < PREFACE.length) return;
    end();
    socket.pause();
    socket.unshift(seen);
    then(isPreface);
  };
  const end = (): void => {
    clearTimeout(timer);
    socket.off('data', onData);
    socket.off('error', destroy);
    socket.off('close', end);
    socket.off('end', destroy);
  };
  socket.on('data', onData);
  socket.on('error', destroy);
  socket.on('end', destroy);
  socket.on('close', end);
}
