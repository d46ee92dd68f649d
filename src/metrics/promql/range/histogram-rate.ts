// The increase of native histograms over a window, bucket by bucket, before it is carried to the ends of the window.
//
// Source: Prometheus 3.14, functions documentation, `rate` and `delta` on native histograms.

import { CUSTOM_BUCKETS_SCHEMA, type NativeHistogram } from '../../native-histogram.ts';
import { addHistograms, compactHistogram, copyToSchema, detectReset, subtractHistograms, withHint } from '../histogram/arithmetic.ts';
import { noteBoundsReconciled, warnMixedBuckets, warnNotCounter, warnNotGauge } from './range-annotations.ts';
import { type RangeContext, type RangeSeries, type RangeWindow, histogramAt } from './range-window.ts';
import { startsAnew } from './start-timestamps.ts';

/**
 * The last histogram less the first, plus, for a counter, what each reset took. The window holds two histograms or more and no float.
 * `undefined` where exponential meets custom buckets, with the warning that says so.
 */
export function histogramIncrease(
  series: RangeSeries,
  window: RangeWindow,
  context: RangeContext,
  counter: boolean,
): NativeHistogram | undefined {
  const { histogramFrom: from, histogramTo: to } = window;
  const first = histogramAt(series, from).histogram;
  const last = histogramAt(series, to - 1).histogram;
  const base = counter && resetAt(series, from + 1, first) ? emptyLike(histogramAt(series, from + 1).histogram) : first;
  if (!compatible(series, window, base, counter)) {
    // Only the ends are judged before the buckets are found to differ; what lies between them is not looked at.
    if (isCustom(last) !== isCustom(base) && counter && (isGauge(first) || isGauge(last))) warnNotCounter(context);
    return warnMixedBuckets(context);
  }
  const difference = subtractHistograms(copyToSchema(last, leastSchema(series, window, base, counter)), base);
  if (difference === undefined) return warnMixedBuckets(context);
  const whole = counter ? addResets(difference.histogram, base, { series, window, context }) : difference.histogram;
  if (whole === undefined) return warnMixedBuckets(context);
  if (difference.boundsReconciled) noteBoundsReconciled(context, 'subtraction');
  judgeHints(series, window, context, counter);
  return compactHistogram(withHint(whole, 'gauge'));
}

interface Samples {
  readonly series: RangeSeries;
  readonly window: RangeWindow;
  readonly context: RangeContext;
}

/** Adds what the counter had reached before each reset; `base` stands for the first histogram. */
function addResets(increase: NativeHistogram, base: NativeHistogram, { series, window, context }: Samples): NativeHistogram | undefined {
  let whole = increase;
  let previous = base;
  let reconciled = false;
  for (let i = window.histogramFrom + 1; i < window.histogramTo; i++) {
    if (resetAt(series, i, previous)) {
      const sum = addHistograms(whole, previous);
      if (sum === undefined) return undefined;
      whole = sum.histogram;
      reconciled ||= sum.boundsReconciled;
    }
    previous = histogramAt(series, i).histogram;
  }
  if (reconciled) noteBoundsReconciled(context, 'addition');
  return whole;
}

/** Whether the counter was reset between the histogram at `index` and the one before. */
function resetAt(series: RangeSeries, index: number, previous: NativeHistogram): boolean {
  const { ms, histogram } = histogramAt(series, index);
  const starts = series.starts?.histograms;
  if (starts !== undefined && startsAnew(starts[index - 1] ?? 0, histogramAt(series, index - 1).ms, starts[index] ?? 0, ms)) return true;
  return detectReset(histogram, previous);
}

/** Whether all histograms that count have the same kind of buckets: of a gauge, the first and the last. */
function compatible(
  series: RangeSeries,
  { histogramFrom: from, histogramTo: to }: RangeWindow,
  base: NativeHistogram,
  counter: boolean,
): boolean {
  const custom = isCustom(base);
  if (isCustom(histogramAt(series, to - 1).histogram) !== custom) return false;
  if (!counter) return true;
  for (let i = from + 1; i < to - 1; i++) if (isCustom(histogramAt(series, i).histogram) !== custom) return false;
  return true;
}

/** The coarsest resolution of those histograms. */
function leastSchema(
  series: RangeSeries,
  { histogramFrom: from, histogramTo: to }: RangeWindow,
  base: NativeHistogram,
  counter: boolean,
): number {
  let least = Math.min(histogramAt(series, to - 1).histogram.schema, base.schema);
  if (counter) for (let i = from + 1; i < to - 1; i++) least = Math.min(least, histogramAt(series, i).histogram.schema);
  return least;
}

function judgeHints(
  series: RangeSeries,
  { histogramFrom: from, histogramTo: to }: RangeWindow,
  context: RangeContext,
  counter: boolean,
): void {
  if (counter) {
    for (let i = from; i < to; i++) if (isGauge(histogramAt(series, i).histogram)) return warnNotCounter(context);
  } else if (!isGauge(histogramAt(series, from).histogram) || !isGauge(histogramAt(series, to - 1).histogram)) warnNotGauge(context);
}

function emptyLike({ schema, customValues }: NativeHistogram): NativeHistogram {
  return {
    schema,
    customValues,
    counterResetHint: 'unknown',
    count: 0,
    sum: 0,
    zeroThreshold: 0,
    zeroCount: 0,
    positiveSpans: [],
    positiveBuckets: [],
    negativeSpans: [],
    negativeBuckets: [],
  };
}

function isCustom({ schema }: NativeHistogram): boolean {
  return schema === CUSTOM_BUCKETS_SCHEMA;
}

function isGauge({ counterResetHint }: NativeHistogram): boolean {
  return counterResetHint === 'gauge';
}
