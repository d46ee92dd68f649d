// Functions of one float: absolute values, powers and logarithms, angles, rounding and clamping, over every step of a series.
//
// Source: Prometheus 3.14, querying/functions. Histograms are no numbers: they drop out.

import { scalarArgument } from '../steps/call-arguments.ts';
import { floatsLeft, ofEachFloat, type SeriesFunction } from './each-step.ts';
import type { CallContext } from '../steps/evaluation.ts';
import { FLOAT_AT, NOTHING_AT, type StepSeries } from '../steps/step-series.ts';

const DEGREES = 180;

/** Beyond it both hyperbolic functions are half the exponential, as Go computes them: infinite where the exponential is, from 709.78 on. */
const HALF_EXPONENTIAL = 21;

export const MATH_FUNCTIONS: readonly (readonly [string, SeriesFunction])[] = [
  ['abs', ofEachFloat(Math.abs)],
  ['ceil', ofEachFloat(Math.ceil)],
  ['floor', ofEachFloat(Math.floor)],
  ['exp', ofEachFloat(Math.exp)],
  ['sqrt', ofEachFloat(Math.sqrt)],
  ['ln', ofEachFloat(Math.log)],
  ['log2', ofEachFloat(Math.log2)],
  ['log10', ofEachFloat(Math.log10)],
  ['sgn', ofEachFloat(Math.sign)],
  ['sin', ofEachFloat(Math.sin)],
  ['cos', ofEachFloat(Math.cos)],
  ['tan', ofEachFloat(Math.tan)],
  ['asin', ofEachFloat(Math.asin)],
  ['acos', ofEachFloat(Math.acos)],
  ['atan', ofEachFloat(Math.atan)],
  [
    'sinh',
    ofEachFloat((value) => (Math.abs(value) > HALF_EXPONENTIAL ? Math.sign(value) * Math.exp(Math.abs(value)) * 0.5 : Math.sinh(value))),
  ],
  ['cosh', ofEachFloat((value) => (Math.abs(value) > HALF_EXPONENTIAL ? Math.exp(Math.abs(value)) * 0.5 : Math.cosh(value)))],
  ['tanh', ofEachFloat(Math.tanh)],
  ['asinh', ofEachFloat(Math.asinh)],
  ['acosh', ofEachFloat(Math.acosh)],
  ['atanh', ofEachFloat(Math.atanh)],
  ['rad', ofEachFloat((value) => (value * Math.PI) / DEGREES)],
  ['deg', ofEachFloat((value) => (value * DEGREES) / Math.PI)],
  ['round', round],
  [
    'clamp',
    (series, context) => clamp(series, context, { min: scalarArgument(context.scalars, 1), max: scalarArgument(context.scalars, 2) }),
  ],
  ['clamp_min', (series, context) => clamp(series, context, { min: scalarArgument(context.scalars, 1) })],
  ['clamp_max', (series, context) => clamp(series, context, { max: scalarArgument(context.scalars, 1) })],
];

/** To the nearest multiple of the second argument (1 without it), halves up. */
function round(series: StepSeries, { evaluation, call, scalars }: CallContext): StepSeries | undefined {
  const nearest = call.args.length > 1 ? scalarArgument(scalars, 1) : undefined;
  const { has, values } = series;
  let any = false;
  // hot: once per series and step.
  for (let step = 0; step < has.length; step++) {
    if (has[step] !== FLOAT_AT) {
      has[step] = NOTHING_AT;
      continue;
    }
    // The inverse loses less: 1 / 0.1 is 10, but 0.1 is no tenth.
    const inverse = nearest === undefined ? 1 : 1 / (nearest[step] as number);
    values[step] = Math.floor((values[step] as number) * inverse + 0.5) / inverse;
    any = true;
  }
  return floatsLeft(series, any, evaluation);
}

interface Bounds {
  readonly min?: Float64Array;
  readonly max?: Float64Array;
}

/** Within bounds of each step; nothing at a step whose upper bound is under the lower one. */
function clamp(series: StepSeries, { evaluation }: CallContext, { min, max }: Bounds): StepSeries | undefined {
  const { has, values } = series;
  let any = false;
  // hot: once per series and step.
  for (let step = 0; step < has.length; step++) {
    const low = min === undefined ? Number.NEGATIVE_INFINITY : (min[step] as number);
    const high = max === undefined ? Number.POSITIVE_INFINITY : (max[step] as number);
    if (has[step] !== FLOAT_AT || high < low) {
      has[step] = NOTHING_AT;
      continue;
    }
    values[step] = clamped(values[step] as number, low, high);
    any = true;
  }
  return floatsLeft(series, any, evaluation);
}

/** NaN for any NaN, but where the other of two is the infinity that no number passes: Go's `math.Max` of `math.Min`. */
function clamped(value: number, low: number, high: number): number {
  const { POSITIVE_INFINITY, NEGATIVE_INFINITY } = Number;
  const upper = value === NEGATIVE_INFINITY || high === NEGATIVE_INFINITY ? NEGATIVE_INFINITY : Math.min(high, value);
  return low === POSITIVE_INFINITY || upper === POSITIVE_INFINITY ? POSITIVE_INFINITY : Math.max(low, upper);
}
