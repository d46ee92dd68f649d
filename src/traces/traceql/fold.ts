// What needs no span is computed while the tree grows: `{ 1 + 1 = 2 }` is `{ true }`. What has no valid result stays, for the check to name it.
//
// Source: Tempo `pkg/traceql/ast.go`, `newBinaryOperation` and `newUnaryOperation`.

import { RequestError } from '../../base/request-error.ts';
import { compileRegex } from '../../query/matchers.ts';
import type { ArithmeticOp, BinaryExpression, FieldExpression, ScalarExpression, ScalarOperation, UnaryExpression } from './ast.ts';
import { isUnaryOperand, operandsProblem } from './check-types.ts';
import { calculate, negate } from './eval/arithmetic.ts';
import { compileComparison } from './eval/compare-values.ts';
import type { Value } from './value.ts';

const TRACE_ID_DIGITS = 32;

/** The expression, or the literal that it comes to. */
export function makeBinary(expr: BinaryExpression): FieldExpression {
  if (expr.left.type !== 'literal' || expr.right.type !== 'literal') return withWholeTraceId(expr);
  const value = folded(expr, expr.left.value, expr.right.value);
  return value === undefined ? expr : { type: 'literal', value, place: expr.place };
}

export function makeUnary(expr: UnaryExpression): FieldExpression {
  if (expr.expr.type !== 'literal') return expr;
  const value = foldedUnary(expr.op, expr.expr.value);
  return value === undefined ? expr : { type: 'literal', value, place: expr.place };
}

/** Sums and products of numbers are folded among scalars too, where `2 / 6` is the int 0; those of durations are not. */
export function makeScalar(expr: ScalarOperation): ScalarExpression {
  const { op, left, right } = expr;
  if (op === '%' || op === '^' || left.type !== 'literal' || right.type !== 'literal') return expr;
  if (!isPlainNumber(left.value) || !isPlainNumber(right.value)) return expr;
  const value = arithmetic(op, left.value, right.value);
  return value === undefined ? expr : { type: 'literal', value, place: expr.place };
}

function isPlainNumber(value: Value): boolean {
  return value.type === 'int' || value.type === 'float';
}

function arithmetic(op: ArithmeticOp, left: Value, right: Value): Value | undefined {
  // An int divided by the int zero has no result: it stays as it is written.
  const isDividedByZero = (op === '/' || op === '%') && left.type === 'int' && right.type === 'int' && right.value === 0n;
  return isDividedByZero ? undefined : finite(calculate(op, left, right));
}

function folded({ op }: BinaryExpression, left: Value, right: Value): Value | undefined {
  if (operandsProblem(op, left.type, right.type) !== undefined) return undefined;
  switch (op) {
    case '&&':
      return { type: 'bool', value: isTrue(left) && isTrue(right) };
    case '||':
      return { type: 'bool', value: isTrue(left) || isTrue(right) };
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
    case '^':
      return arithmetic(op, left, right);
    case '=~':
    case '!~':
      return right.type === 'string' && isRegex(right.value)
        ? { type: 'bool', value: compileComparison(op, right)(left, right) }
        : undefined;
    default:
      return { type: 'bool', value: compileComparison(op, right)(left, right) };
  }
}

function isTrue(value: Value): boolean {
  return value.type === 'bool' && value.value;
}

/** A result that no literal can say stays an expression. */
function finite(value: Value): Value | undefined {
  return value.type === 'nil' || (value.type === 'float' && !Number.isFinite(value.value)) ? undefined : value;
}

function foldedUnary(op: UnaryExpression['op'], value: Value): Value | undefined {
  if (!isUnaryOperand(op, value.type)) return undefined;
  switch (op) {
    case '!':
      return { type: 'bool', value: !isTrue(value) };
    case '-':
      return negate(value);
    case 'exists':
      return { type: 'bool', value: value.type !== 'nil' };
    case 'missing':
      return { type: 'bool', value: value.type === 'nil' };
  }
}

/** True for an expression that RE2 takes, within the bounds of one. */
export function isRegex(source: string): boolean {
  try {
    compileRegex(source);
    return true;
  } catch (error) {
    if (error instanceof RequestError) return false;
    throw error;
  }
}

/** Trace ids are told apart without their leading zeros: one that is compared is made as long as ids are. */
function withWholeTraceId(expr: BinaryExpression): BinaryExpression {
  const { left, right } = expr;
  if (left.type === 'intrinsic' && left.name === 'traceId') return { ...expr, right: wholeTraceId(right) };
  return right.type === 'intrinsic' && right.name === 'traceId' ? { ...expr, left: wholeTraceId(left) } : expr;
}

function wholeTraceId(expr: FieldExpression): FieldExpression {
  if (expr.type !== 'literal' || expr.value.type !== 'string' || !/^[\da-f]{1,32}$/.test(expr.value.value)) return expr;
  return { ...expr, value: { type: 'string', value: expr.value.value.padStart(TRACE_ID_DIGITS, '0') } };
}
