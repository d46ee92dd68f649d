// The functions over range vectors by name: what a call evaluates at each window of each series.
//
//   samples of a series ─▶ windows, one per step ─▶ RangeFunction ─▶ a value per step
//
// These are the reference for every window. `absent_over_time` is not among them: it looks across series.

import { changes, resets } from './changes.ts';
import { instantRateOf } from './instant-rate.ts';
import {
  avgOverTime,
  countOverTime,
  firstOverTime,
  lastOverTime,
  ofFloats,
  presentOverTime,
  stddev,
  stdvar,
  sumOverTime,
  timeOfBest,
  timeOfFirst,
  timeOfLast,
  valueOfBest,
} from './over-time.ts';
import { noteIfNotCounter } from './range-annotations.ts';
import type { RangeFunction, RangeFunctionEntry } from './range-window.ts';
import { rateOf } from './rate.ts';
import { deriv, doubleExponentialSmoothing, predictLinear } from './regression.ts';
import { medianDeviation, quantileOverTime } from './sample-quantile.ts';

function entry(evaluate: RangeFunction): RangeFunctionEntry {
  return { evaluate, keepsName: false };
}

function ofCounter(evaluate: RangeFunction): RangeFunctionEntry {
  return { evaluate, keepsName: false, afterFloats: noteIfNotCounter };
}

function keepingName(evaluate: RangeFunction): RangeFunctionEntry {
  return { evaluate, keepsName: true };
}

export const RANGE_FUNCTIONS: ReadonlyMap<string, RangeFunctionEntry> = new Map<string, RangeFunctionEntry>([
  ['rate', ofCounter(rateOf({ counter: true, perSecond: true }))],
  ['increase', ofCounter(rateOf({ counter: true, perSecond: false }))],
  ['delta', entry(rateOf({ counter: false, perSecond: false }))],
  ['irate', entry(instantRateOf(true))],
  ['idelta', entry(instantRateOf(false))],
  ['deriv', entry(deriv)],
  ['predict_linear', entry(predictLinear)],
  ['double_exponential_smoothing', entry(doubleExponentialSmoothing)],
  ['changes', entry(changes)],
  ['resets', entry(resets)],
  ['sum_over_time', entry(sumOverTime)],
  ['avg_over_time', entry(avgOverTime)],
  ['count_over_time', entry(countOverTime)],
  ['present_over_time', entry(presentOverTime)],
  ['first_over_time', keepingName(firstOverTime)],
  ['last_over_time', keepingName(lastOverTime)],
  ['min_over_time', entry(ofFloats(valueOfBest((value, best) => value < best)))],
  ['max_over_time', entry(ofFloats(valueOfBest((value, best) => value > best)))],
  ['stddev_over_time', entry(ofFloats(stddev))],
  ['stdvar_over_time', entry(ofFloats(stdvar))],
  ['quantile_over_time', entry(ofFloats(quantileOverTime))],
  ['mad_over_time', entry(ofFloats(medianDeviation))],
  ['ts_of_first_over_time', entry(timeOfFirst)],
  ['ts_of_last_over_time', entry(timeOfLast)],
  // Of equal values the last one counts.
  ['ts_of_min_over_time', entry(ofFloats(timeOfBest((value, best) => value <= best)))],
  ['ts_of_max_over_time', entry(ofFloats(timeOfBest((value, best) => value >= best)))],
]);
