// Aggregations and operators of LogQL that mean what PromQL's mean, handed to those; and what Loki does differently before and after.
//
// Source: Loki `pkg/logql/evaluator.go`. A division by zero is no number there, and two series for one match are an error wherever they are.

import { RequestError } from '../../../base/request-error.ts';
import { createAggregator, type Aggregator } from '../../../metrics/promql/aggregate/aggregate.ts';
import type { Aggregate, Binary as PromBinary, Expr as PromExpr, VectorMatching } from '../../../metrics/promql/ast.ts';
import { binaryVectors, binaryVectorScalar } from '../../../metrics/promql/binary/binary.ts';
import { matchGroups } from '../../../metrics/promql/binary/binary-matching.ts';
import { FLOAT_AT, NOTHING_AT, type StepSeries } from '../../../metrics/promql/steps/step-series.ts';
import type { Binary, Grouping, VectorAggregation, VectorOp } from '../ast.ts';
import type { MetricEvaluation } from './metric-context.ts';

/** Operands that PromQL's operators never look at: they take their series separately. */
const NO_OPERAND: PromExpr = { kind: 'number', value: 0, duration: false, from: 0, to: 0 };

/** Aggregations that are not an order of the result. */
export type FoldingOp = Exclude<VectorOp, 'sort' | 'sort_desc'>;

/** An aggregator of whole series. `approx_topk` is exact: there is nothing to approximate where all series are in one place. */
export function aggregatorOf(expr: VectorAggregation, op: FoldingOp, evaluation: MetricEvaluation): Aggregator {
  const aggregate: Aggregate = {
    kind: 'aggregate',
    op: op === 'approx_topk' ? 'topk' : op,
    inner: NO_OPERAND,
    without: expr.grouping?.kind === 'without',
    grouping: namesOf(expr.grouping),
    from: expr.from,
    to: expr.to,
  };
  const { parameter } = expr;
  const perStep = parameter === undefined ? undefined : new Float64Array(evaluation.steps.count).fill(parameter);
  return createAggregator(aggregate, perStep, evaluation);
}

function namesOf(grouping: Grouping | undefined): readonly string[] {
  return grouping?.labels ?? [];
}

/** An operator between two vectors, whose series it owns. */
export function combineVectors(
  expr: Binary,
  left: readonly StepSeries[],
  right: readonly StepSeries[],
  evaluation: MetricEvaluation,
): readonly StepSeries[] {
  const matching = matchingOf(expr);
  const prom: PromBinary = { ...operatorOf(expr), matching };
  if (matching.cardinality !== 'many-to-many') requireUnique(matching, left, right);
  if (expr.op === '/') for (const series of right) zerosToNaN(series.values);
  return binaryVectors(prom, left, right, evaluation);
}

/** The number of an operation with a vector, and on which side it stands. */
export interface NumberSide {
  readonly value: number;
  readonly side: 'left' | 'right';
}

/** An operator between a series, which it owns, and a number on one of its sides; nothing where no step has a result. */
export function combineWithNumber(
  expr: Binary,
  series: StepSeries,
  { value, side }: NumberSide,
  evaluation: MetricEvaluation,
): StepSeries | undefined {
  const values = new Float64Array(evaluation.steps.count).fill(value);
  if (expr.op === '/') zerosToNaN(side === 'right' ? values : series.values);
  return binaryVectorScalar(operatorOf(expr), series, { values, side }, evaluation);
}

function operatorOf({ op, returnBool, from, to }: Binary): PromBinary {
  return { kind: 'binary', op, returnBool, left: NO_OPERAND, right: NO_OPERAND, from, to };
}

function matchingOf({ op, matching }: Binary): VectorMatching {
  const isSet = op === 'and' || op === 'or' || op === 'unless';
  const side = matching?.group?.side;
  return {
    on: matching?.kind === 'on',
    labels: matching?.labels ?? [],
    cardinality: isSet ? 'many-to-many' : side === 'left' ? 'many-to-one' : side === 'right' ? 'one-to-many' : 'one-to-one',
    include: matching?.group?.include ?? [],
  };
}

/** A divisor of zero gives no number. */
function zerosToNaN(values: Float64Array): void {
  for (let i = 0; i < values.length; i++) if (values[i] === 0) values[i] = Number.NaN;
}

function requireUnique(matching: VectorMatching, left: readonly StepSeries[], right: readonly StepSeries[]): void {
  const isLeft = matching.cardinality === 'one-to-many';
  const ones = isLeft ? left : right;
  for (const group of matchGroups(matching, left, right)) {
    const members = isLeft ? group.left : group.right;
    if (members.length < 2 || !anyShared(members.map((index) => ones[index]?.has ?? new Uint8Array(0)))) continue;
    throw new RequestError(
      'execution',
      `found duplicate series on the ${isLeft ? 'left' : 'right'} hand-side;many-to-many matching not allowed: matching labels must be unique on one side`,
    );
  }
}

/** True where two columns have something at one step. */
function anyShared([first, ...others]: readonly Uint8Array[]): boolean {
  const taken = Uint8Array.from(first ?? []);
  for (const has of others) {
    for (let step = 0; step < has.length; step++) {
      if (has[step] === NOTHING_AT) continue;
      if (taken[step] !== NOTHING_AT) return true;
      taken[step] = FLOAT_AT;
    }
  }
  return false;
}
