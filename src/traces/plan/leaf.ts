// Leaves of a filter: one field tested against literals, in one shape whichever way round the query has them.

import type { ComparisonOp, Field, FieldExpression } from '../traceql/ast.ts';
import type { Value } from '../traceql/value.ts';
import { decide, literal, NO_PLACE } from './decide.ts';

/** What is asked of a field's value. */
export type Test =
  | { readonly kind: 'compare'; readonly op: ComparisonOp; readonly value: Value }
  | { readonly kind: 'exists' | 'missing' }
  /** A field as a condition by itself. */
  | { readonly kind: 'truth' }
  | { readonly kind: 'some' | 'every'; readonly tests: readonly Test[] };

export interface Leaf {
  readonly field: Field;
  readonly test: Test;
}

const FLIPPED: Readonly<Record<ComparisonOp, ComparisonOp | undefined>> = {
  '=': '=',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
  '=~': undefined,
  '!~': undefined,
};

/** Undefined for what is no leaf. */
export function leafOf(expr: FieldExpression): Leaf | undefined {
  switch (expr.type) {
    case 'attribute':
    case 'intrinsic':
      return { field: expr, test: { kind: 'truth' } };
    case 'unary':
      return (expr.op === 'exists' || expr.op === 'missing') && isField(expr.expr)
        ? { field: expr.expr, test: { kind: expr.op } }
        : undefined;
    case 'membership': {
      const { op, value } = MEMBERSHIPS[expr.op];
      return { field: expr.field, test: { kind: value, tests: expr.values.map((each) => ({ kind: 'compare', op, value: each })) } };
    }
    case 'binary': {
      if (!isComparison(expr.op)) return undefined;
      const flipped = FLIPPED[expr.op];
      const [left, right] = [literalOf(expr.left), literalOf(expr.right)];
      if (isField(expr.left) && right !== undefined) return { field: expr.left, test: { kind: 'compare', op: expr.op, value: right } };
      if (!isField(expr.right) || left === undefined || flipped === undefined) return undefined;
      return { field: expr.right, test: { kind: 'compare', op: flipped, value: left } };
    }
    case 'literal':
      return undefined;
  }
}

const MEMBERSHIPS = {
  in: { op: '=', value: 'some' },
  notIn: { op: '!=', value: 'every' },
  match: { op: '=~', value: 'some' },
  notMatch: { op: '!~', value: 'every' },
} as const;

export function isField(expr: FieldExpression): expr is Field {
  return expr.type === 'attribute' || expr.type === 'intrinsic';
}

export function isComparison(op: string): op is ComparisonOp {
  return Object.hasOwn(FLIPPED, op);
}

function literalOf(expr: FieldExpression): Value | undefined {
  if (expr.type === 'literal') return expr.value;
  if (expr.type !== 'unary' || expr.op !== '-' || expr.expr.type !== 'literal') return undefined;
  const { value } = expr.expr;
  switch (value.type) {
    case 'int':
      return { type: 'int', value: -value.value };
    case 'duration':
      return { type: 'duration', value: -value.value };
    case 'float':
      return { type: 'float', value: -value.value };
    default:
      return undefined;
  }
}

/** What a test says of a value, as the evaluation of the language has it. */
export function passes(test: Test, value: Value): boolean {
  switch (test.kind) {
    case 'some':
      return test.tests.some((each) => passes(each, value));
    case 'every':
      return test.tests.every((each) => passes(each, value));
    case 'truth':
      return value.type === 'bool' && value.value;
    case 'exists':
      return value.type !== 'nil';
    case 'missing':
      return value.type === 'nil';
    case 'compare':
      return decide({ type: 'binary', op: test.op, left: literal(value), right: literal(test.value), place: NO_PLACE });
  }
}

/** All fields that an expression names, in no order. */
export function fieldsOf(expr: FieldExpression): readonly Field[] {
  const fields: Field[] = [];
  const waiting = [expr];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next.type === 'binary') waiting.push(next.left, next.right);
    else if (next.type === 'unary') waiting.push(next.expr);
    else if (next.type === 'membership') fields.push(next.field);
    else if (next.type !== 'literal') fields.push(next);
  }
  return fields;
}
