// Native histograms of a selection: a row each, in the order of time.

import { assert } from '../base/assert.ts';
import { sql } from '../base/sql.ts';
import type { Values } from '../storage/native.ts';
import type { CounterResetHint, NativeHistogram, Span } from './native-histogram.ts';
import { type ReadContext, type Selection, bigintOf, guarded, statementOptions } from './read.ts';
import { type Window, windowCondition } from './window.ts';
import { isStaleAt, wordsOf } from './value.ts';

/** A native histogram of a series, or the end of the series at that time. */
export type HistogramSample =
  | { readonly kind: 'histogram'; readonly ms: number; readonly histogram: NativeHistogram }
  | { readonly kind: 'stale'; readonly ms: number };

/** Called once per native histogram sample, series by series in the order of time. */
export type VisitHistogram = (seriesNumber: number, sample: HistogramSample) => void;

const HISTOGRAM_COLUMNS = sql`schema, reset_hint, count, sum, zero_threshold, zero_count, positive_spans, positive_buckets, negative_spans, negative_buckets, custom_values`;

/** Streams the native histograms of a selection in a window. Of two at one time the first in the table's order is shown. */
export async function readHistograms(context: ReadContext, selection: Selection, window: Window, visit: VisitHistogram): Promise<void> {
  const statement = sql`SELECT series, ts, ${HISTOGRAM_COLUMNS} FROM histograms WHERE ${selection.condition} AND ${windowCondition(window)} ORDER BY metric, series, ts, count DESC`;
  let last: readonly [bigint, number] = [-1n, 0];
  await guarded(context, async () => {
    for await (const { rows, columns } of context.client.stream(statement, statementOptions(context))) {
      for (let row = 0; row < rows; row++) {
        const id = bigintOf(columns['series']?.[row]);
        const ms = Number(columns['ts']?.[row]);
        const number = selection.find(Number(id & 0xffffffffn), Number(id >> 32n));
        if (number < 0 || (last[0] === id && last[1] === ms)) continue;
        last = [id, ms];
        visit(number, histogramOfRow(columns, row, ms));
      }
    }
  });
}

type Columns = Readonly<Record<string, Values>>;

function histogramOfRow(columns: Columns, row: number, ms: number): HistogramSample {
  const sums = columns['sum'];
  assert(sums instanceof Float64Array, 'column sum of histograms');
  if (isStaleAt(wordsOf(sums), row)) return { kind: 'stale', ms };
  const float = (name: string): number => Number(columns[name]?.[row]);
  return {
    kind: 'histogram',
    ms,
    histogram: {
      schema: float('schema'),
      counterResetHint: RESET_HINTS[float('reset_hint')] ?? 'unknown',
      count: float('count'),
      sum: float('sum'),
      zeroThreshold: float('zero_threshold'),
      zeroCount: float('zero_count'),
      positiveSpans: spansOf(columns['positive_spans']?.[row]),
      positiveBuckets: numbersOf(columns['positive_buckets']?.[row]),
      negativeSpans: spansOf(columns['negative_spans']?.[row]),
      negativeBuckets: numbersOf(columns['negative_buckets']?.[row]),
      customValues: numbersOf(columns['custom_values']?.[row]),
    },
  };
}

/** As in the table: see `reset_hint` in table.ts. */
const RESET_HINTS: readonly CounterResetHint[] = ['unknown', 'yes', 'no', 'gauge'];

function numbersOf(value: unknown): readonly number[] {
  if (value instanceof Float64Array || value instanceof Int32Array) return Array.from(value);
  return Array.isArray(value) ? value.map(Number) : [];
}

function spansOf(value: unknown): readonly Span[] {
  const flat = numbersOf(value);
  return Array.from({ length: flat.length / 2 }, (_, i) => ({ offset: flat[2 * i] ?? 0, length: flat[2 * i + 1] ?? 0 }));
}
