// How fast counters grow just now, for numbers that stand beside the pictures.

import type { Question } from '../../data/api.ts';
import { range } from '../../data/questions.ts';
import type { RawSeries } from '../../data/samples.ts';

/** Two scrapes of the slowest usual interval fit into the window; its points are close enough for a program that has just started. */
const WINDOW_MS = 120_000;
const STEP_MS = 15_000;
/** A few hundred hosts with all that is asked of each; nine points of a series are small. */
const SERIES_MAX = 10_000;

/** The last two minutes of a query, up to an instant. */
export function recent(query: string, atMs: number): Question<readonly RawSeries[]> {
  return range(query, { startMs: atMs - WINDOW_MS, endMs: atMs }, STEP_MS, SERIES_MAX);
}

/** Growth per second from the first to the last value; a value below its predecessor is a restart from zero. Nothing for less than two values. */
export function growthPerSecond({ times, values }: RawSeries): number | undefined {
  const first = times[0];
  const last = times.at(-1);
  if (first === undefined || last === undefined || last <= first) return undefined;
  const grown = values.reduce((sum, value, i) => {
    const previous = values[i - 1] ?? value;
    return sum + (value >= previous ? value - previous : value);
  }, 0);
  return grown / (last - first);
}

/** Of all series together; nothing while none has two values. */
export function totalGrowth(series: readonly RawSeries[]): number | undefined {
  const each = series.flatMap((s) => growthPerSecond(s) ?? []);
  return each.length === 0 ? undefined : each.reduce((sum, value) => sum + value, 0);
}
