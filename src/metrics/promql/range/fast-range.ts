// The functions over ranges that dashboards are made of, for series of floats: all windows of a series in one pass.
//
// They give what the functions of range-functions.ts give window by window, to the last bit; a test compares the two. Two cursors go forward
// with the steps; resets are found once per series, and the largest value of a window is kept in a queue, so that the cost does not grow with
// the overlap of the windows.

import type { EvaluationSettings, Looks } from '../steps/evaluation.ts';
import type { RangeSeries } from './range-window.ts';
import { extrapolationFactor } from './rate.ts';
import { FLOAT_AT, type StepSeries } from '../steps/step-series.ts';

/** Where the windows of all steps lie. */
export interface Windows {
  readonly looks: Looks;
  readonly rangeMs: number;
  readonly steps: number;
}

/** Fills a series with the function's value at every step; gives the samples that its windows held together. */
export type FastRange = (series: RangeSeries, windows: Windows, into: StepSeries) => number;

const FAST: ReadonlyMap<string, FastRange> = new Map([
  ['rate', fastRate({ counter: true, perSecond: true })],
  ['increase', fastRate({ counter: true, perSecond: false })],
  ['delta', fastRate({ counter: false, perSecond: false })],
  ['max_over_time', fastExtreme(1)],
  ['min_over_time', fastExtreme(-1)],
  ['last_over_time', fastPick((values, _from, to) => values[to - 1] as number)],
  ['count_over_time', fastPick((_values, from, to) => to - from)],
  ['present_over_time', fastPick(() => 1)],
]);

/** The one-pass form of a function, where it has one. */
export function fastRange(name: string, settings: EvaluationSettings): FastRange | undefined {
  return settings.useStartTimestamps ? undefined : FAST.get(name);
}

// hot: once per sample and once per window of every rate.
function fastRate(kind: { readonly counter: boolean; readonly perSecond: boolean }): FastRange {
  return ({ times, values, length }, { looks, rangeMs, steps }, into) => {
    const resets = kind.counter ? resetsOf(values, length) : NO_RESETS;
    const { has, values: out } = into;
    const window = { startMs: 0, endMs: 0 };
    const sampled = { firstMs: 0, lastMs: 0, gaps: 0 };
    let from = 0;
    let to = 0;
    let reset = 0;
    let held = 0;
    for (let step = 0; step < steps; step++) {
      const endMs = looks.firstMs + step * looks.stepMs;
      const startMs = endMs - rangeMs;
      while (to < length && (times[to] as number) <= endMs) to++;
      while (from < to && (times[from] as number) <= startMs) from++;
      held += to - from;
      if (to - from < 2) continue;
      const first = values[from] as number;
      let increase = (values[to - 1] as number) - first;
      if (resets.length > 0) {
        while (reset < resets.length && (resets[reset] as number) <= from) reset++;
        let lost = 0;
        for (let i = reset; i < resets.length && (resets[i] as number) < to; i++) lost += values[(resets[i] as number) - 1] as number;
        increase += lost;
      }
      window.startMs = startMs;
      window.endMs = endMs;
      sampled.firstMs = times[from] as number;
      sampled.lastMs = times[to - 1] as number;
      sampled.gaps = to - from - 1;
      const fractionToZero = kind.counter && increase > 0 && first >= 0 ? first / increase : Number.POSITIVE_INFINITY;
      out[step] = increase * extrapolationFactor(sampled, fractionToZero, window, kind);
      has[step] = FLOAT_AT;
    }
    return held;
  };
}

const NO_RESETS: readonly number[] = [];

/** The indexes of the samples that are below the one before. */
function resetsOf(values: Float64Array, length: number): readonly number[] {
  let resets: number[] | undefined;
  for (let i = 1; i < length; i++) if ((values[i] as number) < (values[i - 1] as number)) (resets ??= []).push(i);
  return resets ?? NO_RESETS;
}

/** Where windows overlap less than this, looking at every sample of each is faster than a queue, whose branches nobody predicts. */
const OVERLAP_MAX = 32;

// The least is the greatest of the negated.
function fastExtreme(sign: 1 | -1): FastRange {
  return (series, windows, into) =>
    windows.looks.stepMs * OVERLAP_MAX < windows.rangeMs && windows.steps > 1
      ? queuedExtreme(sign, series, windows, into)
      : scannedExtreme(sign, series, windows, into);
}

// hot: once per sample and window that it lies in.
function scannedExtreme(
  sign: 1 | -1,
  { times, values, length }: RangeSeries,
  { looks, rangeMs, steps }: Windows,
  into: StepSeries,
): number {
  const { has, values: out } = into;
  let from = 0;
  let to = 0;
  let held = 0;
  for (let step = 0; step < steps; step++) {
    const endMs = looks.firstMs + step * looks.stepMs;
    const startMs = endMs - rangeMs;
    while (to < length && (times[to] as number) <= endMs) to++;
    while (from < to && (times[from] as number) <= startMs) from++;
    held += to - from;
    if (from === to) continue;
    let best = sign * (values[from] as number);
    for (let i = from + 1; i < to; i++) {
      const value = sign * (values[i] as number);
      if (value > best || best !== best) best = value;
    }
    out[step] = sign * best;
    has[step] = FLOAT_AT;
  }
  return held;
}

// hot: the queue holds the samples that may yet become the most extreme, best first; a NaN never does.
function queuedExtreme(sign: 1 | -1, { times, values, length }: RangeSeries, { looks, rangeMs, steps }: Windows, into: StepSeries): number {
  const queue = new Int32Array(length);
  const { has, values: out } = into;
  let head = 0;
  let tail = 0;
  let from = 0;
  let to = 0;
  let held = 0;
  for (let step = 0; step < steps; step++) {
    const endMs = looks.firstMs + step * looks.stepMs;
    for (; to < length && (times[to] as number) <= endMs; to++) {
      const value = sign * (values[to] as number);
      if (value !== value) continue;
      while (tail > head && value > sign * (values[queue[tail - 1] as number] as number)) tail--;
      queue[tail++] = to;
    }
    const startMs = endMs - rangeMs;
    while (from < to && (times[from] as number) <= startMs) from++;
    while (head < tail && (queue[head] as number) < from) head++;
    held += to - from;
    if (from === to) continue;
    out[step] = head < tail ? (values[queue[head] as number] as number) : Number.NaN;
    has[step] = FLOAT_AT;
  }
  return held;
}

function fastPick(pick: (values: Float64Array, from: number, to: number) => number): FastRange {
  return ({ times, values, length }, { looks, rangeMs, steps }, into) => {
    let from = 0;
    let to = 0;
    let held = 0;
    for (let step = 0; step < steps; step++) {
      const endMs = looks.firstMs + step * looks.stepMs;
      while (to < length && (times[to] as number) <= endMs) to++;
      while (from < to && (times[from] as number) <= endMs - rangeMs) from++;
      held += to - from;
      if (from === to) continue;
      into.values[step] = pick(values, from, to);
      into.has[step] = FLOAT_AT;
    }
    return held;
  };
}
