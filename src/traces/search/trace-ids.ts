// Traces as the store's statements name them.

import { type Sql, int, join, sql, text } from '../../base/sql.ts';
import type { NsRange } from '../catalogue.ts';
import type { SpanReadContext } from '../read.ts';
import { hexId } from '../span-identity.ts';
import { BLOCK_OF_TIME } from '../table.ts';

/** The two numbers of an id. */
export interface TraceKey {
  readonly high: bigint;
  readonly low: bigint;
}

/** Lower-case hex, 32 digits. */
export function traceIdText({ high, low }: TraceKey): string {
  return hexId(high) + hexId(low);
}

/** Rows of some traces; no traces have none. */
export function isOneOf(traces: readonly TraceKey[]): Sql {
  const pairs = traces.map(({ high, low }) => sql`(${int(high)}, ${int(low)})`);
  return pairs.length === 0 ? sql`0` : sql`(trace_high, trace_low) IN (${join(pairs, sql`, `)})`;
}

/** The times that a row may have. */
export const ALL_TIME: NsRange = { fromNs: 0n, toNs: 2n ** 63n - 1n };

/** Spans of some traces, in the blocks of time in which the traces have spans: all of them, or those of a range. */
export function spansOf(context: SpanReadContext, traces: readonly TraceKey[], range: NsRange = ALL_TIME): Sql {
  const blocks = sql`SELECT block, trace_high, trace_low FROM trace_blocks WHERE tenant = ${text(context.tenant)} AND ${isOneOf(traces)}`;
  return sql`${context.within(range)} AND (${BLOCK_OF_TIME}, trace_high, trace_low) GLOBAL IN (${blocks})`;
}
