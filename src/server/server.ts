// The program's ports: the main one, those of OTLP and, when asked for, the peers'; all serve the same routes through the same handler.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../base/log.ts';
import type { SelfMetrics } from '../base/self-metrics.ts';
import type { Address } from '../base/settings.ts';
import { DRAIN_TIMEOUT_MS, HEADER_TIMEOUT_MS } from '../limits.ts';
import { BodyBudget } from './body.ts';
import { GrpcHandler } from './grpc.ts';
import { createHttpMetrics } from './http-metrics.ts';
import { HttpHandler, type HttpSettings } from './http.ts';
import { PEER_PORTS } from './peer-ports.ts';
import { Port } from './port.ts';
import type { GrpcRoute, Route, SocketRoute } from './route.ts';
import { Router } from './router.ts';
import { socketRefusals, WebSocketHandler } from './web-socket.ts';

/** The part of the settings that the server reads. */
export interface ServerSettings extends HttpSettings {
  readonly listen: Address | undefined;
  readonly otlpGrpc: Address | undefined;
  readonly otlpHttp: Address | undefined;
  readonly peerPorts: boolean;
  readonly connectionsMax: number;
}

export interface ServerOptions {
  readonly settings: ServerSettings;
  readonly routes: readonly Route[];
  readonly grpcRoutes: readonly GrpcRoute[];
  readonly socketRoutes?: readonly SocketRoute[];
  /** Answers a GET whose path no route has. */
  readonly fallback?: Route;
  /** Bounds that tests shorten; the defaults are those of `limits.ts`. */
  readonly headerTimeoutMs?: number;
  readonly drainTimeoutMs?: number;
  readonly socketPingIntervalMs?: number;
  readonly metrics: SelfMetrics;
  readonly log: Log;
}

/** An address that is open, and what it is for. */
export interface OpenAddress extends Address {
  readonly name: string;
  readonly base: string;
}

interface Wanted {
  readonly name: string;
  readonly address: Address | undefined;
  readonly base: string;
}

const DRAIN_POLL_MS = 10;

export class Server {
  readonly #options: ServerOptions;
  readonly #http: HttpHandler;
  readonly #grpc: GrpcHandler;
  readonly #sockets: WebSocketHandler;
  readonly #ports: Port[] = [];
  readonly #addresses: OpenAddress[] = [];
  #settings: ServerSettings;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#settings = options.settings;
    const settings = (): ServerSettings => this.#settings;
    const budget = new BodyBudget(() => this.#settings.bodyBytesInFlightMax);
    const metrics = createHttpMetrics(options.metrics);
    const { log, routes, fallback, grpcRoutes, socketRoutes = [], socketPingIntervalMs } = options;
    const router = new Router([...routes, ...socketRefusals(socketRoutes)]);
    this.#http = new HttpHandler({ router, fallback, settings, budget, metrics, log });
    this.#sockets = new WebSocketHandler({ routes: socketRoutes, settings, metrics, log, pingIntervalMs: socketPingIntervalMs });
    this.#grpc = new GrpcHandler({ routes: grpcRoutes, settings, budget, metrics, log });
    metrics.watch({
      connections: () => this.#ports.reduce((sum, port) => sum + port.connections, 0),
      inFlight: () => this.#inFlight(),
      bodyBytes: () => budget.heldBytes,
      sockets: () => this.#sockets.open,
    });
  }

  /** What is open, the main address first. */
  get addresses(): readonly OpenAddress[] {
    return this.#addresses;
  }

  /** Opens all addresses. Rejects, with none left open, when one cannot be had. */
  async listen(): Promise<void> {
    try {
      for (const wanted of this.#wanted()) await this.#open(wanted);
    } catch (error) {
      for (const port of this.#ports) port.stop();
      throw error;
    }
  }

  /** Applies what can change while running: bounds of bodies and origins. */
  apply(settings: ServerSettings): void {
    // The ports were opened with the timeout that they have.
    this.#settings = { ...settings, bodyTimeout: this.#settings.bodyTimeout };
  }

  /** Takes nothing new, finishes what was accepted for at most `DRAIN_TIMEOUT_MS`, then ends the rest. */
  async stop(): Promise<void> {
    for (const port of this.#ports) port.stop();
    this.#sockets.stop();
    const end = performance.now() + (this.#options.drainTimeoutMs ?? DRAIN_TIMEOUT_MS);
    while (this.#inFlight() + this.#sockets.open > 0 && performance.now() < end) await sleep(DRAIN_POLL_MS);
    if (this.#inFlight() > 0) this.#options.log.warn('requests cut off by the stop', { requests: this.#inFlight() });
    this.#http.abort();
    this.#grpc.abort();
    // One turn for the answers that the abort brings.
    await sleep(DRAIN_POLL_MS);
    for (const port of this.#ports) port.destroy();
  }

  #inFlight(): number {
    return this.#http.inFlight + this.#grpc.inFlight;
  }

  #wanted(): readonly Wanted[] {
    const { listen, otlpGrpc, otlpHttp, peerPorts } = this.#settings;
    const host = listen?.host ?? '127.0.0.1';
    const own = [
      { name: 'server.listen', address: listen, base: '' },
      { name: 'server.otlpGrpc', address: otlpGrpc, base: '' },
      { name: 'server.otlpHttp', address: otlpHttp, base: '' },
    ];
    return peerPorts ? [...own, ...PEER_PORTS.map(({ name, port, base }) => ({ name, address: { host, port }, base }))] : own;
  }

  async #open({ name, address, base }: Wanted): Promise<void> {
    if (address === undefined) return;
    const port = new Port({
      connectionsMax: this.#settings.connectionsMax,
      bodyTimeoutMs: this.#settings.bodyTimeout,
      headerTimeoutMs: this.#options.headerTimeoutMs ?? HEADER_TIMEOUT_MS,
      log: this.#options.log,
      wantsSocket: (incoming) => this.#sockets.serves(incoming, base),
      onSocket: (incoming, socket, head) => void this.#sockets.handle(incoming, { socket, head, base }),
      onRequest: (incoming, outgoing) => this.#dispatch(incoming, outgoing, base),
    });
    const taken = await port.listen(address).catch((cause: unknown) => {
      throw new Error(`${name}: cannot listen on ${address.host}:${address.port}`, { cause });
    });
    this.#ports.push(port);
    this.#addresses.push({ name, base, ...taken });
  }

  #dispatch(incoming: IncomingMessage | Http2ServerRequest, outgoing: ServerResponse | Http2ServerResponse, base: string): void {
    const isGrpc = incoming.headers['content-type']?.startsWith('application/grpc') === true;
    if (isGrpc && 'stream' in incoming && 'stream' in outgoing) void this.#grpc.handle(incoming, outgoing);
    else void this.#http.handle(incoming, outgoing, base);
  }
}
