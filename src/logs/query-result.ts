// What a LogQL query comes to, before it is drawn as an answer of the API.

import type { Labels } from '../query/labels.ts';
import type { CategorizedLabels } from './logql/line-labels.ts';

export interface ResultEntry {
  readonly tsNs: bigint;
  readonly line: string;
  /** All labels of the line, and where each comes from. */
  readonly labels: Labels;
  readonly categories: CategorizedLabels;
}

export interface ResultSeries {
  readonly labels: Labels;
  /** Milliseconds since the epoch, ascending. */
  readonly times: Float64Array;
  readonly values: Float64Array;
}

export type QueryValue =
  /** Entries in the order of the query's direction, all streams together. */
  | { readonly kind: 'streams'; readonly entries: readonly ResultEntry[] }
  | { readonly kind: 'matrix'; readonly series: readonly ResultSeries[] }
  /** Each series with one point; in an order that matters where the query sorts. */
  | { readonly kind: 'vector'; readonly series: readonly ResultSeries[] }
  | { readonly kind: 'scalar'; readonly tsMs: number; readonly value: number };

/** What a query cost: the truth behind `stats` of an answer. */
export interface QueryCosts {
  /** Lines and bytes of lines that were read, and lines that passed every filter. */
  linesProcessed: number;
  bytesProcessed: number;
  linesMatched: number;
  /** Bytes of structured metadata among `bytesProcessed`. */
  metadataBytesProcessed: number;
  streams: number;
  execMs: number;
  queueMs: number;
}

/** Of a query that has not begun. */
export const NO_COSTS: Readonly<QueryCosts> = {
  linesProcessed: 0,
  bytesProcessed: 0,
  linesMatched: 0,
  metadataBytesProcessed: 0,
  streams: 0,
  execMs: 0,
  queueMs: 0,
};

export interface LogQuery {
  readonly text: string;
  /** An instant query has no step, and `startNs` equals `endNs`. */
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly stepNs: bigint | undefined;
  readonly limit: number;
  readonly direction: 'forward' | 'backward';
}

export interface LogQueryAnswer {
  readonly value: QueryValue;
  readonly costs: QueryCosts;
  readonly warnings: readonly string[];
}
