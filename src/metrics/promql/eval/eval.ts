// A checked tree to a value.
//
//   selector ──series──▶ function, operator ──series──▶ aggregation ──▶ result
//
// Every node gives its series one by one to whoever asked for them, each with its values at all steps in columns (step-series.ts). So
// `sum(rate(x[5m]))` holds its result and one series, whatever it reads. What needs all its series at once gathers them.

import { AssertionError, assert } from '../../../base/assert.ts';
import { RequestError } from '../../../base/request-error.ts';
import { NO_LABELS, compareLabels, labelsKey } from '../../../query/labels.ts';
import type { Series } from '../../series.ts';
import { createAggregator } from '../aggregate/aggregate.ts';
import { type Aggregate, type Binary, type Expr, TYPE_NAME } from '../ast.ts';
import { binaryScalars, binaryVectorScalar, binaryVectors, dropsNames, negate } from '../binary/binary.ts';
import { stringArgument, unwrap } from '../steps/call-arguments.ts';
import { type Evaluator, eachOfCall, scalarOfCall } from './calls.ts';
import { typeOf } from '../check.ts';
import { type Evaluation, type Steps, stepTime, withoutName } from '../steps/evaluation.ts';
import { mergeSameLabels } from '../steps/merge-series.ts';
import { isOrdered, isPinned, namesMayDiffer } from './plan.ts';
import { type QueryEvaluation, atSteps, instant } from './query-evaluation.ts';
import { subquerySeries } from './ranges.ts';
import { type Sink, selectMatrix, selectVector } from './select.ts';
import { FLOAT_AT, HISTOGRAM_AT, type StepSeries, getAt, putAt } from '../steps/step-series.ts';

/** What an expression comes to. A scalar has one value per step. */
export type Value =
  | { readonly kind: 'scalar'; readonly values: Float64Array }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'vector'; readonly series: readonly Series[] }
  | { readonly kind: 'matrix'; readonly series: readonly Series[] };

/** Evaluates at every step. Throws `execution` for what has no result and for limits that are reached. */
export async function evaluate(expr: Expr, evaluation: QueryEvaluation): Promise<Value> {
  switch (typeOf(expr)) {
    case 'scalar':
      return { kind: 'scalar', values: await scalarValues(expr, evaluation) };
    case 'string':
      return { kind: 'string', value: stringArgument(expr) };
    case 'matrix':
      return { kind: 'matrix', series: await matrixSeries(expr, evaluation) };
    case 'vector': {
      const series = mergeNamesDropped(await gatherSeries(expr, evaluation), evaluation);
      const points = series.map((one) => seriesOfSteps(one, evaluation.steps));
      if (evaluation.steps.stepMs > 0 || !isOrdered(expr)) points.sort((a, b) => compareLabels(a.labels, b.labels));
      return { kind: 'vector', series: points };
    }
  }
}

/** Refuses an expression whose type a range query cannot draw. */
export function requireRangeType(expr: Expr): void {
  const type = typeOf(expr);
  if (type === 'scalar' || type === 'vector') return;
  throw new RequestError(
    'bad_data',
    `invalid parameter "query": invalid expression type "${TYPE_NAME[type]}" for range query, must be Scalar or instant Vector`,
  );
}

/** A scalar as a series without labels: what a range query shows of it. */
export function seriesOfScalar(values: Float64Array, steps: Steps): Series {
  return { labels: NO_LABELS, times: Float64Array.from(values, (_, index) => stepTime(steps, index)), values, histograms: [] };
}

/** All series of an instant vector. */
export async function gatherSeries(expr: Expr, evaluation: QueryEvaluation): Promise<readonly StepSeries[]> {
  const found: StepSeries[] = [];
  await eachSeries(expr, evaluation, (series) => found.push(series));
  evaluation.stats.hold(evaluation.held.samples);
  return found;
}

/** All series of an instant vector in the order of their labels: for what decides between equal values by their order. */
async function gatherInOrder(expr: Expr, evaluation: QueryEvaluation): Promise<readonly StepSeries[]> {
  const keyed = (await gatherSeries(expr, evaluation)).map((series) => ({ series, key: series.labels.join('\0') }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return keyed.map(({ series }) => series);
}

/** Gives the series of an instant vector one by one. */
export async function eachSeries(expr: Expr, evaluation: QueryEvaluation, sink: Sink): Promise<void> {
  if (evaluation.steps.count > 1 && isPinned(expr)) return eachPinned(expr, evaluation, sink);
  switch (expr.kind) {
    case 'paren':
      return eachSeries(expr.inner, evaluation, sink);
    case 'vector':
      return selectVector(expr, evaluation, sink);
    case 'unary':
      if (expr.op === '+') return eachSeries(expr.inner, evaluation, sink);
      return eachOfMany(expr.inner, evaluation, sink, (series) => negate(series, evaluation));
    case 'binary':
      return eachOfBinary(expr, evaluation, sink);
    case 'aggregate':
      return eachOfAggregate(expr, evaluation, sink);
    case 'call':
      return eachOfCall(expr, evaluation, isOrdered(expr) ? { ...EVALUATOR, gatherSeries: gatherInOrder } : EVALUATOR, sink);
    case 'number':
    case 'string':
    case 'matrix':
    case 'subquery':
      throw new AssertionError(`an instant vector, not ${expr.kind}`);
  }
}

const EVALUATOR: Evaluator = { eachSeries, eachOfMany, scalarValues, gatherSeries };

/**
 * Changes each series of an instant vector by itself. Where the change drops names that tell series apart, those that become the same are
 * joined, which needs all of them at once.
 */
export async function eachOfMany(
  expr: Expr,
  evaluation: QueryEvaluation,
  sink: Sink,
  change: (series: StepSeries) => StepSeries | undefined,
): Promise<void> {
  const changed: StepSeries[] = [];
  const apart = evaluation.settings.delayedNameRemoval || !namesMayDiffer(expr);
  const take: Sink = apart ? sink : (series) => changed.push(series);
  await eachSeries(expr, evaluation, (series) => {
    const result = change(series);
    if (result !== undefined) take(result);
  });
  for (const series of mergeSameLabels(changed, evaluation)) sink(series);
}

// The same at every step: evaluated once.
async function eachPinned(expr: Expr, evaluation: QueryEvaluation, sink: Sink): Promise<void> {
  const once = atSteps(evaluation, instant(evaluation.steps.startMs));
  await eachSeries(expr, once, (series) => {
    const value = getAt(series, 0);
    let repeated = evaluation.arrays.take(series.labels, series.dropName);
    for (let step = 0; step < evaluation.steps.count; step++) repeated = putAt(repeated, step, value);
    once.arrays.give(series);
    sink(repeated);
  });
}

async function eachOfBinary(expr: Binary, evaluation: QueryEvaluation, sink: Sink): Promise<void> {
  const left = typeOf(expr.left);
  const right = typeOf(expr.right);
  if (left === 'vector' && right === 'vector') {
    const [many, one] = await both(expr, evaluation);
    for (const series of binaryVectors(expr, many, one, evaluation)) sink(series);
    return;
  }
  const [scalar, vector, side] = left === 'scalar' ? [expr.left, expr.right, 'left' as const] : [expr.right, expr.left, 'right' as const];
  const values = await scalarValues(scalar, evaluation);
  const change = (series: StepSeries): StepSeries | undefined => binaryVectorScalar(expr, series, { values, side }, evaluation);
  if (dropsNames(expr)) return eachOfMany(vector, evaluation, sink, change);
  await eachSeries(vector, evaluation, (series) => {
    const result = change(series);
    if (result !== undefined) sink(result);
  });
}

// Both sides at the same time: the store reads for one while the other is evaluated.
async function both(expr: Binary, evaluation: QueryEvaluation): Promise<readonly [readonly StepSeries[], readonly StepSeries[]]> {
  // An instant `or` shows its sides in their order.
  const gather = expr.op === 'or' ? gatherInOrder : gatherSeries;
  const sides = await Promise.allSettled([gather(expr.left, evaluation), gather(expr.right, evaluation)]);
  const [first, second] = sides;
  if (first.status === 'rejected') throw first.reason;
  if (second.status === 'rejected') throw second.reason;
  return [first.value, second.value];
}

const DECIDED_BY_ORDER: ReadonlySet<string> = new Set(['topk', 'bottomk', 'limitk']);

async function eachOfAggregate(expr: Aggregate, evaluation: QueryEvaluation, sink: Sink): Promise<void> {
  const aggregator = createAggregator(expr, await parameterOf(expr, evaluation), evaluation);
  if (DECIDED_BY_ORDER.has(expr.op)) for (const series of await gatherInOrder(expr.inner, evaluation)) aggregator.add(series);
  else await eachSeries(expr.inner, evaluation, (series) => aggregator.add(series));
  for (const series of aggregator.finish()) sink(series);
}

async function parameterOf({ param }: Aggregate, evaluation: QueryEvaluation): Promise<Float64Array | string | undefined> {
  if (param === undefined) return undefined;
  return typeOf(param) === 'string' ? stringArgument(param) : scalarValues(param, evaluation);
}

/** The value of a scalar at every step. */
export async function scalarValues(expr: Expr, evaluation: QueryEvaluation): Promise<Float64Array> {
  switch (expr.kind) {
    case 'number':
      return new Float64Array(evaluation.steps.count).fill(expr.value);
    case 'paren':
      return scalarValues(expr.inner, evaluation);
    case 'unary': {
      const inner = await scalarValues(expr.inner, evaluation);
      return expr.op === '+' ? inner : inner.map((value) => -value);
    }
    case 'binary':
      return binaryScalars(expr, await scalarValues(expr.left, evaluation), await scalarValues(expr.right, evaluation));
    case 'call':
      return scalarOfCall(expr, evaluation, { gatherSeries, scalarValues });
    default:
      throw new AssertionError(`a scalar, not ${expr.kind}`);
  }
}

async function matrixSeries(expr: Expr, evaluation: QueryEvaluation): Promise<readonly Series[]> {
  const range = unwrap(expr);
  if (range.kind === 'matrix') return selectMatrix(range, evaluation);
  assert(range.kind === 'subquery', 'a range vector is a selector or a subquery');
  const series = mergeRanges(await subquerySeries(range, evaluation, eachSeries), evaluation);
  return series.toSorted((a, b) => compareLabels(a.labels, b.labels));
}

// Names that were to be dropped at the end are dropped now; series that become the same may not be.
function mergeRanges(ranges: Awaited<ReturnType<typeof subquerySeries>>, { settings }: Evaluation): readonly Series[] {
  const all = ranges.map(({ labels, dropName, times, values, histograms }) => {
    return { labels: dropName ? withoutName(labels, settings) : labels, times, values, histograms };
  });
  if (new Set(all.map(({ labels }) => labelsKey(labels))).size < all.length)
    throw new RequestError('execution', 'vector cannot contain metrics with the same labelset');
  return all;
}

function mergeNamesDropped(series: readonly StepSeries[], evaluation: Evaluation): readonly StepSeries[] {
  const { settings } = evaluation;
  if (!series.some(({ dropName }) => dropName)) return mergeSameLabels(series, evaluation);
  const named = series.map((one) => (one.dropName ? { ...one, labels: withoutName(one.labels, settings) } : one));
  return mergeSameLabels(named, evaluation);
}

function seriesOfSteps({ labels, has, values, histograms }: StepSeries, steps: Steps): Series {
  let floats = 0;
  for (const kind of has) if (kind === FLOAT_AT) floats++;
  const times = new Float64Array(floats);
  const kept = new Float64Array(floats);
  const points: { ms: number; histogram: NonNullable<NonNullable<typeof histograms>[number]> }[] = [];
  let at = 0;
  for (let step = 0; step < has.length; step++) {
    if (has[step] === FLOAT_AT) {
      times[at] = stepTime(steps, step);
      kept[at++] = values[step] as number;
    } else if (has[step] === HISTOGRAM_AT) {
      const histogram = histograms?.[step];
      if (histogram !== undefined) points.push({ ms: stepTime(steps, step), histogram });
    }
  }
  return { labels, times, values: kept, histograms: points };
}
