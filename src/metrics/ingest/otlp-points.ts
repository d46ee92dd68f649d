// OTLP metrics as plain objects: what both encodings are read into, and all that the translation sees.
//
//   protobuf ─▶ otlp-protobuf ─┐
//                              ├─▶ MetricsSink (otlp-translate) ─▶ MetricWrite
//   JSON     ─▶ otlp-json ─────┘
//
// Source: opentelemetry-proto `metrics/v1/metrics.proto`.

import type { Attributes, Resource, Scope } from '../../otlp/any-value.ts';
import type { Timestamp } from '../../otlp/timestamp.ts';

/** The bit of a point's flags that says: the series exists, but there is no value. */
export const FLAG_NO_RECORDED_VALUE = 1;

export const TEMPORALITY_DELTA = 1;
export const TEMPORALITY_CUMULATIVE = 2;

export interface OtlpExemplar {
  readonly attributes: Attributes;
  readonly time: Timestamp;
  /** Undefined when the exemplar has no value. */
  readonly value: number | undefined;
  /** Lower-case hex, empty when there is none. */
  readonly traceId: string;
  readonly spanId: string;
}

/** What all points have. */
export interface OtlpPoint {
  readonly attributes: Attributes;
  readonly start: Timestamp;
  readonly time: Timestamp;
  readonly flags: number;
}

export interface NumberPoint extends OtlpPoint {
  /** 0 when the point has none, as Prometheus has it. */
  readonly value: number;
  readonly exemplars: readonly OtlpExemplar[];
}

export interface HistogramPoint extends OtlpPoint {
  readonly count: number;
  readonly sum: number | undefined;
  /** One more than bounds; the last is for what lies above them all. May be empty. */
  readonly bucketCounts: readonly number[];
  readonly explicitBounds: readonly number[];
  readonly exemplars: readonly OtlpExemplar[];
}

/** A dense run of buckets; the first has index `offset`, and index 0 covers (1, base]. */
export interface ExponentialBuckets {
  readonly offset: number;
  readonly counts: readonly number[];
}

export const NO_BUCKETS: ExponentialBuckets = { offset: 0, counts: [] };

export interface ExponentialPoint extends OtlpPoint {
  readonly count: number;
  readonly sum: number | undefined;
  readonly scale: number;
  readonly zeroCount: number;
  readonly zeroThreshold: number;
  readonly positive: ExponentialBuckets;
  readonly negative: ExponentialBuckets;
  readonly exemplars: readonly OtlpExemplar[];
}

export interface SummaryPoint extends OtlpPoint {
  readonly count: number;
  readonly sum: number;
  readonly quantiles: readonly { readonly quantile: number; readonly value: number }[];
}

/** `none` is a metric without data, or with data of a kind that is not known. */
export type MetricData =
  | { readonly kind: 'none'; readonly points: readonly [] }
  | { readonly kind: 'gauge'; readonly points: readonly NumberPoint[] }
  | { readonly kind: 'sum'; readonly points: readonly NumberPoint[]; readonly temporality: number; readonly monotonic: boolean }
  | { readonly kind: 'histogram'; readonly points: readonly HistogramPoint[]; readonly temporality: number }
  | { readonly kind: 'exponential'; readonly points: readonly ExponentialPoint[]; readonly temporality: number }
  | { readonly kind: 'summary'; readonly points: readonly SummaryPoint[] };

export const NO_DATA: MetricData = { kind: 'none', points: [] };

export interface OtlpMetric {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly data: MetricData;
}

/** Receives a request's metrics, each resource and scope before what it holds. */
export interface MetricsSink {
  beginResource(resource: Resource): void;
  beginScope(scope: Scope): void;
  metric(metric: OtlpMetric): void;
  endResource(): void;
}
