// `anchored` and `smoothed` ranges: the samples around a window that say what the series was at its ends.
//
//            lookback                                    lookback
//   ╎·········●··········├────●────●────●────┤·········●·········╎
//             first                          (anchored: last)   last (smoothed)
//
// Source: Prometheus 3.14, feature `promql-extended-range-selectors`; proposal 0052.

import { RequestError } from '../../../base/request-error.ts';
import type { Call } from '../ast.ts';
import { unwrap } from '../steps/call-arguments.ts';
import { type RangeContext, type RangeSeries, type RangeWindow, histogramAt, timeAt } from './range-window.ts';

const ALLOWED = {
  anchored: ['changes', 'delta', 'increase', 'rate', 'resets'],
  smoothed: ['delta', 'increase', 'rate'],
} as const;

/** Refuses a call whose range is anchored or smoothed and whose function takes no such range. */
export function checkExtension(call: Call): void {
  const range = call.args.map(unwrap).find(({ kind }) => kind === 'matrix');
  const extension = range?.kind === 'matrix' ? (range.extension ?? range.selector.extension) : undefined;
  if (range === undefined || extension === undefined) return;
  const allowed: readonly string[] = ALLOWED[extension];
  if (allowed.includes(call.name)) return;
  throw new RequestError('execution', `${extension} modifier can only be used with: ${allowed.join(', ')} - not with ${call.name}`, {
    from: range.from,
    to: range.to,
  });
}

/** How far a range looks around its window. */
export interface Extension {
  readonly lookbackMs: number;
  /** True where it looks beyond the end too, and values at both ends are interpolated. */
  readonly smoothed: boolean;
}

export function extensionOf({ extension, evaluation }: RangeContext): Extension {
  return { lookbackMs: evaluation.settings.lookbackMs, smoothed: extension === 'smoothed' };
}

/** Samples of one kind that a window extends over: indexes of the first and the last, both included. */
export interface Extent {
  readonly first: number;
  readonly last: number;
}

/** The floats of an extended window; `undefined` where there is none. */
export function floatExtent(series: RangeSeries, window: RangeWindow, extension: Extension): Extent | undefined {
  const { from, to } = window;
  const first = from > 0 && timeAt(series, from - 1) > window.startMs - extension.lookbackMs ? from - 1 : from;
  const endsOnSample = to > from && timeAt(series, to - 1) === window.endMs;
  const looksOn = extension.smoothed && !endsOnSample && to < series.length;
  const last = looksOn && timeAt(series, to) <= window.endMs + extension.lookbackMs ? to : to - 1;
  return last < first ? undefined : { first, last };
}

/** The histograms of an extended window; `undefined` where there is none. */
export function histogramExtent(series: RangeSeries, window: RangeWindow, extension: Extension): Extent | undefined {
  const { histogramFrom: from, histogramTo: to } = window;
  const first = from > 0 && histogramAt(series, from - 1).ms > window.startMs - extension.lookbackMs ? from - 1 : from;
  const endsOnSample = to > from && histogramAt(series, to - 1).ms === window.endMs;
  const looksOn = extension.smoothed && !endsOnSample && to < series.histograms.length;
  const last = looksOn && histogramAt(series, to).ms <= window.endMs + extension.lookbackMs ? to : to - 1;
  return last < first ? undefined : { first, last };
}

/** Whether an extent says anything of its window: it reaches past the start, and begins before the end. */
export function covers(firstMs: number, lastMs: number, { startMs, endMs }: RangeWindow): boolean {
  return lastMs > startMs && firstMs <= endMs;
}
