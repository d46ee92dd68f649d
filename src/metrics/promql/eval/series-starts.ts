// The start timestamps of the samples of a selector, for functions that take them into account.
//
// The table `starts` has a row where a series' start changes: it holds for the samples from its time on.

import { int, sql } from '../../../base/sql.ts';
import { type Labels, labelsKey } from '../../../query/labels.ts';
import type { Matcher } from '../../../query/matchers.ts';
import { type ReadContext, bigintOf, guarded, selectSeries, statementOptions } from '../../read.ts';
import type { Window } from '../../window.ts';
import type { RangeSeries } from '../range/range-window.ts';

interface StartRow {
  readonly ms: number;
  readonly start: number;
}

/** Of a series: the start timestamp that holds for a sample at a time, both in milliseconds; 0 where none is known. */
export type StartsOf = (labels: Labels) => (ms: number) => number;

/** Reads the starts of all series that match. */
export async function readStarts(read: ReadContext, matchers: readonly Matcher[], window: Window): Promise<StartsOf> {
  const rows = new Map<string, StartRow[]>();
  for (const selection of await selectSeries(read, matchers, { fromMs: window.afterMs, toMs: window.toMs })) {
    // Unbounded to the past: the start that holds at the first sample may have been told long before.
    const statement = sql`SELECT series, ts, start FROM starts FINAL WHERE ${selection.condition} AND ts <= ${int(Math.floor(window.toMs))} ORDER BY series, ts`;
    await guarded(read, async () => {
      for await (const { rows: count, columns } of read.client.stream(statement, statementOptions(read))) {
        for (let row = 0; row < count; row++) {
          const id = bigintOf(columns['series']?.[row]);
          const number = selection.find(Number(id & 0xffffffffn), Number(id >> 32n));
          if (number < 0) continue;
          const own: StartRow = { ms: Number(columns['ts']?.[row]), start: Number(columns['start']?.[row]) };
          const key = labelsKey(selection.labels(number));
          const known = rows.get(key);
          if (known === undefined) rows.set(key, [own]);
          else known.push(own);
        }
      }
    });
  }
  return (labels) => {
    const own = rows.get(labelsKey(labels)) ?? [];
    return (ms) => own.findLast((row) => row.ms <= ms)?.start ?? 0;
  };
}

/** A series with the start timestamps of its samples. */
export function withStarts(series: RangeSeries, startsOf: StartsOf): RangeSeries {
  const { labels, times, length, histograms } = series;
  const startAt = startsOf(labels);
  return {
    ...series,
    starts: {
      floats: times.slice(0, length).map((ms) => startAt(ms)),
      histograms: Float64Array.from(histograms, ({ ms }) => startAt(ms)),
    },
  };
}
