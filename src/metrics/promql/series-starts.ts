// The start timestamps of the samples of a selector, for functions that take them into account.
//
// The table `starts` has a row where a series' start changes: it holds for the samples from its time on.

import { int, sql } from '../../base/sql.ts';
import { labelsKey } from '../../query/labels.ts';
import type { Matcher } from '../../query/matchers.ts';
import { type ReadContext, guarded, selectSeries, statementOptions } from '../read.ts';
import type { Window } from '../read-samples.ts';
import type { RangeSeries } from './range-window.ts';

interface StartRow {
  readonly ms: number;
  readonly start: number;
}

/** Reads the starts of all series that match, and gives what adds them to a series. */
export async function withStarts(
  read: ReadContext,
  matchers: readonly Matcher[],
  window: Window,
): Promise<(series: RangeSeries) => RangeSeries> {
  const rows = new Map<string, StartRow[]>();
  for (const selection of await selectSeries(read, matchers, { fromMs: window.afterMs, toMs: window.toMs })) {
    // Unbounded to the past: the start that holds at the first sample may have been told long before.
    const statement = sql`SELECT series, ts, start FROM starts FINAL WHERE ${selection.condition} AND ts <= ${int(Math.floor(window.toMs))} ORDER BY series, ts`;
    await guarded(read, async () => {
      for await (const { rows: count, columns } of read.client.stream(statement, statementOptions(read))) {
        for (let row = 0; row < count; row++) {
          const id = BigInt(String(columns['series']?.[row]));
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
  return (series) => ({ ...series, starts: startsOf(series, rows) });
}

function startsOf(
  { labels, times, length, histograms }: RangeSeries,
  rows: ReadonlyMap<string, readonly StartRow[]>,
): NonNullable<RangeSeries['starts']> {
  const own = rows.get(labelsKey(labels)) ?? [];
  const at = (count: number, timeOf: (index: number) => number): Float64Array => {
    const starts = new Float64Array(count);
    let row = 0;
    for (let i = 0; i < count; i++) {
      while (row < own.length && (own[row]?.ms ?? 0) <= timeOf(i)) row++;
      starts[i] = row === 0 ? 0 : (own[row - 1]?.start ?? 0);
    }
    return starts;
  };
  return {
    floats: at(length, (i) => times[i] ?? 0),
    histograms: at(histograms.length, (i) => histograms[i]?.ms ?? 0),
  };
}
