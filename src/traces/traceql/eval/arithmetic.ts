// Arithmetic between values: two ints stay an int of 64 bits that wraps around, every other pair of numbers becomes a float.
//
// What is no number has no result: nil. Source: Tempo, `pkg/traceql/ast_execute.go`.

import { RequestError } from '../../../base/request-error.ts';
import type { ArithmeticOp } from '../ast.ts';
import { NIL } from '../value.ts';
import type { Value } from '../value.ts';
import { numberOf } from './compare-values.ts';

/** Throws `bad_data` on the division of an int by the int zero. */
export function calculate(op: ArithmeticOp, left: Value, right: Value): Value {
  if (left.type === 'int' && right.type === 'int') return { type: 'int', value: BigInt.asIntN(64, ofInts(op, left.value, right.value)) };
  const [a, b] = [numberOf(left), numberOf(right)];
  return a === undefined || b === undefined ? NIL : { type: 'float', value: ofFloats(op, Number(a), Number(b)) };
}

/** Nil for what is no number. */
export function negate(value: Value): Value {
  switch (value.type) {
    case 'int':
    case 'duration':
      return { type: value.type, value: BigInt.asIntN(64, -value.value) };
    case 'float':
      return { type: 'float', value: -value.value };
    default:
      return NIL;
  }
}

function ofInts(op: ArithmeticOp, left: bigint, right: bigint): bigint {
  switch (op) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / divisor(right);
    case '%':
      return left % divisor(right);
    case '^':
      return powerOfInts(left, right);
  }
}

function divisor(value: bigint): bigint {
  if (value === 0n) throw new RequestError('bad_data', 'integer division by zero');
  return value;
}

/** By squares, so that an exponent of 64 bits takes 64 steps; below one it is 1, as in the peer. */
function powerOfInts(base: bigint, exponent: bigint): bigint {
  let [result, square] = [1n, base];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = BigInt.asIntN(64, result * square);
    square = BigInt.asIntN(64, square * square);
  }
  return result;
}

function ofFloats(op: ArithmeticOp, left: number, right: number): number {
  switch (op) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
    case '^':
      return left ** right;
  }
}
