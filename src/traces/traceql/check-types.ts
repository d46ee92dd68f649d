// Which types go together: of what stands in an expression before any span is known.
//
// Source: Tempo `pkg/traceql/enum_statics.go` and `enum_operators.go`.

import type { BinaryExpression, FieldExpression, IntrinsicName, ScalarExpression, UnaryExpression } from './ast.ts';
import type { ValueType } from './value.ts';

/** `attribute` is known only of a span; `spanset` is what a pipeline without an aggregate ends with. */
export type ImpliedType = ValueType | 'attribute' | 'spanset';

const INTRINSIC_TYPES: Readonly<Record<IntrinsicName, ImpliedType>> = {
  duration: 'duration',
  name: 'string',
  status: 'status',
  statusMessage: 'string',
  kind: 'kind',
  childCount: 'int',
  spanId: 'string',
  parentId: 'string',
  nestedSetLeft: 'int',
  nestedSetRight: 'int',
  nestedSetParent: 'int',
  parent: 'nil',
  traceId: 'string',
  traceDuration: 'duration',
  rootName: 'string',
  rootServiceName: 'string',
  eventName: 'string',
  eventTimeSinceStart: 'duration',
  linkTraceId: 'string',
  linkSpanId: 'string',
  instrumentationName: 'string',
  instrumentationVersion: 'string',
};

const ARITHMETIC = new Set(['+', '-', '*', '/', '%', '^']);

export function isNumeric(type: ImpliedType): boolean {
  return type === 'int' || type === 'float' || type === 'duration';
}

/** The type that an expression will have whatever the span. */
export function impliedType(expr: FieldExpression): ImpliedType {
  switch (expr.type) {
    case 'literal':
      return expr.value.type;
    case 'attribute':
      return 'attribute';
    case 'intrinsic':
      return INTRINSIC_TYPES[expr.name];
    case 'membership':
      return 'bool';
    case 'unary':
      return expr.op === 'exists' || expr.op === 'missing' ? 'bool' : impliedType(expr.expr);
    case 'binary': {
      if (!ARITHMETIC.has(expr.op)) return 'bool';
      const left = impliedType(expr.left);
      return left === 'attribute' ? impliedType(expr.right) : left;
    }
  }
}

export function scalarType(expr: ScalarExpression): ImpliedType {
  switch (expr.type) {
    case 'literal':
      return expr.value.type;
    case 'aggregate':
      return expr.expr === undefined ? 'int' : impliedType(expr.expr);
    case 'scalars': {
      const left = scalarType(expr.left);
      return left === 'attribute' ? scalarType(expr.right) : left;
    }
    case 'pipeline': {
      const last = expr.stages.at(-1);
      return last?.type === 'aggregate' ? scalarType(last) : 'spanset';
    }
  }
}

/** What is wrong with an operator between two types, or undefined. */
export function operandsProblem(op: BinaryExpression['op'], left: ImpliedType, right: ImpliedType): string | undefined {
  const match = left === 'attribute' || right === 'attribute' || left === right || (isNumeric(left) && isNumeric(right));
  if (!match) return 'binary operations must operate on the same type';
  return isOperand(op, left) && isOperand(op, right) ? undefined : 'illegal operation for the given types';
}

function isOperand(op: BinaryExpression['op'], type: ImpliedType): boolean {
  switch (type) {
    case 'attribute':
      return true;
    case 'bool':
      return op === '&&' || op === '||' || op === '=' || op === '!=';
    case 'int':
    case 'float':
    case 'duration':
      return op !== '&&' && op !== '||' && op !== '=~' && op !== '!~';
    case 'string':
      return op !== '&&' && op !== '||' && !ARITHMETIC.has(op);
    case 'nil':
    case 'status':
    case 'kind':
      return op === '=' || op === '!=';
    default:
      return false;
  }
}

export function isUnaryOperand(op: UnaryExpression['op'], type: ImpliedType): boolean {
  if (type === 'attribute' || op === 'exists' || op === 'missing') return true;
  return op === '-' ? isNumeric(type) : type === 'bool';
}
