// One request's log lines on their way to the store: every road in (Loki push, OTLP, Elasticsearch bulk, syslog, JSON lines, files, journal) fills a
// `LogWrite` and commits it.
//
//   decoder ─▶ LogWrite ─(limits: refusals)─▶ stream registry ─▶ group commit ─▶ ClickHouse
//
// Nothing is stored before `commit`; when it resolves, what was not refused is on disk. `service_name` and `detected_level` are found behind this
// interface, for all roads alike, where the tenant's limits say so.

import type { Labels } from '../query/labels.ts';

/** Why an entry was refused; the labels of a counter and the terms of an answer. Loki's own words for the same things. */
export type LogRefusalReason =
  | 'missing_labels'
  | 'invalid_labels' // a name that cannot be one, or a label twice
  | 'max_label_names_per_series'
  | 'label_name_too_long'
  | 'label_value_too_long'
  | 'stream_limit' // the tenant's number of active streams is reached
  | 'rate_limited'
  | 'line_too_long'
  | 'greater_than_max_sample_age'
  | 'too_far_in_future'
  | 'structured_metadata_too_large'
  | 'structured_metadata_too_many'
  | 'invalid_timestamp'
  | 'invalid_entry';

/** Refusals that may be none when the same comes again later: clients send again upon 429. */
export const FOR_LATER: ReadonlySet<LogRefusalReason> = new Set(['rate_limited', 'stream_limit']);

export interface LogRefusal {
  readonly reason: LogRefusalReason;
  /** Names the stream, the value and the limit's setting. The first of its reason stands for all. */
  readonly message: string;
  readonly count: number;
}

export interface LogWriteSummary {
  /** Lines that were stored; one that was there already is stored again, and counts once where lines are counted or shown. */
  readonly lines: number;
  readonly refusals: readonly LogRefusal[];
}

export interface LogEntry {
  /** Nanoseconds since the epoch. */
  readonly tsNs: bigint;
  /** The line; bytes are UTF-8 as they came. */
  readonly line: string | Uint8Array;
  /** Structured metadata: a label set; empty for none. */
  readonly metadata: Labels;
}

/** One request's lines. */
export interface LogWrite {
  /** Adds a line to the stream with these labels. A label set that is used again should be the same object: it is looked up once. False where it is refused. */
  entry(labels: Labels, entry: LogEntry): boolean;
  /** Counts something that the decoder itself had to refuse. */
  refuse(reason: LogRefusalReason, message: string): void;
  /** Stores all that was not refused. Rejects with `RequestError('rate_limited' | 'unavailable')` when nothing could be stored. */
  commit(): Promise<LogWriteSummary>;
}

/** Begins a write for a tenant. What a road into the store is given. */
export type BeginLogWrite = (tenant: string) => LogWrite;
