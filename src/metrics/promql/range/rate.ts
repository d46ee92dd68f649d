// rate, increase and delta: how much a series went up over a window, as if it had been sampled at both ends of it.
//
//   start ├──╌╌●────●────●────●╌╌──┤ end      the slope between first and last sample is carried to the ends of the window,
//          ≤ 1.1 gaps: all the way            or by half a gap where a sample is missing before the end
//
// Source: Prometheus 3.14, functions documentation, `rate`; start timestamps: pull requests 18344 and 18619.

import type { NativeHistogram } from '../../native-histogram.ts';
import { extendedRate } from './extended-rate.ts';
import { histogramIncrease } from './histogram-rate.ts';
import { addHistograms, scaleHistogram } from '../histogram/arithmetic.ts';
import { noteBoundsReconciled, warnMixedBuckets, warnMixedKinds } from './range-annotations.ts';
import {
  type RangeContext,
  type RangeFunction,
  type RangeSeries,
  type RangeWindow,
  histogramAt,
  timeAt,
  valueAt,
  windowSeconds,
} from './range-window.ts';
import { startsAnew } from './start-timestamps.ts';

/** What is asked of a window: rate, increase or delta. */
export interface RateKind {
  /** Resets are made good, and the value was never below zero. */
  readonly counter: boolean;
  readonly perSecond: boolean;
}

/** Samples as far apart as this many average gaps still count as regular. */
const REGULAR_GAPS_MAX = 1.1;

export function rateOf(kind: RateKind): RangeFunction {
  return (series, window, context) => {
    if (context.extension !== undefined) return extendedRate(series, window, context, kind);
    const floats = window.to - window.from;
    const histograms = window.histogramTo - window.histogramFrom;
    if (floats > 0 && histograms > 0) return warnMixedKinds(context);
    if (floats > 0) return floatRate(series, window, kind);
    return histograms > 0 ? histogramRate(series, window, context, kind) : undefined;
  };
}

function floatRate(series: RangeSeries, window: RangeWindow, kind: RateKind): number | undefined {
  const { from, to } = window;
  let increase = valueAt(series, to - 1) - valueAt(series, from);
  if (kind.counter) increase += lostInResets(series, from, to);
  const firstMs = timeAt(series, from);
  const sampled = { firstMs, lastMs: timeAt(series, to - 1), gaps: to - 1 - from };
  const start = kind.counter ? startWithin(series.starts?.floats[from], firstMs, window) : undefined;
  if (start !== undefined) {
    return (increase + valueAt(series, from)) * startedFactor(sampled, start, window, kind);
  }
  if (sampled.gaps === 0) return undefined;
  const first = valueAt(series, from);
  const fractionToZero = kind.counter && increase > 0 && first >= 0 ? first / increase : Number.POSITIVE_INFINITY;
  return increase * extrapolationFactor(sampled, fractionToZero, window, kind);
}

/** The sum of what a counter had reached before each of its resets. */
function lostInResets(series: RangeSeries, from: number, to: number): number {
  const starts = series.starts?.floats;
  let lost = 0;
  let previous = valueAt(series, from);
  for (let i = from + 1; i < to; i++) {
    const value = valueAt(series, i);
    if (
      value < previous ||
      (starts !== undefined && startsAnew(starts[i - 1] ?? 0, timeAt(series, i - 1), starts[i] ?? 0, timeAt(series, i)))
    )
      lost += previous;
    previous = value;
  }
  return lost;
}

function histogramRate(series: RangeSeries, window: RangeWindow, context: RangeContext, kind: RateKind): NativeHistogram | undefined {
  const { histogramFrom: from, histogramTo: to } = window;
  const first = histogramAt(series, from);
  const sampled = { firstMs: first.ms, lastMs: histogramAt(series, to - 1).ms, gaps: to - 1 - from };
  const start = kind.counter ? startWithin(series.starts?.histograms[from], first.ms, window) : undefined;
  if (sampled.gaps === 0) {
    return start === undefined ? undefined : scaleHistogram(first.histogram, startedFactor(sampled, start, window, kind));
  }
  const increase = histogramIncrease(series, window, context, kind.counter);
  if (increase === undefined) return undefined;
  if (start !== undefined) {
    const whole = addHistograms(increase, first.histogram);
    if (whole === undefined) return warnMixedBuckets(context);
    if (whole.boundsReconciled) noteBoundsReconciled(context, 'addition');
    return scaleHistogram(whole.histogram, startedFactor(sampled, start, window, kind));
  }
  const counted = first.histogram.count;
  const fractionToZero = kind.counter && increase.count > 0 && counted >= 0 ? counted / increase.count : Number.POSITIVE_INFINITY;
  return scaleHistogram(increase, extrapolationFactor(sampled, fractionToZero, window, kind));
}

/** Where the samples of a window lie; `gaps` between them. */
export interface Sampled {
  readonly firstMs: number;
  readonly lastMs: number;
  readonly gaps: number;
}

/** The first sample's start timestamp where it lies within the window: the counter was zero then. */
function startWithin(start: number | undefined, firstMs: number, { startMs }: RangeWindow): number | undefined {
  return start !== undefined && start !== 0 && start > startMs && start < firstMs ? start : undefined;
}

/** What an increase since a known start is multiplied by. Nothing is added before the start. */
function startedFactor({ firstMs, lastMs, gaps }: Sampled, start: number, window: RangeWindow, { perSecond }: RateKind): number {
  // A single sample has no gap to judge by, so its increase is not carried beyond it.
  const gap = gaps === 0 ? 0 : (lastMs - firstMs) / 1000 / gaps;
  const interval = (lastMs - start) / 1000;
  const factor = (interval + towardsEnd(window.endMs - lastMs, gap)) / interval;
  return perSecond ? factor / windowSeconds(window) : factor;
}

/** What the difference of last and first sample is multiplied by; a counter is not carried back beyond `fractionToZero` of the interval. */
export function extrapolationFactor(
  sampled: Sampled,
  fractionToZero: number,
  window: Pick<RangeWindow, 'startMs' | 'endMs'>,
  { perSecond }: Pick<RateKind, 'perSecond'>,
): number {
  const { firstMs, lastMs, gaps } = sampled;
  const interval = (lastMs - firstMs) / 1000;
  const gap = interval / gaps;
  let toStart = towardsEnd(firstMs - window.startMs, gap);
  if (fractionToZero !== Number.POSITIVE_INFINITY) {
    const toZero = interval * fractionToZero;
    if (toZero < toStart) toStart = toZero;
  }
  const factor = (interval + toStart + towardsEnd(window.endMs - lastMs, gap)) / interval;
  return perSecond ? factor / windowSeconds(window) : factor;
}

/** How many seconds beyond the outermost sample the series is taken to go on. */
function towardsEnd(distanceMs: number, gap: number): number {
  const distance = distanceMs / 1000;
  return distance >= gap * REGULAR_GAPS_MAX ? gap / 2 : distance;
}
