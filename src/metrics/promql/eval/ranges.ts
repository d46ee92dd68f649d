// Range vectors: the samples of each series of `x[5m]` or of a subquery, and a function over the window of each step.
//
//   samples of a series ──▶ RangeSeries ──(window of every step)──▶ function ──▶ StepSeries

import { assert } from '../../../base/assert.ts';
import { rawSeries } from '../../raw-series.ts';
import type { NativeHistogram } from '../../native-histogram.ts';
import type { HistogramPoint } from '../../series.ts';
import { Doubles } from '../../series.ts';
import type { Call, MatrixSelector, Subquery } from '../ast.ts';
import { unwrap } from '../steps/call-arguments.ts';
import { type CallContext, type Looks, type Steps, dropName, stepTime } from '../steps/evaluation.ts';
import { fastRange } from '../range/fast-range.ts';
import { withHint } from '../histogram/arithmetic.ts';
import { type QueryEvaluation, atSteps, looksOf, positiveMs } from './query-evaluation.ts';
import {
  type RangeContext,
  type RangeFunctionEntry,
  type RangeSeries,
  type RangeWindow,
  moveWindow,
  newWindow,
} from '../range/range-window.ts';
import { type Sink, hinted, histogramWeight, metricNameOf, rangeSeries, rangeWindow, withEarlier } from './select.ts';
import { readStarts, withStarts } from './series-starts.ts';
import { FLOAT_AT, HISTOGRAM_AT, NOTHING_AT, type StepSeries, putAt } from '../steps/step-series.ts';

/** Evaluates an instant vector; the evaluator gives itself to subqueries. */
export type EachSeries = (expr: Subquery['inner'], evaluation: QueryEvaluation, sink: Sink) => Promise<void>;

/** A range vector of a call: where its windows lie, and a visit of the series. */
export interface RangeVector {
  readonly looks: Looks;
  readonly rangeMs: number;
  readonly extension: 'anchored' | 'smoothed' | undefined;
  /** Calls `visit` for each series; its arrays are used again afterwards. */
  readonly each: (visit: (series: RangeSeries) => void) => Promise<void>;
}

/** The range vector that an expression of that type is. */
export function rangeVector(expr: Call['args'][number], evaluation: QueryEvaluation, eachSeries: EachSeries): RangeVector {
  const range = unwrap(expr);
  if (range.kind === 'matrix') return ofSelector(range, evaluation);
  assert(range.kind === 'subquery', 'a range vector is a selector or a subquery');
  return ofSubquery(range, evaluation, eachSeries);
}

function ofSelector(matrix: MatrixSelector, evaluation: QueryEvaluation): RangeVector {
  const { read, settings, query } = evaluation;
  const looks = looksOf(matrix, evaluation);
  const rangeMs = positiveMs(matrix.range, query);
  const { matchers } = matrix.selector;
  const window = rangeWindow(matrix, looks, rangeMs, settings.lookbackMs);
  return {
    looks,
    rangeMs,
    extension: matrix.extension,
    each: async (visit) => {
      const startsOf = settings.useStartTimestamps ? await readStarts(read, matchers, window) : undefined;
      await rawSeries(read, matchers, withEarlier(window, evaluation), (labels, floats, histograms) => {
        const series = rangeSeries(labels, floats, hinted(histograms, window, evaluation));
        visit(startsOf === undefined ? series : withStarts(series, startsOf));
      });
    },
  };
}

function ofSubquery(subquery: Subquery, evaluation: QueryEvaluation, eachSeries: EachSeries): RangeVector {
  const looks = looksOf(subquery, evaluation);
  const rangeMs = positiveMs(subquery.range, evaluation.query);
  return {
    looks,
    rangeMs,
    extension: undefined,
    each: async (visit) => {
      const steps = subquerySteps(subquery, looks, rangeMs, evaluation);
      if (steps.count <= 0) return;
      const inner = { ...atSteps(evaluation, steps), marksResets: false };
      await eachSeries(subquery.inner, inner, (series) => {
        visit(asRange(series, steps));
        inner.arrays.give(series);
      });
    },
  };
}

/** The steps of a subquery: all multiples of its step in the windows of the outer steps, whatever the query's own start. */
function subquerySteps({ step }: Subquery, looks: Looks, rangeMs: number, { query, settings }: QueryEvaluation): Steps {
  const stepMs = step === undefined ? settings.subqueryStepMs : positiveMs(step, query);
  const startMs = (Math.floor((looks.firstMs - rangeMs) / stepMs) + 1) * stepMs;
  return { startMs, endMs: looks.lastMs, stepMs, count: Math.floor((looks.lastMs - startMs) / stepMs) + 1 };
}

function asRange(series: StepSeries, steps: Steps): RangeSeries {
  const { labels, dropName: drops, has, values, histograms } = series;
  const times = new Doubles(steps.count);
  const floats = new Doubles(steps.count);
  const points: HistogramPoint[] = [];
  for (let step = 0; step < steps.count; step++) {
    if (has[step] === FLOAT_AT) {
      times.push(stepTime(steps, step));
      floats.push(values[step] ?? Number.NaN);
    } else if (has[step] === HISTOGRAM_AT) {
      const histogram = histograms?.[step];
      // Steps pass samples over and repeat others: what is known from sample to sample holds no longer.
      if (histogram !== undefined) points.push({ ms: stepTime(steps, step), histogram: withoutHint(histogram) });
    }
  }
  return { labels, dropName: drops, times: times.done(), values: floats.done(), length: times.length, histograms: points };
}

function withoutHint(histogram: NativeHistogram): NativeHistogram {
  return histogram.counterResetHint === 'gauge' ? histogram : withHint(histogram, 'unknown');
}

/** The raw samples of a subquery at the one step of an instant query: what `x[1h:5m]` by itself shows. */
export async function subquerySeries(
  subquery: Subquery,
  evaluation: QueryEvaluation,
  eachSeries: EachSeries,
): Promise<readonly RangeSeries[]> {
  const found: RangeSeries[] = [];
  await ofSubquery(subquery, evaluation, eachSeries).each((series) => {
    if (series.length > 0 || series.histograms.length > 0) found.push(series);
  });
  return found;
}

/** Evaluates a function over a range vector at every step. */
export async function overRanges(
  range: RangeVector,
  entry: RangeFunctionEntry,
  context: CallContext & { readonly evaluation: QueryEvaluation },
  sink: Sink,
): Promise<void> {
  const counted = context.evaluation.stats.isPerStep;
  const fast = range.extension === undefined && !counted ? fastRange(context.call.name, context.evaluation.settings) : undefined;
  await range.each((series) => {
    const { evaluation } = context;
    const own: RangeContext = { ...context, metricName: metricNameOf(series.labels), extension: range.extension };
    const taken = evaluation.arrays.take(series.labels, series.dropName);
    let result = taken;
    if (fast !== undefined && series.histograms.length === 0) {
      const windows = { looks: range.looks, rangeMs: range.rangeMs, steps: evaluation.steps.count };
      evaluation.stats.add(fast(series, windows, taken));
    } else result = eachWindow(series, range, { entry, context: own, evaluation, into: taken });
    if (!result.has.some((kind) => kind !== NOTHING_AT)) return evaluation.arrays.give(result);
    if (result.has.includes(FLOAT_AT)) entry.afterFloats?.(series, own);
    sink(entry.keepsName ? result : dropName(result, evaluation));
  });
}

interface WindowWork {
  readonly entry: RangeFunctionEntry;
  readonly context: RangeContext;
  readonly evaluation: QueryEvaluation;
  readonly into: StepSeries;
}

function eachWindow(series: RangeSeries, range: RangeVector, { entry, context, evaluation, into }: WindowWork): StepSeries {
  let result = into;
  for (const window of windowsOf(series, range, evaluation.steps.count)) {
    const { step } = window;
    const floats = window.to - window.from;
    const isEmpty = floats === 0 && window.histogramTo === window.histogramFrom;
    if (isEmpty && range.extension === undefined) continue;
    evaluation.stats.addAt(step, floats + weightOf(series, window));
    const value = entry.evaluate(series, window, context);
    if (value !== undefined) result = putAt(result, step, value);
  }
  return result;
}

/** The windows of all steps, one after another in the same object. */
export function* windowsOf(series: RangeSeries, { looks, rangeMs }: RangeVector, steps: number): Generator<RangeWindow> {
  const window = newWindow();
  for (window.step = 0; window.step < steps; window.step++) {
    moveWindow(window, series, { endMs: looks.firstMs + window.step * looks.stepMs, rangeMs });
    yield window;
  }
}

function weightOf({ histograms }: RangeSeries, { histogramFrom, histogramTo }: RangeWindow): number {
  let weight = 0;
  for (let i = histogramFrom; i < histogramTo; i++) {
    const point = histograms[i];
    if (point !== undefined) weight += histogramWeight({ kind: 'histogram', ...point });
  }
  return weight;
}
