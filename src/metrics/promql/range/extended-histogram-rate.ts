// rate, increase and delta of native histograms over `anchored` and `smoothed` ranges.
//
// Source: Prometheus 3.14, pull request 18564.

import { CUSTOM_BUCKETS_SCHEMA, type NativeHistogram } from '../../native-histogram.ts';
import { type Extent, covers } from './extended-window.ts';
import {
  addHistograms,
  compactHistogram,
  detectReset,
  divideHistogram,
  scaleHistogram,
  subtractHistograms,
  withHint,
} from '../histogram/arithmetic.ts';
import { noteBoundsReconciled, warnMixedBuckets, warnNotCounter, warnNotGauge } from './range-annotations.ts';
import { type RangeContext, type RangeSeries, type RangeWindow, histogramAt, windowSeconds } from './range-window.ts';
import type { RateKind } from './rate.ts';

/** Tells that the bounds of custom buckets were reconciled. */
export type OnReconciled = (during: 'addition' | 'subtraction') => void;

export interface ExtendedHistograms {
  readonly series: RangeSeries;
  readonly window: RangeWindow;
  readonly context: RangeContext;
  readonly extent: Extent;
}

export function extendedHistogramRate(samples: ExtendedHistograms, kind: RateKind): NativeHistogram | undefined {
  const { series, window, context, extent } = samples;
  if (!covers(histogramAt(series, extent.first).ms, histogramAt(series, extent.last).ms, window)) return undefined;
  if (!checkBuckets(samples, kind.counter)) return warnMixedBuckets(context);
  const onReconciled: OnReconciled = (during) => noteBoundsReconciled(context, during);
  const left = leftHistogram(samples, kind.counter, onReconciled);
  const right = rightHistogram(samples, kind.counter, onReconciled);
  if (left === undefined || right === undefined) return warnMixedBuckets(context);
  if (!kind.counter && (left.counterResetHint !== 'gauge' || right.counterResetHint !== 'gauge')) warnNotGauge(context);
  const difference = subtract(right, left, onReconciled);
  const lost = kind.counter ? lostInResets(samples, left, right, onReconciled) : NONE_LOST;
  if (difference === undefined || lost === undefined) return warnMixedBuckets(context);
  const increase = lost === NONE_LOST ? difference : add(difference, lost, onReconciled);
  if (increase === undefined) return warnMixedBuckets(context);
  const result = kind.perSecond ? divideHistogram(increase, windowSeconds(window)) : increase;
  return compactHistogram(withHint(result, 'gauge'));
}

/** False where exponential meets custom buckets. Tells of gauges where a counter is wanted. */
function checkBuckets({ series, context, extent }: ExtendedHistograms, counter: boolean): boolean {
  const custom = histogramAt(series, extent.first).histogram.schema === CUSTOM_BUCKETS_SCHEMA;
  for (let i = extent.first; i <= extent.last; i++) {
    const { histogram } = histogramAt(series, i);
    if ((histogram.schema === CUSTOM_BUCKETS_SCHEMA) !== custom) return false;
    if (counter && histogram.counterResetHint === 'gauge') warnNotCounter(context);
  }
  return true;
}

function leftHistogram(
  { series, window, context, extent }: ExtendedHistograms,
  counter: boolean,
  onReconciled: OnReconciled,
): NativeHistogram | undefined {
  const { ms, histogram } = histogramAt(series, extent.first);
  if (context.extension !== 'smoothed' || ms >= window.startMs) return histogram;
  return interpolateHistogram(series, extent.first, window.startMs, { counter, onReconciled });
}

function rightHistogram(
  { series, window, context, extent }: ExtendedHistograms,
  counter: boolean,
  onReconciled: OnReconciled,
): NativeHistogram | undefined {
  const { ms, histogram } = histogramAt(series, extent.last);
  if (context.extension !== 'smoothed' || extent.last === extent.first || ms <= window.endMs) return histogram;
  return interpolateHistogram(series, extent.last - 1, window.endMs, { counter, onReconciled });
}

/** The histogram at a time between the one at `index` and the next; `undefined` where their buckets do not go together. */
export function interpolateHistogram(
  series: RangeSeries,
  index: number,
  ms: number,
  { counter, onReconciled }: { readonly counter: boolean; readonly onReconciled: OnReconciled },
): NativeHistogram | undefined {
  const before = histogramAt(series, index);
  const after = histogramAt(series, index + 1);
  if (ms === before.ms) return before.histogram;
  if (ms === after.ms) return after.histogram;
  const fraction = (ms - before.ms) / (after.ms - before.ms);
  if (counter && detectReset(after.histogram, before.histogram)) return scaleHistogram(after.histogram, fraction);
  const difference = subtract(after.histogram, before.histogram, onReconciled);
  return difference === undefined ? undefined : add(scaleHistogram(difference, fraction), before.histogram, onReconciled);
}

const NONE_LOST = 'none';

/** The sum of what the counter had reached before its resets within the window; `undefined` where buckets do not go together. */
function lostInResets(
  { series, window, context, extent }: ExtendedHistograms,
  left: NativeHistogram,
  right: NativeHistogram,
  onReconciled: OnReconciled,
): NativeHistogram | typeof NONE_LOST | undefined {
  let next = extent.first + 1;
  let previous = left;
  if (context.extension === 'smoothed' && histogramAt(series, extent.first).ms < window.startMs) {
    const second = histogramAt(series, next).histogram;
    if (detectReset(second, histogramAt(series, extent.first).histogram)) {
      // The interpolation at the start has gone up from zero already, so this reset is made good.
      previous = second;
      next++;
    }
  }
  // The last sample is represented by `right`, which has its hint.
  if (next > extent.last) return NONE_LOST;
  let lost: NativeHistogram | typeof NONE_LOST | undefined = NONE_LOST;
  for (let i = next; i <= extent.last; i++) {
    const histogram = i === extent.last ? right : histogramAt(series, i).histogram;
    if (detectReset(histogram, previous)) lost = lost === NONE_LOST ? previous : add(lost, previous, onReconciled);
    if (lost === undefined) return undefined;
    previous = histogram;
  }
  return lost;
}

function add(a: NativeHistogram, b: NativeHistogram, onReconciled: OnReconciled): NativeHistogram | undefined {
  const sum = addHistograms(a, b);
  if (sum?.boundsReconciled === true) onReconciled('addition');
  return sum?.histogram;
}

function subtract(a: NativeHistogram, b: NativeHistogram, onReconciled: OnReconciled): NativeHistogram | undefined {
  const difference = subtractHistograms(a, b);
  if (difference?.boundsReconciled === true) onReconciled('subtraction');
  return difference?.histogram;
}
