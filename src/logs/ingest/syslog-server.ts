// Listens for syslog over TCP and UDP.
//
//   TCP ─▶ SyslogFrames ─┐  not read while the queue is full, so that senders wait
//   UDP ─────────────────┴─▶ SyslogQueue ─▶ LogWrite      a datagram that finds it full is lost, and counted
//
// Source: RFC 6587 (TCP), RFC 5426 (UDP).

import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Counter, SelfMetrics } from '../../base/self-metrics.ts';
import type { Address } from '../../base/settings.ts';
import type { BeginLogWrite } from '../write.ts';
import { SyslogFrames } from './syslog-frames.ts';
import { SyslogQueue } from './syslog-queue.ts';

const CONNECTIONS_MAX = 1000;
const KEEP_ALIVE_MS = 60_000;
/** How much the system may hold of datagrams that we have not read yet. */
const UDP_BUFFER_BYTES = 4 * 1024 * 1024;
/** What still waits at a stop has so long. */
const STOP_TIMEOUT_MS = 3000;

export interface SyslogOptions {
  /** Undefined for none. */
  readonly tcp: Address | undefined;
  readonly udp: Address | undefined;
  readonly tenant: string;
  readonly begin: BeginLogWrite;
  readonly clock: Clock;
  readonly metrics: SelfMetrics;
  readonly log: Log;
}

export class SyslogServer implements AsyncDisposable {
  readonly #options: SyslogOptions;
  readonly #queue: SyslogQueue;
  readonly #connections = new Set<Socket>();
  readonly #messages: Counter;
  readonly #lost: Counter;
  readonly #tcp: Server;
  #udp: UdpSocket | undefined;
  readonly #addresses: { readonly protocol: 'tcp' | 'udp'; readonly host: string; readonly port: number }[] = [];

  constructor(options: SyslogOptions) {
    this.#options = options;
    const { begin, tenant, clock, log, metrics } = options;
    this.#queue = new SyslogQueue({ begin, tenant, clock, log, onRoom: () => this.#resume() });
    this.#messages = metrics.counter('sightline_syslog_messages_total', 'Syslog messages that came.', ['protocol']);
    this.#lost = metrics.counter('sightline_syslog_lost_total', 'Syslog messages that were lost, or cut because they were too long.', [
      'reason',
    ]);
    const gauge = metrics.gauge('sightline_syslog_connections', 'Open TCP connections of syslog senders.');
    metrics.onCollect(() => gauge.set(this.#connections.size));
    this.#tcp = createServer({ keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS, allowHalfOpen: false }, (socket) =>
      this.#serve(socket),
    );
    this.#tcp.maxConnections = CONNECTIONS_MAX;
  }

  /** What is open. */
  get addresses(): readonly { readonly protocol: 'tcp' | 'udp'; readonly host: string; readonly port: number }[] {
    return this.#addresses;
  }

  /** Opens the addresses. Rejects, with none left open, when one cannot be had. */
  async listen(): Promise<void> {
    const { tcp, udp } = this.#options;
    try {
      if (tcp !== undefined) await this.#listenTcp(tcp);
      if (udp !== undefined) await this.#listenUdp(udp);
    } catch (cause) {
      await this[Symbol.asyncDispose]();
      throw new Error('logs.syslog: cannot listen', { cause });
    }
  }

  /** Takes nothing new and brings what has come to the store, for a bounded time. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#tcp.listening) this.#tcp.close();
    this.#udp?.close();
    this.#udp = undefined;
    for (const socket of this.#connections) socket.destroy();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.#options.log.warn('syslog messages that wait for the store are lost by the stop');
      resolve();
    }, STOP_TIMEOUT_MS);
    await Promise.race([this.#queue.drained(), promise]);
    clearTimeout(timer);
  }

  async #listenTcp({ host, port }: Address): Promise<void> {
    const listening = once(this.#tcp, 'listening');
    this.#tcp.listen({ host, port });
    await listening;
    this.#tcp.on('error', (error) => this.#options.log.error('listening for syslog failed', { error }));
    const taken = this.#tcp.address();
    if (taken !== null && typeof taken === 'object') this.#addresses.push({ protocol: 'tcp', host, port: taken.port });
  }

  async #listenUdp({ host, port }: Address): Promise<void> {
    const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4' });
    this.#udp = socket;
    const listening = once(socket, 'listening');
    socket.bind(port, host);
    await listening;
    socket.on('error', (error) => this.#options.log.error('listening for syslog failed', { error }));
    try {
      socket.setRecvBufferSize(UDP_BUFFER_BYTES);
    } catch (error) {
      this.#options.log.debug('the system grants no larger buffer for datagrams', { error });
    }
    socket.on('message', (bytes, { address }) => this.#datagram(bytes, address));
    this.#addresses.push({ protocol: 'udp', host, port: socket.address().port });
  }

  #datagram(bytes: Buffer, address: string): void {
    this.#messages.add(1, 'udp');
    if (this.#queue.isFull) this.#lost.add(1, 'queue_full');
    else this.#queue.add(bytes, plainAddress(address));
  }

  #serve(socket: Socket): void {
    this.#connections.add(socket);
    const peer = plainAddress(socket.remoteAddress ?? '');
    const frames = new SyslogFrames({
      message: (bytes) => {
        this.#messages.add(1, 'tcp');
        this.#queue.add(bytes, peer);
      },
      cut: () => this.#lost.add(1, 'cut'),
    });
    socket.on('data', (chunk) => {
      frames.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
      if (this.#queue.isFull) socket.pause();
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      frames.end();
      this.#connections.delete(socket);
    });
    if (this.#queue.isFull) socket.pause();
  }

  #resume(): void {
    for (const socket of this.#connections) if (socket.isPaused()) socket.resume();
  }
}

/** An IPv4 address that came over IPv6 as itself. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
}
