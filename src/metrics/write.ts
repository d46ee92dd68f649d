// One request's metrics on their way to the store: every road in (remote write, OTLP, scrape, text, line protocol, this host) fills a `MetricWrite` and commits it.
//
//   decoder ─▶ MetricWrite ─(limits: refusals)─▶ series registry ─▶ group commit ─▶ ClickHouse
//
// Nothing is stored before `commit`; when it resolves, what was not refused is durable.

import type { Labels } from '../query/labels.ts';
import type { NativeHistogram } from './native-histogram.ts';

export interface Exemplar {
  readonly labels: Labels;
  readonly value: number;
  /** Milliseconds since the epoch. */
  readonly ts: number;
}

export type MetricType = 'counter' | 'gauge' | 'histogram' | 'gaugehistogram' | 'summary' | 'info' | 'stateset' | 'unknown';

export interface Metadata {
  /** The metric family's name. */
  readonly metric: string;
  readonly type: MetricType;
  readonly help: string;
  readonly unit: string;
}

/** Why a part of a write was refused; the labels of a counter and the terms of an answer. */
export type RefusalReason =
  | 'invalid_labels' // no name, invalid UTF-8, a label twice
  | 'label_count'
  | 'label_name_length'
  | 'label_value_length'
  | 'active_series' // the tenant's number of active series is reached
  | 'ingestion_rate'
  | 'out_of_order' // older than the tenant's out-of-order window or retention
  | 'too_far_in_future'
  | 'duplicate_sample' // another value for the same series and time in the same request
  | 'invalid_metric' // of a kind or temporality that cannot be stored
  | 'invalid_histogram'
  | 'invalid_exemplar'
  | 'invalid_metadata';

export interface Refusal {
  readonly reason: RefusalReason;
  /** Names the series, the value and the limit's setting. The first of its reason stands for all. */
  readonly message: string;
  /** How many samples, histograms, exemplars or metadata were refused for this reason. */
  readonly count: number;
}

export interface WriteSummary {
  /** What was stored. */
  readonly samples: number;
  readonly histograms: number;
  readonly exemplars: number;
  readonly metadata: number;
  readonly refusals: readonly Refusal[];
}

/** One request's rows. Times are milliseconds since the epoch; `startTs` 0 means that none is known. */
export interface MetricWrite {
  sample(labels: Labels, ts: number, value: number, startTs?: number): void;
  /** Marks the series as gone at `ts`. */
  stale(labels: Labels, ts: number): void;
  histogram(labels: Labels, ts: number, histogram: NativeHistogram, startTs?: number): void;
  exemplar(labels: Labels, exemplar: Exemplar): void;
  metadata(metadata: Metadata): void;
  /** Counts something that the decoder itself had to refuse. */
  refuse(reason: RefusalReason, message: string): void;
  /** Stores all that was not refused. Rejects with `RequestError('rate_limited' | 'unavailable')` when nothing could be stored. */
  commit(): Promise<WriteSummary>;
}

/** Begins a write for a tenant. What a road into the store is given. */
export type BeginWrite = (tenant: string) => MetricWrite;
