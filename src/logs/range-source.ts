// Where range aggregations get their numbers from: the contract between their evaluation and the store.
//
//   lines ─(pipeline, unwrap)─▶ samples of labelled series ─▶ windows of steps        any aggregation
//   lines ─(counted where they lie)─▶ sums per series and bucket ─▶ windows of steps     counts, bytes: what ClickHouse can add up
//
// Windows are (t - offset - range, t - offset]. Between two neighbouring edges of windows lies a bucket: every window is a run of whole buckets.

import type { Labels } from '../query/labels.ts';
import type { LogRange } from './logql/ast.ts';

/** The windows of a range aggregation at all steps of a query. */
export interface WindowGrid {
  /** The first step and the distance of steps, nanoseconds; an instant query has one step. */
  readonly startNs: bigint;
  readonly stepNs: bigint;
  readonly steps: number;
  readonly intervalNs: bigint;
  readonly offsetNs: bigint;
}

/** What is asked of a range: which labels the result will need, so that the rest need not be told apart. */
export interface RangeRequest {
  readonly range: LogRange;
  readonly grid: WindowGrid;
  /** What each line counts: `lines` 1, `bytes` its length, `unwrap` the value of its unwrapped label. */
  readonly value: 'lines' | 'bytes' | 'unwrap';
  /** Series are told apart by these labels only; undefined: by all. */
  readonly grouping: { readonly kind: 'by' | 'without'; readonly labels: readonly string[] } | undefined;
}

/** Samples in no order, of series numbered over the whole answer. */
export interface SampleBlock {
  readonly rows: number;
  readonly series: Uint32Array;
  /** Nanoseconds since `grid.startNs - grid.offsetNs - grid.intervalNs`: all that may count is above 0. Exact below 2^53, 104 days. */
  readonly ts: Float64Array;
  readonly values: Float64Array;
}

/** Sums per series and bucket; the same pair may come again and adds up. */
export interface BucketBlock {
  readonly rows: number;
  readonly series: Uint32Array;
  /** Number of the bucket, as `bucketOf` of window-grid.ts numbers them. */
  readonly bucket: Uint32Array;
  /** Sum of the values, and how many there were. */
  readonly sums: Float64Array;
  readonly counts: Float64Array;
}

/** An answer to a request: blocks, and the labels of the series that they name so far. */
export type RangeBlocks =
  | { readonly kind: 'samples'; readonly labels: (series: number) => Labels; readonly blocks: AsyncIterable<SampleBlock> }
  | { readonly kind: 'buckets'; readonly labels: (series: number) => Labels; readonly blocks: AsyncIterable<BucketBlock> };

/** What an aggregation makes of the samples of a window: their sum and number, which may be added up anywhere, or their values. */
export type SampleUse = 'sums' | 'values';

export interface RangeSource {
  /** Every sample of a request's windows. The source answers with what is cheapest for the use. */
  read(request: RangeRequest, use: SampleUse): RangeBlocks;
}
