// For the tests of metrics from spans: spans in few words, a tenant's limits, and a program that keeps what it would have stored.

import { createLog } from '../../base/log.ts';
import { SelfMetrics } from '../../base/self-metrics.ts';
import type { NativeHistogram } from '../../metrics/native-histogram.ts';
import type { Exemplar, MetricWrite, Refusal, WriteSummary } from '../../metrics/write.ts';
import type { AnyValue, Attributes } from '../../otlp/any-value.ts';
import { type Labels, printLabels } from '../../query/labels.ts';
import type { Span, SpanSource, StoredSpan } from '../write.ts';
import { SpanMetrics } from './span-metrics.ts';
import type { SpanMetricsLimits } from './tenant-span-metrics.ts';

export const START_MS = 1_700_000_000_000;

type AttributeRecord = Readonly<Record<string, AnyValue>>;

export interface SpanWords {
  readonly trace?: number;
  readonly id?: number;
  /** None for a root span. */
  readonly parent?: number | undefined;
  readonly shared?: boolean;
  readonly name?: string;
  readonly kind?: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  readonly status?: number;
  /** After `START_MS`, in milliseconds. */
  readonly at?: number;
  readonly ms?: number;
  readonly attributes?: AttributeRecord | undefined;
  readonly source?: SpanSource;
  readonly bytes?: number;
}

const KINDS = ['', 'internal', 'server', 'client', 'producer', 'consumer'];

export function attributesOf(record: AttributeRecord): Attributes {
  return Object.entries(record).map(([key, value]) => ({ key, value }));
}

export function source(resource: AttributeRecord): SpanSource {
  const scope = { scopeName: '', scopeVersion: '', scopeAttributes: [], scopeSchemaUrl: '' };
  return { resource: attributesOf(resource), resourceSchemaUrl: '', ...scope };
}

/** One source object per service, as a decoder keeps them. */
const services = new Map<string, SpanSource>();
export function service(name: string): SpanSource {
  const known = services.get(name) ?? source({ 'service.name': name });
  services.set(name, known);
  return known;
}

export function span(words: SpanWords): StoredSpan {
  const {
    trace = 1,
    id = 1,
    parent,
    shared = false,
    name = 'get',
    kind = 'internal',
    status = 0,
    at = 0,
    ms = 10,
    attributes = {},
    bytes = 100,
  } = words;
  const startNs = BigInt(START_MS + at) * 1_000_000n;
  const empty = {
    events: [],
    droppedEvents: 0,
    links: [],
    droppedLinks: 0,
    droppedAttributes: 0,
    traceState: '',
    statusMessage: '',
    flags: 0,
  };
  const made: Span = {
    ...empty,
    traceId: numberBytes(trace, 16),
    spanId: numberBytes(id, 8),
    parentId: parent === undefined ? new Uint8Array() : numberBytes(parent, 8),
    name,
    kind: KINDS.indexOf(kind),
    startNs,
    endNs: startNs + BigInt(Math.round(ms * 1e6)),
    attributes: attributesOf(attributes),
    status,
    ...(shared ? { isShared: true } : {}),
  };
  return { source: words.source ?? service('shop'), span: made, bytes };
}

function numberBytes(n: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  new DataView(bytes.buffer).setUint32(length - 4, n);
  return bytes;
}

export const LIMITS: SpanMetricsLimits = {
  spanMetrics: {
    enabled: true,
    dimensions: [],
    buckets: ['0.01', '0.1', '1'],
    histograms: 'both',
    size: true,
    targetInfo: false,
    seriesMax: 100,
    ageMax: 600_000,
  },
  serviceGraph: {
    enabled: true,
    dimensions: [],
    peerAttributes: ['peer.service', 'db.name', 'server.address'],
    buckets: ['0.1', '1'],
    wait: 10_000,
    waitingMax: 100,
    seriesMax: 100,
  },
  metrics: { labelValueBytesMax: 1000 },
};

/** Limits of one of the two, with some that differ; the other is off. */
export function spanMetricsLimits(differing: Partial<SpanMetricsLimits['spanMetrics']> = {}): SpanMetricsLimits {
  const { spanMetrics, serviceGraph, metrics } = LIMITS;
  return { metrics, spanMetrics: { ...spanMetrics, ...differing }, serviceGraph: { ...serviceGraph, enabled: false } };
}

export function graphLimits(differing: Partial<SpanMetricsLimits['serviceGraph']> = {}): SpanMetricsLimits {
  const { spanMetrics, serviceGraph, metrics } = LIMITS;
  return { metrics, spanMetrics: { ...spanMetrics, enabled: false }, serviceGraph: { ...serviceGraph, ...differing } };
}

export type Kept = readonly [ts: number, value: number | 'stale' | NativeHistogram];

/** Metrics from spans over a store that is a map. */
export class TestProgram {
  limits: SpanMetricsLimits;
  nowMs = START_MS + 1000;
  /** What the next commits reject with. */
  failure: Error | undefined;
  refusals: readonly Refusal[] = [];
  readonly self = new SelfMetrics();
  readonly logged: string[] = [];
  readonly series = new Map<string, Kept[]>();
  readonly exemplars: (readonly [series: string, exemplar: Exemplar])[] = [];
  readonly spanMetrics: SpanMetrics;

  constructor(limits: SpanMetricsLimits) {
    this.limits = limits;
    this.spanMetrics = new SpanMetrics({
      limitsOf: () => this.limits,
      beginWrite: () => this.#write(),
      clock: { now: () => this.nowMs },
      metrics: this.self,
      log: createLog('info', (line) => this.logged.push(line)),
    });
  }

  /** Spans that come at once. */
  take(...spans: readonly SpanWords[]): this {
    this.spanMetrics.follow('t', spans.map(span));
    return this;
  }

  /** The last value of each float series whose name matches, as lines; series that have ended are not there. */
  async values(name: RegExp): Promise<string[]> {
    await this.spanMetrics.flush();
    const lines: string[] = [];
    for (const [series, kept] of this.series) {
      const value = kept.at(-1)?.[1];
      if (typeof value === 'number' && name.test(series)) lines.push(`${series} ${Math.round(value * 1e9) / 1e9}`);
    }
    return lines.sort();
  }

  /** The program's own metrics whose line matches. */
  own(line: RegExp): string[] {
    return this.self
      .render('text')
      .split('\n')
      .filter((text) => !text.startsWith('#') && line.test(text));
  }

  #write(): MetricWrite {
    const rows: (readonly [string, Kept])[] = [];
    const exemplars: (readonly [string, Exemplar])[] = [];
    const keep = (labels: Labels, ...kept: Kept): void => void rows.push([printLabels(labels), kept]);
    return {
      sample: (labels, ts, value) => keep(labels, ts, value),
      stale: (labels, ts) => keep(labels, ts, 'stale'),
      histogram: (labels, ts, histogram) => keep(labels, ts, histogram),
      exemplar: (labels, exemplar) => void exemplars.push([printLabels(labels), exemplar]),
      metadata: () => undefined,
      refuse: () => undefined,
      commit: () => this.#commit(rows, exemplars),
    };
  }

  async #commit(rows: readonly (readonly [string, Kept])[], exemplars: readonly (readonly [string, Exemplar])[]): Promise<WriteSummary> {
    await Promise.resolve();
    if (this.failure !== undefined) throw this.failure;
    for (const [series, kept] of rows) this.series.set(series, [...(this.series.get(series) ?? []), kept]);
    this.exemplars.push(...exemplars);
    return { samples: rows.length, histograms: 0, exemplars: exemplars.length, metadata: 0, refusals: this.refusals };
  }
}
