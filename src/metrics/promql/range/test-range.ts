// One window of a call over a series in the series notation: what the tests of range functions are written with.

import { assert } from '../../../base/assert.ts';
import { labelValue, METRIC_NAME } from '../../../query/labels.ts';
import type { NativeHistogram } from '../../native-histogram.ts';
import type { HistogramPoint } from '../../series.ts';
import { Annotations } from '../steps/annotations.ts';
import type { Call, MatrixSelector } from '../ast.ts';
import { unwrap } from '../steps/call-arguments.ts';
import { durationSeconds } from '../duration-expr.ts';
import type { Evaluation, EvaluationSettings, Steps } from '../steps/evaluation.ts';
import { parseExpr } from '../parse.ts';
import { RANGE_FUNCTIONS } from './range-functions.ts';
import type { RangeContext, RangeSeries, RangeWindow } from './range-window.ts';
import { parseSeriesDescription } from '../series-notation.ts';
import { StepArrays } from '../steps/step-series.ts';

const INTERVAL_MS = 10_000;

export interface RangeTestOptions extends Partial<EvaluationSettings> {
  /** Start timestamps in seconds, one per step of the notation; 0 where none is known. */
  readonly starts?: readonly number[];
}

/** A series of one sample every 10 s from 0; gaps and stale markers hold none. */
export function rangeSeries(line: string, starts?: readonly number[]): RangeSeries {
  const { labels, values } = parseSeriesDescription(line);
  const times: number[] = [];
  const floats: number[] = [];
  const histograms: HistogramPoint[] = [];
  const floatStarts: number[] = [];
  const histogramStarts: number[] = [];
  for (const [i, value] of values.entries()) {
    const ms = i * INTERVAL_MS;
    const startMs = (starts?.[i] ?? 0) * 1000;
    if (value.kind === 'number') {
      times.push(ms);
      floats.push(value.value);
      floatStarts.push(startMs);
    } else if (value.kind === 'histogram') {
      histograms.push({ ms, histogram: value.histogram });
      histogramStarts.push(startMs);
    }
  }
  return {
    labels,
    dropName: false,
    times: Float64Array.from(times),
    values: Float64Array.from(floats),
    length: times.length,
    histograms,
    ...(starts === undefined ? {} : { starts: { floats: Float64Array.from(floatStarts), histograms: Float64Array.from(histogramStarts) } }),
  };
}

export function windowOf(series: RangeSeries, startMs: number, endMs: number): RangeWindow {
  const times = [...series.times];
  const histogramTimes = series.histograms.map(({ ms }) => ms);
  return {
    startMs,
    endMs,
    from: times.filter((ms) => ms <= startMs).length,
    to: times.filter((ms) => ms <= endMs).length,
    histogramFrom: histogramTimes.filter((ms) => ms <= startMs).length,
    histogramTo: histogramTimes.filter((ms) => ms <= endMs).length,
    step: 0,
  };
}

function evaluationOf(query: string, atMs: number, options: RangeTestOptions): Evaluation {
  const steps: Steps = { startMs: atMs, endMs: atMs, stepMs: 0, count: 1 };
  const settings = {
    lookbackMs: 300_000,
    subqueryStepMs: 60_000,
    delayedNameRemoval: false,
    typeAndUnitLabels: false,
    useStartTimestamps: options.starts !== undefined,
    ...options,
  };
  return { steps, settings, arrays: new StepArrays(1, { samples: 0 }, 1000), annotations: new Annotations(query) };
}

export interface RangeResult {
  readonly value: number | NativeHistogram | undefined;
  readonly annotations: readonly string[];
}

/** What a call says of a series at a time in seconds; its range is a selector, its scalars are numbers. */
export function runRange(query: string, line: string, atS: number, options: RangeTestOptions = {}): RangeResult {
  const call = parseExpr(query);
  assert(call.kind === 'call', 'a call');
  const series = rangeSeries(line, options.starts);
  const range = rangeOf(call);
  const endMs = atS * 1000 - (range.offset === undefined ? 0 : (durationSeconds(range.offset) ?? 0) * 1000);
  const window = windowOf(series, endMs - (durationSeconds(range.range) ?? 0) * 1000, endMs);
  const evaluation = evaluationOf(query, atS * 1000, options);
  const context: RangeContext = {
    evaluation,
    call,
    scalars: call.args.map((arg) => (arg.kind === 'number' ? Float64Array.of(arg.value) : undefined)),
    metricName: labelValue(series.labels, METRIC_NAME),
    extension: range.extension ?? range.selector.extension,
  };
  const entry = RANGE_FUNCTIONS.get(call.name);
  assert(entry !== undefined, 'a range function');
  const value = entry.evaluate(series, window, context);
  if (typeof value === 'number') entry.afterFloats?.(series, context);
  return { value, annotations: [...evaluation.annotations.lines('warning'), ...evaluation.annotations.lines('info')] };
}

function rangeOf(call: Call): MatrixSelector {
  const range = call.args.map(unwrap).find((arg) => arg.kind === 'matrix');
  assert(range?.kind === 'matrix', 'a range');
  return range;
}
