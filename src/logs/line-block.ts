// Lines as they come out of the store: columns, and the streams that they belong to.
//
//   read-lines.ts ─(LineBlock)─▶ pipeline of the query ─▶ entries of an answer, or samples of a range aggregation

import type { Labels } from '../query/labels.ts';
import type { TextColumn } from '../storage/native.ts';

/** Times in nanoseconds since the epoch: `fromNs` belongs to the range, `toNs` does not. */
export interface NsRange {
  readonly fromNs: bigint;
  readonly toNs: bigint;
}

/** The streams of a query, numbered from 0, of all tenants that it reads. */
export interface Streams {
  /** The stream's labels as the sender gave them; with `__tenant_id__` where several tenants are read. */
  labels(number: number): Labels;
}

export interface LineBlock {
  readonly rows: number;
  readonly streams: Streams;
  /** Per row the number of its stream. */
  readonly stream: Uint32Array;
  /** Per row nanoseconds since the epoch. */
  readonly ts: BigInt64Array;
  readonly lines: TextColumn;
  /** Per row its structured metadata, sorted by name, `detected_level` in it; undefined where no row has any. */
  readonly metadata: readonly Labels[] | undefined;
}

/** The text of a row. */
export function textAt({ bytes, starts, ends }: TextColumn, row: number): string {
  return bytes.toString('utf8', starts[row], ends[row]);
}
