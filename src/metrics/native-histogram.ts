// A native histogram sample: exponential or custom buckets, as one value.
//
// Source: Prometheus native histograms specification, "Data model". Bucket counts are absolute here, never deltas.

export const CUSTOM_BUCKETS_SCHEMA = -53;
export const SCHEMA_MIN = -4;
export const SCHEMA_MAX = 8;

/** What is known about a counter reset between this sample and the one before. */
export type CounterResetHint = 'unknown' | 'yes' | 'no' | 'gauge';

/** How a histogram counts: whole observations, which must add up, or floats, which need not. */
export type HistogramCounts = 'integer' | 'float';

/** A run of buckets: `offset` from the end of the run before (from zero for the first), then `length` buckets. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

export interface NativeHistogram {
  /** -4…8 for exponential buckets (base 2^(2^-schema)), -53 for custom ones. */
  readonly schema: number;
  readonly counterResetHint: CounterResetHint;
  readonly count: number;
  readonly sum: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly positiveSpans: readonly Span[];
  /** Absolute count of each bucket of the spans, in order. */
  readonly positiveBuckets: readonly number[];
  readonly negativeSpans: readonly Span[];
  readonly negativeBuckets: readonly number[];
  /** Upper bounds of custom buckets, strictly increasing, without +Inf; empty for exponential ones. */
  readonly customValues: readonly number[];
}
