// Aggregations: series in, folded into their groups one by one, the result out at the end.
//
//   add(series) ─▶ group by labels ─▶ columns of the group ──finish()──▶ one series per group
//                                     (series themselves only where the result shows them)
//
// What `add` is given belongs to the aggregator, which gives it back as soon as it is folded: memory grows with the result.

import { RequestError } from '../../../base/request-error.ts';
import { quote } from '../../../query/scanner.ts';
import { CountValuesAggregator } from './aggregate-count-values.ts';
import { FoldAggregator } from './aggregate-fold.ts';
import { LimitAggregator, RatioAggregator } from './aggregate-limit.ts';
import { QuantileAggregator } from './aggregate-quantile.ts';
import { SumAggregator } from './aggregate-sum.ts';
import { TopAggregator } from './aggregate-top.ts';
import type { Aggregate, Position } from '../ast.ts';
import { unwrap } from '../steps/call-arguments.ts';
import type { Evaluation } from '../steps/evaluation.ts';
import { formatG } from '../steps/go-float.ts';
import type { StepSeries } from '../steps/step-series.ts';

export interface Aggregator {
  /** Takes a series in; it belongs to the aggregator from then on. */
  add(series: StepSeries): void;
  /** The result; nothing is added afterwards. */
  finish(): readonly StepSeries[];
}

/** The greatest and least floats that Go converts to an int64 and back. */
const INT64_MAX = 9223372036854774784;
const INT64_MIN = -9223372036854775808;

/**
 * An aggregator for an expression; `param` is the value of its parameter at every step, or the label of `count_values`.
 * Throws `execution` with Prometheus's wording where the parameter is impossible.
 */
export function createAggregator(expr: Aggregate, param: Float64Array | string | undefined, evaluation: Evaluation): Aggregator {
  switch (expr.op) {
    case 'sum':
    case 'avg':
      return new SumAggregator(expr, evaluation);
    case 'count_values':
      return new CountValuesAggregator(expr, valueLabel(param), evaluation);
    case 'quantile':
      return new QuantileAggregator(expr, checkedQuantiles(expr, param, evaluation), evaluation);
    case 'topk':
    case 'bottomk':
    case 'limitk': {
      const counts = checkedCounts(param);
      if (counts === undefined) return new EmptyAggregator(evaluation);
      return expr.op === 'limitk' ? new LimitAggregator(expr, counts, evaluation) : new TopAggregator(expr, counts, evaluation);
    }
    case 'limit_ratio': {
      const ratios = checkedRatios(expr, param, evaluation);
      return ratios === undefined ? new EmptyAggregator(evaluation) : new RatioAggregator(ratios, evaluation);
    }
    default:
      return new FoldAggregator(expr, expr.op, evaluation);
  }
}

/** Where no step can have a result. */
class EmptyAggregator implements Aggregator {
  readonly #evaluation: Evaluation;

  constructor(evaluation: Evaluation) {
    this.#evaluation = evaluation;
  }

  add(series: StepSeries): void {
    this.#evaluation.arrays.give(series);
  }

  finish(): readonly StepSeries[] {
    return [];
  }
}

function valueLabel(param: Float64Array | string | undefined): string {
  const name = typeof param === 'string' ? param : '';
  if (name === '' || !name.isWellFormed()) {
    throw new RequestError('execution', `invalid label name ${quote(name)}`);
  }
  return name;
}

interface Range {
  readonly values: Float64Array;
  readonly least: number;
  readonly greatest: number;
  readonly anyNaN: boolean;
}

function rangeOf(param: Float64Array | string | undefined): Range {
  const values = param instanceof Float64Array ? param : new Float64Array(0);
  let least = Infinity;
  let greatest = -Infinity;
  for (const value of values) {
    least = Math.min(least, value);
    greatest = Math.max(greatest, value);
  }
  return { values, least, greatest, anyNaN: values.some(Number.isNaN) };
}

/** The counts of topk, bottomk and limitk as integers; nothing where all are below one. */
function checkedCounts(param: Float64Array | string | undefined): Float64Array | undefined {
  const { values, least, greatest, anyNaN } = rangeOf(param);
  if (greatest < 1) return undefined;
  if (anyNaN) throw new RequestError('execution', 'Parameter value is NaN');
  if (least <= INT64_MIN) throw new RequestError('execution', `Scalar value ${formatG(least)} underflows int64`);
  if (greatest >= INT64_MAX) throw new RequestError('execution', `Scalar value ${formatG(greatest)} overflows int64`);
  return values.map(Math.trunc);
}

/** The ratios of limit_ratio within -1 and 1; nothing where all are zero. */
function checkedRatios(expr: Aggregate, param: Float64Array | string | undefined, { annotations }: Evaluation): Float64Array | undefined {
  const { values, least, greatest, anyNaN } = rangeOf(param);
  if (least === 0 && greatest === 0) return undefined;
  if (anyNaN) throw new RequestError('execution', 'Ratio value is NaN');
  const warn = (ratio: number, limit: number): void =>
    annotations.warn(`ratio value should be between -1 and 1, got ${formatG(ratio)}, capping to ${limit}`, paramPosition(expr));
  if (greatest > 1) warn(greatest, 1);
  if (least < -1) warn(least, -1);
  return values.map((ratio) => Math.max(-1, Math.min(1, ratio)));
}

/** The quantiles as they are: one outside 0…1 gives an infinity, which the reader is told. */
function checkedQuantiles(expr: Aggregate, param: Float64Array | string | undefined, { annotations }: Evaluation): Float64Array {
  const { values, least, greatest, anyNaN } = rangeOf(param);
  const warn = (quantile: number): void =>
    annotations.warn(`quantile value should be between 0 and 1, got ${formatG(quantile)}`, paramPosition(expr));
  if (anyNaN) warn(Number.NaN);
  if (greatest > 1) warn(greatest);
  if (least < 0) warn(least);
  return values;
}

function paramPosition(expr: Aggregate): Position {
  return expr.param === undefined ? expr : unwrap(expr.param);
}
