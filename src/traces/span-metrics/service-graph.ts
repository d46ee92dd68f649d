// The service graph of one tenant: requests between services, each made of the client's span and the server's.
//
//   client, producer ─▶ (trace, span id)   ┐
//                                          ├─▶ both are there ─▶ an edge
//   server, consumer ─▶ (trace, parent id) ┘   the time is up  ─▶ an edge to a virtual node, or an unpaired span
//
// Where the two share an id, as Zipkin's may, the server's own is that of the request: if it says so, or if a client of another service waits under it.
// A request to a database and a root span need no other side: they are edges at once.
//
// Source: Tempo `modules/generator/processor/servicegraphs`.

import { labelsOf } from '../../query/labels.ts';
import type { Span, SpanSource, StoredSpan } from '../write.ts';
import type { HistogramForms } from './latency-histogram.ts';
import type { LabelSet } from './label-set.ts';
import { LabelSets } from './label-sets.ts';
import { attributeText, bucketBounds, labelName, labelText } from './label-text.ts';
import {
  CLIENT_SECONDS,
  DROPPED_SPANS,
  FAILED_REQUESTS,
  MESSAGING_SECONDS,
  REQUESTS,
  SERVER_SECONDS,
  UNPAIRED_SPANS,
} from './metric-metadata.ts';
import { type PeerFacts, RequestPeers } from './request-peer.ts';
import { SkippedSpans } from './skipped-spans.ts';
import { sourceIdentity } from './source-identity.ts';
import { spanSeconds } from './span-seconds.ts';
import { WaitingRequests } from './waiting-requests.ts';

// Places of the metrics of an edge.
const REQUEST = 0;
const FAILED = 1;
const SERVER_TIME = 0;
const CLIENT_TIME = 1;
const MESSAGING_TIME = 2;

const PRODUCER = 4;
const SERVER = 2;
const CLIENT = 3;
const CONSUMER = 5;
const STATUS_ERROR = 2;
const NO_DIMENSIONS: readonly string[] = [];
const NOTHING_TAKEN: ReadonlySet<string> = new Set();
/** How often those that wait are looked through; the first that is in time ends it. */
const EXPIRY_INTERVAL_MS = 1000;

type ConnectionType = '' | 'messaging_system' | 'database' | 'virtual_node';

export interface ServiceGraphSettings {
  readonly dimensions: readonly string[];
  readonly peerAttributes: readonly string[];
  readonly buckets: readonly string[];
  readonly histograms: HistogramForms;
  /** Milliseconds. */
  readonly wait: number;
  readonly waitingMax: number;
  readonly seriesMax: number;
}

/** One side of a request. */
interface Side {
  readonly service: string;
  readonly seconds: number;
  readonly failed: boolean;
  readonly messaging: boolean;
  /** When the request left the client, or came to the server. */
  readonly atNs: bigint;
  readonly dimensions: readonly string[];
  /** Of a client's: the server's name, if that should turn out to send no spans. */
  readonly peer: string | undefined;
}

interface Waiting {
  readonly kind: 'client' | 'server';
  readonly side: Side;
  readonly untilMs: number;
}

/** What is known of who sent a span. */
interface KnownSource {
  readonly service: string;
  readonly facts: PeerFacts;
  /** The texts that its lost spans are counted by: made once, for there may be many. */
  readonly lostAs: Readonly<Record<Waiting['kind'], string>>;
}

interface Edge {
  readonly client: Side;
  readonly server: Side;
  readonly type: ConnectionType;
}

export class ServiceGraph {
  readonly edges: LabelSets;
  readonly unpaired: LabelSets;
  readonly dropped: LabelSets;
  readonly skipped = new SkippedSpans();
  readonly #settings: ServiceGraphSettings;
  readonly #bytesMax: number;
  readonly #waiting = new WaitingRequests<Waiting>();
  readonly #sources = new WeakMap<SpanSource, KnownSource>();
  readonly #peers: RequestPeers;
  #nextExpiryMs = 0;

  /** `bytesMax` is the longest value of a label. */
  constructor(settings: ServiceGraphSettings, bytesMax: number) {
    this.#settings = settings;
    this.#bytesMax = bytesMax;
    this.#peers = new RequestPeers(settings.peerAttributes);
    const shape = { bounds: bucketBounds(settings.buckets), forms: settings.histograms };
    const sets = (counters: readonly string[], histograms: readonly string[]): LabelSets =>
      new LabelSets({ ...shape, counters, histograms }, settings.seriesMax);
    this.edges = sets([REQUESTS, FAILED_REQUESTS], [SERVER_SECONDS, CLIENT_SECONDS, MESSAGING_SECONDS]);
    this.unpaired = sets([UNPAIRED_SPANS], []);
    this.dropped = sets([DROPPED_SPANS], []);
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Takes spans that came at `nowMs`, but those that ended before `oldestNs`. */
  add(spans: readonly StoredSpan[], nowMs: number, oldestNs: bigint): void {
    this.expire(nowMs);
    for (const { source, span } of spans) {
      const { kind } = span;
      if (kind !== CLIENT && kind !== PRODUCER && kind !== SERVER && kind !== CONSUMER) continue;
      if (span.endNs < oldestNs) {
        this.skipped.note('too_old');
        continue;
      }
      const known = this.#source(source);
      if (known.service === '') continue;
      if (kind === CLIENT || kind === PRODUCER) this.#clientSpan(known, source, span, nowMs);
      else this.#serverSpan(known, source, span, nowMs);
    }
  }

  /** Ends the waiting of all whose time is up; those that came first stand first. */
  expire(nowMs: number): void {
    if (nowMs < this.#nextExpiryMs) return;
    this.#nextExpiryMs = nowMs + EXPIRY_INTERVAL_MS;
    this.#waiting.takeWhile(
      ({ untilMs }) => untilMs <= nowMs,
      (traceId, waiting) => this.#expired(traceId, waiting, nowMs),
    );
  }

  #clientSpan(known: KnownSource, source: SpanSource, span: Span, nowMs: number): void {
    const { traceId, spanId } = span;
    const waiting = this.#waiting.get(traceId, spanId);
    const other = waiting?.kind === 'server' ? waiting.side : undefined;
    const facts = this.#peers.facts(span.attributes);
    const database = this.#peers.database(facts, known.facts);
    if (database === undefined && other === undefined && this.#full(waiting)) return this.#drop('client', known, nowMs);
    const client = this.#side(known.service, source, span, this.#cut(this.#peers.server(facts)));
    if (other !== undefined) this.#waiting.delete(traceId, spanId);
    if (database !== undefined) {
      const failed = client.failed || other?.failed === true;
      const server = { ...client, failed, service: this.#cut(database) ?? '', dimensions: other?.dimensions ?? NO_DIMENSIONS };
      this.#complete({ client, server, type: 'database' }, traceId, nowMs);
    } else if (other !== undefined) this.#complete(pair(client, other), traceId, nowMs);
    else this.#wait(traceId, spanId, { kind: 'client', side: client, untilMs: nowMs + this.#settings.wait });
  }

  #serverSpan(known: KnownSource, source: SpanSource, span: Span, nowMs: number): void {
    const requestId = this.#requestIdOf(known, span);
    if (requestId.length === 0) return this.#rootSpan(known, source, span, nowMs);
    const { traceId } = span;
    const waiting = this.#waiting.get(traceId, requestId);
    const other = waiting?.kind === 'client' ? waiting.side : undefined;
    if (other === undefined && this.#full(waiting)) return this.#drop('server', known, nowMs);
    const server = this.#side(known.service, source, span, undefined);
    if (other === undefined) return this.#wait(traceId, requestId, { kind: 'server', side: server, untilMs: nowMs + this.#settings.wait });
    this.#waiting.delete(traceId, requestId);
    this.#complete(pair(other, server), traceId, nowMs);
  }

  /** The id of the client's span that a server's answers; of no length where there is none. */
  #requestIdOf({ service }: KnownSource, { traceId, spanId, parentId, isShared }: Span): Uint8Array {
    if (isShared === true) return spanId;
    const waiting = this.#waiting.get(traceId, spanId);
    return waiting?.kind === 'client' && waiting.side.service !== service ? spanId : parentId;
  }

  #rootSpan(known: KnownSource, source: SpanSource, span: Span, nowMs: number): void {
    const server = this.#side(known.service, source, span, undefined);
    const name = this.#cut(this.#peers.client(this.#peers.facts(span.attributes))) ?? '';
    const client = { ...server, service: name, seconds: 0, dimensions: NO_DIMENSIONS };
    this.#complete({ client, server, type: 'virtual_node' }, span.traceId, nowMs);
  }

  #full(waiting: Waiting | undefined): boolean {
    return waiting === undefined && this.#waiting.size >= this.#settings.waitingMax;
  }

  #drop(kind: Waiting['kind'], { service, lostAs }: KnownSource, nowMs: number): void {
    this.skipped.note('waiting_full');
    countLost(
      this.dropped.by(lostAs[kind], () => [kind, service]),
      nowMs,
    );
  }

  // Of several of one side that have the same key, the one that came last waits on, behind all others: a client may be answered by many servers.
  #wait(traceId: Uint8Array, spanId: Uint8Array, waiting: Waiting): void {
    const known = this.#waiting.get(traceId, spanId);
    if (known !== undefined) {
      this.#waiting.delete(traceId, spanId);
      this.#unpaired(known, waiting.untilMs - this.#settings.wait);
    }
    this.#waiting.add(traceId, spanId, waiting);
  }

  #expired(traceId: Uint8Array, waiting: Waiting, nowMs: number): void {
    const { kind, side } = waiting;
    if (kind === 'server' || side.peer === undefined) return this.#unpaired(waiting, nowMs);
    const server = { ...side, service: side.peer, seconds: 0, dimensions: NO_DIMENSIONS };
    this.#complete({ client: side, server, type: 'virtual_node' }, traceId, nowMs);
  }

  #unpaired({ kind, side }: Waiting, nowMs: number): void {
    this.skipped.note('unpaired');
    countLost(
      this.unpaired.by(lostKey(kind, side.service), () => [kind, side.service]),
      nowMs,
    );
  }

  #complete(edge: Edge, traceId: Uint8Array, nowMs: number): void {
    const { client, server, type } = edge;
    const set = this.#edgeSet(edge);
    if (set.overflow) this.skipped.note('overflow');
    set.use(nowMs);
    set.add(REQUEST, 1);
    if (client.failed || server.failed) set.add(FAILED, 1);
    set.histogram(SERVER_TIME).observe(server.seconds, traceId, nowMs);
    set.histogram(CLIENT_TIME).observe(client.seconds, traceId, nowMs);
    // A consumer that begins before its producer ends says more of two clocks than of the queue between.
    if (type === 'messaging_system' && server.atNs > client.atNs) {
      set.histogram(MESSAGING_TIME).observe(spanSeconds(client.atNs, server.atNs), traceId, nowMs);
    }
  }

  #edgeSet(edge: Edge): LabelSet {
    const { client, server, type } = edge;
    let key = `${client.service.length}:${client.service}${type}:${server.service}`;
    for (const value of client.dimensions) key += `\u0000${value.length}:${value}`;
    for (const value of server.dimensions) key += `\u0001${value.length}:${value}`;
    return this.edges.by(key, () => this.#edgeLabels(edge));
  }

  #edgeLabels({ client, server, type }: Edge): readonly string[] {
    const label = (side: string, values: readonly string[]): [string, string][] =>
      this.#settings.dimensions.map((key, i) => [labelName(`${side}_${key}`, NOTHING_TAKEN), values[i] ?? '']);
    return labelsOf([
      ...label('client', client.dimensions),
      ...label('server', server.dimensions),
      ['client', client.service],
      ['server', server.service],
      ['connection_type', type],
    ]);
  }

  #side(service: string, source: SpanSource, span: Span, peer: string | undefined): Side {
    const { kind, status, startNs, endNs } = span;
    const { dimensions } = this.#settings;
    return {
      service,
      seconds: spanSeconds(startNs, endNs),
      failed: status === STATUS_ERROR,
      messaging: kind === PRODUCER || kind === CONSUMER,
      atNs: kind === CLIENT || kind === PRODUCER ? endNs : startNs,
      dimensions:
        dimensions.length === 0
          ? NO_DIMENSIONS
          : dimensions.map((key) => this.#cut(attributeText(key, span.attributes, source.resource)) ?? ''),
      peer,
    };
  }

  #cut(text: string | undefined): string | undefined {
    return text === undefined ? undefined : labelText(text, this.#bytesMax);
  }

  #source(source: SpanSource): KnownSource {
    let known = this.#sources.get(source);
    if (known === undefined) {
      const { service } = sourceIdentity(source.resource, this.#bytesMax);
      const lostAs = { client: lostKey('client', service), server: lostKey('server', service) };
      known = { service, facts: this.#peers.facts(source.resource), lostAs };
      this.#sources.set(source, known);
    }
    return known;
  }
}

function lostKey(side: Waiting['kind'], service: string): string {
  return `${side} ${service}`;
}

function countLost(set: LabelSet, nowMs: number): void {
  set.use(nowMs);
  set.add(0, 1);
}

function pair(client: Side, server: Side): Edge {
  return { client, server, type: client.messaging || server.messaging ? 'messaging_system' : '' };
}
