// A metric query to its value.
//
//   range aggregation ──series──▶ operator, aggregation ──series──▶ vector or matrix
//
// Every node gives its series one by one to whoever asked for them, each with its values at all steps in columns.
// Source: Loki `pkg/logql/engine.go`, `evaluator.go`.

import { compareLabels, NO_LABELS, setLabel } from '../../../query/labels.ts';
import { mergeSameLabels } from '../../../metrics/promql/steps/merge-series.ts';
import { FLOAT_AT, NOTHING_AT, type StepSeries } from '../../../metrics/promql/steps/step-series.ts';
import type { QueryValue, ResultSeries } from '../../query-result.ts';
import type { RangeRequest } from '../../range-source.ts';
import type { Binary, LabelReplace, MetricExpr, Variants, VectorAggregation } from '../ast.ts';
import { labelReplacer } from './label-replace.ts';
import { beginMetricEvaluation, checkSeries, type MetricContext, type MetricEvaluation, type Sink, stepTimes } from './metric-context.ts';
import { aggregatorOf, combineVectors, combineWithNumber, type NumberSide } from './promql-operators.ts';
import { eachOfRange, isSummable } from './range-aggregation.ts';

const VARIANT_LABEL = '__variant__';

/** Evaluates a metric query. Throws `bad_data` and `execution` with Loki's words, or naming the limit that is reached. */
export async function evaluateMetric(expr: MetricExpr, context: MetricContext): Promise<QueryValue> {
  const evaluation = beginMetricEvaluation(context);
  const isInstant = context.stepNs === undefined;
  if (expr.kind === 'number' && isInstant) return { kind: 'scalar', tsMs: evaluation.steps.startMs, value: expr.value };
  // A number over a range is a series without labels, as a vector is.
  const vector: MetricExpr = expr.kind === 'number' ? { ...expr, kind: 'vector' } : expr;
  const found = await gather(vector, evaluation);
  checkSeries(evaluation, found.length);
  if (!isInstant) return { kind: 'matrix', series: matrixOf(mergeSameLabels(found, evaluation), evaluation) };
  const series = matrixOf(found, evaluation);
  return { kind: 'vector', series: isSorted(expr) ? series : series.toSorted((a, b) => compareLabels(a.labels, b.labels)) };
}

function matrixOf(found: readonly StepSeries[], evaluation: MetricEvaluation): readonly ResultSeries[] {
  const times = stepTimes(evaluation);
  const series = found.map((one) => resultOf(one, times));
  return evaluation.steps.count === 1 ? series : series.sort((a, b) => compareLabels(a.labels, b.labels));
}

function resultOf({ labels, has, values }: StepSeries, times: Float64Array): ResultSeries {
  if (!has.includes(NOTHING_AT)) return { labels, times, values };
  const present = (_: number, step: number): boolean => has[step] !== NOTHING_AT;
  return { labels, times: times.filter(present), values: values.filter(present) };
}

/** True where the order of a vector is what the query is about: `sort` anywhere in it, as in Loki. */
function isSorted(expr: MetricExpr): boolean {
  switch (expr.kind) {
    case 'vector_aggregation':
      return expr.op === 'sort' || expr.op === 'sort_desc' || isSorted(expr.expr);
    case 'binary':
      return isSorted(expr.left) || isSorted(expr.right);
    case 'label_replace':
      return isSorted(expr.expr);
    case 'variants':
      return expr.variants.some(isSorted);
    case 'range_aggregation':
    case 'number':
    case 'vector':
      return false;
  }
}

async function gather(expr: MetricExpr, evaluation: MetricEvaluation): Promise<readonly StepSeries[]> {
  const found: StepSeries[] = [];
  await eachSeries(expr, evaluation, (series) => found.push(series));
  return found;
}

async function eachSeries(expr: MetricExpr, evaluation: MetricEvaluation, sink: Sink): Promise<void> {
  switch (expr.kind) {
    case 'range_aggregation':
      return eachOfRange(expr, undefined, evaluation, sink);
    case 'vector_aggregation':
      return eachOfAggregation(expr, evaluation, sink);
    case 'binary':
      return eachOfBinary(expr, evaluation, sink);
    case 'label_replace':
      return eachReplaced(expr, evaluation, sink);
    case 'variants':
      return eachVariant(expr, evaluation, sink);
    case 'number':
    case 'vector': {
      const series = evaluation.arrays.take(NO_LABELS);
      series.has.fill(FLOAT_AT);
      series.values.fill(expr.value);
      sink(series);
    }
  }
}

async function eachOfAggregation(expr: VectorAggregation, evaluation: MetricEvaluation, sink: Sink): Promise<void> {
  const { op } = expr;
  if (op === 'sort' || op === 'sort_desc') {
    const series = await gather(expr.expr, evaluation);
    for (const one of evaluation.steps.count === 1 ? sorted(series, op === 'sort' ? 1 : -1) : series) sink(one);
    return;
  }
  const aggregator = aggregatorOf(expr, op, evaluation);
  const add: Sink = (series) => aggregator.add(series);
  if (op === 'sum' && expr.expr.kind === 'range_aggregation' && isSummable(expr.expr)) {
    const grouping: RangeRequest['grouping'] = expr.grouping ?? { kind: 'by', labels: [] };
    await eachOfRange(expr.expr, grouping, evaluation, add);
  } else await eachSeries(expr.expr, evaluation, add);
  for (const series of aggregator.finish()) sink(series);
}

/** By value, NaN last in both directions. */
function sorted(series: readonly StepSeries[], sign: 1 | -1): readonly StepSeries[] {
  const valueOf = ({ values }: StepSeries): number => values[0] ?? Number.NaN;
  return series.toSorted((one, other) => {
    const [a, b] = [valueOf(one), valueOf(other)];
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
    return a === b ? 0 : a < b ? -sign : sign;
  });
}

async function eachOfBinary(expr: Binary, evaluation: MetricEvaluation, sink: Sink): Promise<void> {
  const { left, right } = expr;
  if (right.kind === 'number') return eachWithNumber(expr, left, { value: right.value, side: 'right' }, { evaluation, sink });
  if (left.kind === 'number') return eachWithNumber(expr, right, { value: left.value, side: 'left' }, { evaluation, sink });
  // One after the other: each is bounded by itself, and the store answers one statement per reader.
  const lefts = await gather(left, evaluation);
  const rights = await gather(right, evaluation);
  for (const series of combineVectors(expr, lefts, rights, evaluation)) sink(series);
}

async function eachWithNumber(
  expr: Binary,
  vector: MetricExpr,
  number: NumberSide,
  { evaluation, sink }: { readonly evaluation: MetricEvaluation; readonly sink: Sink },
): Promise<void> {
  await eachSeries(vector, evaluation, (series) => {
    const result = combineWithNumber(expr, series, number, evaluation);
    if (result !== undefined) sink(result);
  });
}

/** Series may have the same labels afterwards, which only matters to whoever has to tell them apart. */
async function eachReplaced(expr: LabelReplace, evaluation: MetricEvaluation, sink: Sink): Promise<void> {
  const replace = labelReplacer(expr);
  await eachSeries(expr.expr, evaluation, (series) => sink({ ...series, labels: replace(series.labels) }));
}

/** Each variant by itself, its number as a label: what they have in common is read for each of them. */
async function eachVariant({ variants }: Variants, evaluation: MetricEvaluation, sink: Sink): Promise<void> {
  for (const [number, variant] of variants.entries()) {
    await eachSeries(variant, evaluation, (series) => sink({ ...series, labels: setLabel(series.labels, VARIANT_LABEL, String(number)) }));
  }
}
