// `anchored` and `smoothed` without a function: a smoothed instant selector at a time, and an extended range as the samples it stands for.
//
// Source: Prometheus 3.14, feature `promql-extended-range-selectors`.

import { RequestError } from '../../../base/request-error.ts';
import { quote } from '../../../query/scanner.ts';
import { CUSTOM_BUCKETS_SCHEMA, type NativeHistogram } from '../../native-histogram.ts';
import { Doubles } from '../../series.ts';
import type { Annotations } from '../steps/annotations.ts';
import type { Position } from '../ast.ts';
import { interpolateHistogram } from './extended-histogram-rate.ts';
import { type Ends, interpolate, leftValue, rightValue } from './extended-rate.ts';
import { type Extension, floatExtent, histogramExtent } from './extended-window.ts';
import { withHint } from '../histogram/arithmetic.ts';
import { type RangeSeries, type RangeWindow, histogramAt, timeAt, valueAt } from './range-window.ts';

/** What a smoothed selector is evaluated with. */
export interface SmoothedContext {
  readonly lookbackMs: number;
  readonly metricName: string;
  readonly annotations: Annotations;
  /** The selector, which annotations point at. */
  readonly selector: Position;
}

/**
 * A series at a time, which is in milliseconds with `offset` and `@` applied: its sample there, else between the one before and the one
 * after, each within the lookback; without one after, as the one before. The series reaches one lookback beyond all times asked for.
 */
export function smoothedAt(series: RangeSeries, ms: number, context: SmoothedContext): number | NativeHistogram | undefined {
  const floats = around(series.length, (index) => timeAt(series, index), ms, context.lookbackMs);
  const histograms = around(series.histograms.length, (index) => histogramAt(series, index).ms, ms, context.lookbackMs);
  if (histograms === NOTHING) return floats === NOTHING ? undefined : smoothedFloat(series, ms, floats);
  if (floats === NOTHING) return smoothedHistogram(series, ms, histograms, context);
  const message = `encountered a mix of histograms and floats for metric name ${quote(context.metricName)}`;
  context.annotations.warn(message, context.selector);
  return undefined;
}

/** The samples next to a time: at `next` or after it, and before it. */
interface Around {
  readonly next: number;
  readonly hasNext: boolean;
  readonly hasPrevious: boolean;
}

const NOTHING: Around = { next: 0, hasNext: false, hasPrevious: false };

function around(length: number, msAt: (index: number) => number, ms: number, lookbackMs: number): Around {
  let next = 0;
  let end = length;
  while (next < end) {
    const middle = (next + end) >>> 1;
    if (msAt(middle) >= ms) end = middle;
    else next = middle + 1;
  }
  const hasNext = next < length && msAt(next) <= ms + lookbackMs;
  const hasPrevious = next > 0 && msAt(next - 1) > ms - lookbackMs;
  return hasNext || hasPrevious ? { next, hasNext, hasPrevious } : NOTHING;
}

function smoothedFloat(series: RangeSeries, ms: number, { next, hasNext, hasPrevious }: Around): number | undefined {
  if (hasNext && timeAt(series, next) === ms) return valueAt(series, next);
  if (!hasPrevious) return undefined;
  return hasNext ? interpolate(series, next - 1, ms, false) : valueAt(series, next - 1);
}

function smoothedHistogram(
  series: RangeSeries,
  ms: number,
  { next, hasNext, hasPrevious }: Around,
  { metricName, annotations, selector }: SmoothedContext,
): NativeHistogram | undefined {
  if (hasNext && histogramAt(series, next).ms === ms) return histogramAt(series, next).histogram;
  if (!hasPrevious) return undefined;
  const before = histogramAt(series, next - 1).histogram;
  // The hint is about a sample and the one before it, of which a value carried forward says nothing.
  if (!hasNext) return withHint(before, 'unknown');
  const after = histogramAt(series, next).histogram;
  const counter = before.counterResetHint !== 'gauge' || after.counterResetHint !== 'gauge';
  const onReconciled = (during: string): void => annotations.info(`mismatched custom buckets were reconciled during ${during}`, selector);
  const mixed = (before.schema === CUSTOM_BUCKETS_SCHEMA) !== (after.schema === CUSTOM_BUCKETS_SCHEMA);
  const between = mixed ? undefined : interpolateHistogram(series, next - 1, ms, { counter, onReconciled });
  if (between === undefined) {
    annotations.warn(
      `vector contains a mix of histograms with exponential and custom buckets schemas for metric name ${quote(metricName)}`,
      selector,
    );
  }
  return between;
}

/** An extended range as samples: one at each end of the window, and those within. Throws `execution` where it has histograms. */
export function extendedSamples(
  series: RangeSeries,
  window: RangeWindow,
  extension: Extension,
): { readonly times: Float64Array; readonly values: Float64Array } {
  if (histogramExtent(series, window, extension) !== undefined) {
    const modifier = extension.smoothed ? 'smoothed' : 'anchored';
    throw new RequestError('execution', `${modifier} modifier is not supported with histograms`);
  }
  const times = new Doubles();
  const values = new Doubles();
  const extent = floatExtent(series, window, extension);
  if (extent === undefined || timeAt(series, extent.last) <= window.startMs) return { times: times.done(), values: values.done() };
  const ends: Ends = { smoothed: extension.smoothed, counter: false };
  times.push(window.startMs);
  values.push(leftValue(series, extent, window, ends));
  for (let i = window.from; i < window.to && timeAt(series, i) < window.endMs; i++) {
    times.push(timeAt(series, i));
    values.push(valueAt(series, i));
  }
  times.push(window.endMs);
  values.push(rightValue(series, extent, window, ends));
  return { times: times.done(), values: values.done() };
}
