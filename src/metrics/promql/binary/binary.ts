// Binary operators and the unary minus on series: a vector with a scalar here, two vectors by `binary-pairs.ts` and `binary-sets.ts`.
//
//   left ─┐                                   ┌─▶ and, or, unless ─┐
//   right ─┴─▶ match groups (once per series) ─┴─▶ pairs ──────────┴─▶ series of the result
//
// Each works on whole columns: all steps of a pair at once, with the result that Prometheus finds step by step.

import { assert } from '../../../base/assert.ts';
import { type Binary, isComparison, isSetOp } from '../ast.ts';
import { combinePairs } from './binary-pairs.ts';
import { combineSets } from './binary-sets.ts';
import { arithmeticColumn, changesMeaning, combineElements, compareColumn, type Tell } from './binary-values.ts';
import { dropName, type Evaluation } from '../steps/evaluation.ts';
import { scaleHistogram } from '../histogram/arithmetic.ts';
import { getAt, hasAny, HISTOGRAM_AT, putAt, type StepSeries } from '../steps/step-series.ts';

/** An operator between scalars, step by step; comparisons give 1 or 0. */
export function binaryScalars({ op }: Binary, left: Float64Array, right: Float64Array): Float64Array {
  const result = new Float64Array(left.length);
  if (!isComparison(op)) {
    arithmeticColumn(op, { left, right }, result);
    return result;
  }
  const kept = new Uint8Array(left.length);
  compareColumn(op, { left, right }, kept);
  for (let i = 0; i < kept.length; i++) result[i] = kept[i] ?? 0;
  return result;
}

/** The scalar of an operation with a vector: its value at every step, and on which side it stands. */
export interface ScalarSide {
  readonly values: Float64Array;
  readonly side: 'left' | 'right';
}

/** True for operators that take the names of their vector's series away, after which two series may have the same labels. */
export function dropsNames({ op, returnBool }: Binary): boolean {
  return changesMeaning(op) || returnBool;
}

/**
 * An operator between a series, which it owns, and a scalar; nothing where no step has a result. A comparison shows the series' values,
 * on whichever side they stand.
 */
export function binaryVectorScalar(expr: Binary, series: StepSeries, scalar: ScalarSide, evaluation: Evaluation): StepSeries | undefined {
  const result =
    series.histograms === undefined && expr.op !== '</' && expr.op !== '>/'
      ? floatsWithScalar(expr, series, scalar)
      : elementsWithScalar(expr, series, scalar, evaluation);
  if (!hasAny(result)) {
    evaluation.arrays.give(result);
    return undefined;
  }
  return dropsNames(expr) ? dropName(result, evaluation) : result;
}

function floatsWithScalar({ op, returnBool }: Binary, series: StepSeries, scalar: ScalarSide): StepSeries {
  const { has, values } = series;
  const columns = scalar.side === 'left' ? { left: scalar.values, right: values } : { left: values, right: scalar.values };
  if (!isComparison(op)) {
    arithmeticColumn(op, columns, values);
    return series;
  }
  const kept = new Uint8Array(has.length);
  compareColumn(op, columns, kept);
  for (let i = 0; i < has.length; i++) {
    if (returnBool) values[i] = kept[i] ?? 0;
    else has[i] = (has[i] ?? 0) & (kept[i] ?? 0);
  }
  return series;
}

function elementsWithScalar(expr: Binary, series: StepSeries, scalar: ScalarSide, { annotations }: Evaluation): StepSeries {
  const { op, returnBool } = expr;
  const tell: Tell = (kind, message) => (kind === 'info' ? annotations.info(message, expr) : annotations.warn(message, expr));
  let result = series;
  for (let step = 0; step < series.has.length; step++) {
    const own = getAt(series, step);
    if (own === undefined) continue;
    const other = scalar.values[step] ?? Number.NaN;
    const outcome = scalar.side === 'left' ? combineElements(op, other, own, tell) : combineElements(op, own, other, tell);
    if (outcome === undefined) result = putAt(result, step, undefined);
    else if (returnBool) result = putAt(result, step, outcome.keep ? 1 : 0);
    else if (outcome.keep) result = putAt(result, step, isComparison(op) ? own : outcome.value);
    else result = putAt(result, step, undefined);
  }
  return result;
}

/**
 * An operator between two vectors, whose series it owns.
 *
 * Throws `execution` where matching is not unique at a step, as Prometheus does: two series of one match group may take turns in time.
 */
export function binaryVectors(
  expr: Binary,
  left: readonly StepSeries[],
  right: readonly StepSeries[],
  evaluation: Evaluation,
): readonly StepSeries[] {
  const { matching } = expr;
  assert(matching !== undefined, 'an operator between vectors has a matching');
  const sides = { matching, left, right };
  return isSetOp(expr.op) ? combineSets(expr.op, sides, evaluation) : combinePairs(expr, sides, evaluation);
}

/** The unary minus on a series, which it owns. Names are dropped: two series may have the same labels afterwards. */
export function negate(series: StepSeries, evaluation: Evaluation): StepSeries {
  const { has, values, histograms } = series;
  for (let i = 0; i < values.length; i++) values[i] = -(values[i] as number);
  if (histograms !== undefined) {
    for (let i = 0; i < has.length; i++) {
      const histogram = has[i] === HISTOGRAM_AT ? histograms[i] : undefined;
      if (histogram !== undefined) histograms[i] = scaleHistogram(histogram, -1);
    }
  }
  return dropName(series, evaluation);
}
