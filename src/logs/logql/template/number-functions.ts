// Functions of numbers that `line_format` and `label_format` know. They take texts for numbers, and what is none for 0.
//
// Source: github.com/Masterminds/sprig `numeric.go`; github.com/spf13/cast.

import { floatArg, goFunction, intArg, type TemplateFunction } from '../../../query/template/function.ts';
import { GoDuration } from '../../../query/template/go-time.ts';
import { parseGoFloat, parseGoInt } from '../../../query/template/number.ts';
import { TemplateCallError } from '../../../query/template/template-error.ts';
import type { Value } from '../../../query/template/value.ts';
import { decimalResult, type DecimalOperator } from './decimal.ts';

export const NUMBER_FUNCTIONS: readonly (readonly [string, TemplateFunction])[] = [
  ['int', goFunction('any', ([value]) => toInt(value))],
  ['float64', goFunction('any', ([value]) => toFloat(value))],
  ['add', goFunction('...any', (args) => wrapped(args.reduce((sum: bigint, value) => sum + toInt(value), 0n)))],
  ['sub', goFunction('any any', ([a, b]) => wrapped(toInt(a) - toInt(b)))],
  ['mul', goFunction('any ...any', (args) => wrapped(args.reduce((product: bigint, value) => wrapped(product * toInt(value)), 1n)))],
  ['div', goFunction('any any', ([a, b]) => wrapped(toInt(a) / divisor(b)))],
  ['mod', goFunction('any any', ([a, b]) => toInt(a) % divisor(b))],
  ['max', goFunction('any ...any', (args) => args.map(toInt).reduce((a, b) => (b > a ? b : a)))],
  ['min', goFunction('any ...any', (args) => args.map(toInt).reduce((a, b) => (b < a ? b : a)))],
  ['maxf', goFunction('any ...any', (args) => Math.max(...args.map(toFloat)))],
  ['minf', goFunction('any ...any', (args) => Math.min(...args.map(toFloat)))],
  ['addf', goFunction('...any', (args) => folded('add', [0, ...args.map(toFloat)]))],
  ['subf', goFunction('any ...any', (args) => folded('sub', args.map(toFloat)))],
  ['mulf', goFunction('any ...any', (args) => folded('mul', args.map(toFloat)))],
  ['divf', goFunction('any ...any', (args) => folded('div', args.map(toFloat)))],
  ['ceil', goFunction('any', ([value]) => Math.ceil(toFloat(value)))],
  ['floor', goFunction('any', ([value]) => Math.floor(toFloat(value)))],
  [
    'round',
    goFunction('any int ...float64', (args) => round(toFloat(args[0]), intArg(args, 1), args.length > 2 ? floatArg(args, 2) : 0.5)),
  ],
];

/** As Go's 64-bit integers: what is too large begins anew at the other end. */
function wrapped(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

const INT_MIN = -(2 ** 63);

/** A value as a 64-bit integer; what is none is 0. */
function toInt(value: Value): bigint {
  switch (typeof value) {
    case 'bigint':
      return value;
    case 'number':
      return Number.isFinite(value) && Math.abs(value) < 2 ** 63 ? BigInt(Math.trunc(value)) : BigInt(INT_MIN);
    case 'boolean':
      return value ? 1n : 0n;
    case 'string': {
      const int = parseGoInt(decimalText(value.replace(/(?<=.)\.0*$/, '')));
      return int === undefined || int !== wrapped(int) ? 0n : int;
    }
    default:
      return value instanceof GoDuration ? value.ns : 0n;
  }
}

/** `08` is no octal number, so it is a decimal one. */
function decimalText(text: string): string {
  return /^[+-]?0\d+$/.test(text) && /[89]/.test(text) ? text.replace(/^([+-]?)0+/, '$1') : text;
}

/** A value as a float; what is none is 0. */
export function toFloat(value: Value): number {
  switch (typeof value) {
    case 'bigint':
      return Number(value);
    case 'number':
      return value;
    case 'boolean':
      return value ? 1 : 0;
    case 'string':
      return parseGoFloat(value) ?? 0;
    default:
      return value instanceof GoDuration ? Number(value.ns) : 0;
  }
}

function divisor(value: Value): bigint {
  const int = toInt(value);
  if (int === 0n) throw new TemplateCallError('runtime error: integer divide by zero');
  return int;
}

function folded(operator: DecimalOperator, values: readonly number[]): number {
  return values.reduce((left, right) => {
    for (const value of [left, right]) {
      if (!Number.isFinite(value))
        throw new TemplateCallError(`Cannot create a Decimal from ${value > 0 ? '+Inf' : value < 0 ? '-Inf' : 'NaN'}`);
    }
    const result = decimalResult(operator, left, right);
    if (result === undefined) throw new TemplateCallError('decimal division by 0');
    return result;
  });
}

function round(value: number, places: number, from: number): number {
  const power = 10 ** places;
  const digit = power * value;
  return (digit - Math.trunc(digit) >= from ? Math.ceil(digit) : Math.floor(digit)) / power;
}
