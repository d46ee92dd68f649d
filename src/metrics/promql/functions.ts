// The functions of PromQL as the parser needs them: argument and result types.
//
// Source: Prometheus 3.14, querying/functions documentation.

import type { ValueType } from './ast.ts';

export interface FunctionSignature {
  readonly args: readonly ValueType[];
  /** How many of the last arguments may be missing; -1: the last may stand any number of times. */
  readonly optional: number;
  readonly returns: ValueType;
}

const V: readonly ValueType[] = ['vector'];
const M: readonly ValueType[] = ['matrix'];
const S: ValueType = 'scalar';

function toVector(names: string, args: readonly ValueType[], optional = 0): readonly (readonly [string, FunctionSignature])[] {
  return names.split(' ').map((name) => [name, { args, optional, returns: 'vector' }]);
}

/** Every function by name. */
export const FUNCTIONS: ReadonlyMap<string, FunctionSignature> = new Map<string, FunctionSignature>([
  ...toVector(
    'abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor ln log10 log2 rad sgn sin sinh sort sort_desc sqrt start_timestamp tan tanh timestamp',
    V,
  ),
  ...toVector('histogram_avg histogram_count histogram_stddev histogram_stdvar histogram_sum', V),
  ...toVector(
    'absent_over_time avg_over_time changes count_over_time delta deriv first_over_time idelta increase irate last_over_time mad_over_time',
    M,
  ),
  ...toVector('max_over_time min_over_time present_over_time rate resets stddev_over_time stdvar_over_time sum_over_time', M),
  ...toVector('ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time', M),
  ...toVector('day_of_month day_of_week day_of_year days_in_month hour minute month year', V, 1),
  ...toVector('clamp', ['vector', S, S]),
  ...toVector('clamp_max clamp_min', ['vector', S]),
  ...toVector('round', ['vector', S], 1),
  ...toVector('double_exponential_smoothing', ['matrix', S, S]),
  ...toVector('predict_linear', ['matrix', S]),
  ...toVector('quantile_over_time', [S, 'matrix']),
  ...toVector('histogram_fraction', [S, S, 'vector']),
  ...toVector('histogram_quantile', [S, 'vector']),
  // One to ten quantiles.
  ...toVector('histogram_quantiles', ['vector', 'string', S, S, S, S, S, S, S, S, S, S], 9),
  ...toVector('info', ['vector', 'vector'], 1),
  ...toVector('label_join', ['vector', 'string', 'string', 'string'], -1),
  ...toVector('label_replace', ['vector', 'string', 'string', 'string', 'string']),
  ...toVector('sort_by_label sort_by_label_desc', ['vector', 'string'], -1),
  ...toVector('vector', [S]),
  ['scalar', { args: V, optional: 0, returns: S }],
  ['time', { args: [], optional: 0, returns: S }],
  ['pi', { args: [], optional: 0, returns: S }],
  ['min_of', { args: [S, S], optional: 0, returns: S }],
  ['max_of', { args: [S, S], optional: 0, returns: S }],
  ['start', { args: [], optional: 0, returns: S }],
  ['end', { args: [], optional: 0, returns: S }],
  ['step', { args: [], optional: 0, returns: S }],
  ['range', { args: [], optional: 0, returns: S }],
]);

/** The least and the most arguments of a function. */
export function arity(signature: FunctionSignature): { readonly min: number; readonly max: number } {
  const { args, optional } = signature;
  return optional < 0 ? { min: args.length - 1, max: Number.POSITIVE_INFINITY } : { min: args.length - optional, max: args.length };
}
