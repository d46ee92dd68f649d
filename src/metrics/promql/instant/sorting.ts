// `sort` and `sort_by_label`: the order of an instant query's result. A range query orders its series by labels whatever is asked.
//
// Source: Prometheus 3.14, querying/functions; natural order as Go's `natsort`.

import { compareLabels, compareText, labelValue } from '../../../query/labels.ts';
import { stringArgument } from '../steps/call-arguments.ts';
import { withoutHistograms } from './each-step.ts';
import type { CallContext } from '../steps/evaluation.ts';
import { FLOAT_AT, hasAny, HISTOGRAM_AT, NOTHING_AT, type StepSeries } from '../steps/step-series.ts';

export function sortAscending(series: readonly StepSeries[], context: CallContext): readonly StepSeries[] {
  return sortByValue(series, context, 1);
}

export function sortDescending(series: readonly StepSeries[], context: CallContext): readonly StepSeries[] {
  return sortByValue(series, context, -1);
}

/** By value, NaN last in either direction; histograms drop out. */
function sortByValue(series: readonly StepSeries[], context: CallContext, direction: 1 | -1): readonly StepSeries[] {
  warnInRange(context);
  const { steps, arrays } = context.evaluation;
  const floats = series.map(floatsOnly).filter((one) => {
    const any = hasAny(one);
    if (!any) arrays.give(one);
    return any;
  });
  return steps.count > 1 ? floats : floats.toSorted((a, b) => compareValues(a.values[0] ?? 0, b.values[0] ?? 0, direction));
}

function compareValues(a: number, b: number, direction: 1 | -1): number {
  if (a !== a || b !== b) return Number(a !== a) - Number(b !== b);
  return a === b ? 0 : a < b ? -direction : direction;
}

function floatsOnly(series: StepSeries): StepSeries {
  if (series.histograms === undefined) return series;
  for (let step = 0; step < series.has.length; step++) if (series.has[step] === HISTOGRAM_AT) series.has[step] = NOTHING_AT;
  return withoutHistograms(series);
}

export function sortByLabel(series: readonly StepSeries[], context: CallContext): readonly StepSeries[] {
  return sortByLabels(series, context, 1);
}

export function sortByLabelDescending(series: readonly StepSeries[], context: CallContext): readonly StepSeries[] {
  return sortByLabels(series, context, -1);
}

/** By the values of the named labels in natural order, then by all labels. */
function sortByLabels(series: readonly StepSeries[], context: CallContext, direction: 1 | -1): readonly StepSeries[] {
  warnInRange(context);
  const names = context.call.args.slice(1).map(stringArgument);
  return series.toSorted((a, b) => {
    for (const name of names) {
      const left = labelValue(a.labels, name);
      const right = labelValue(b.labels, name);
      if (left !== right) return precedesNaturally(left, right) ? -direction : direction;
    }
    return direction * compareLabels(a.labels, b.labels);
  });
}

function warnInRange({ evaluation, call }: CallContext): void {
  if (evaluation.steps.startMs === evaluation.steps.endMs) return;
  evaluation.annotations.warn('sort is ineffective for range queries since results are always ordered by labels', call);
}

/** Text and numbers in turn: `4m5` before `4m600`. */
export function precedesNaturally(a: string, b: string): boolean {
  const left = chunksOf(a);
  const right = chunksOf(b);
  // A label that is not there comes first.
  if (left.length === 0) return right.length > 0;
  for (const [i, chunk] of left.entries()) {
    const other = right[i];
    if (other === undefined) return false;
    const order = compareChunks(chunk, other);
    if (order !== 0) return order < 0;
    if (i === left.length - 1) return true;
    if (i === right.length - 1) return false;
  }
  return false;
}

function chunksOf(text: string): readonly string[] {
  return text.match(/[0-9]+|[^0-9]+/g) ?? [];
}

const INT64_MAX = 2n ** 63n - 1n;

function compareChunks(a: string, b: string): number {
  const left = integerOf(a);
  const right = integerOf(b);
  if (left === undefined || right === undefined) return compareText(a, b);
  return left === right ? 0 : left < right ? -1 : 1;
}

/** What 64 bits do not hold is compared as text. */
function integerOf(chunk: string): bigint | undefined {
  if (!/^[0-9]+$/.test(chunk)) return undefined;
  const value = BigInt(chunk);
  return value > INT64_MAX ? undefined : value;
}

/** `scalar(v)`: the value at each step of the only series that has a float there, else NaN. Takes the series. */
export function scalarOf(series: readonly StepSeries[], { steps, arrays }: CallContext['evaluation']): Float64Array {
  const found = new Uint8Array(steps.count);
  const result = new Float64Array(steps.count).fill(Number.NaN);
  for (const one of series) {
    for (let step = 0; step < steps.count; step++) {
      if (one.has[step] !== FLOAT_AT) continue;
      result[step] = found[step] === 0 ? (one.values[step] as number) : Number.NaN;
      found[step] = 1;
    }
    arrays.give(one);
  }
  return result;
}
