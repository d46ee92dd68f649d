// Expressions over one span, compiled to closures once per query.
//
//   FieldExpression ── compileFilter ──▶ (span) => boolean
//                   └─ compileExpression ──▶ (span) => Value
//
// A value that is no boolean where one is wanted is not true, and neither is its opposite. Source: Tempo, `pkg/traceql/ast_execute.go`.

import type {
  ArithmeticOp,
  BinaryExpression,
  ComparisonOp,
  FieldExpression,
  LogicalOp,
  MembershipExpression,
  UnaryExpression,
} from '../ast.ts';
import type { Value } from '../value.ts';
import { calculate, negate } from './arithmetic.ts';
import { compileComparison } from './compare-values.ts';
import { compileField } from './field.ts';
import type { EvalSpan } from './span.ts';

export type SpanTest = (span: EvalSpan) => boolean;
export type SpanValue = (span: EvalSpan) => Value;

const TRUE: Value = { type: 'bool', value: true };
const FALSE: Value = { type: 'bool', value: false };

/** Whether a span meets a condition. Throws `bad_data` on a regular expression that is none and on a division of literals by zero. */
export function compileFilter(expr: FieldExpression): SpanTest {
  switch (expr.type) {
    case 'literal': {
      const isTrue = isTrueValue(expr.value);
      return () => isTrue;
    }
    case 'membership':
      return compileMembership(expr);
    case 'binary':
      if (expr.op === '&&' || expr.op === '||') return compileLogical(expr.op, expr);
      if (isComparison(expr.op) && expr.left.type !== 'binary') return compileCompared(expr.op, expr);
      break;
    case 'unary':
      if (expr.op !== '-') return compileUnaryTest(expr.op, expr.expr);
      break;
    default:
  }
  const value = compileExpression(expr);
  return (span) => isTrueValue(value(span));
}

/** The value of an expression; nil where the span has none. Throws as `compileFilter` does, and closures do on a division of ints by zero. */
export function compileExpression(expr: FieldExpression): SpanValue {
  return compiled(expr).value;
}

/** `known` is the value where it needs no span: arithmetic between literals is done once. */
interface Compiled {
  readonly value: SpanValue;
  readonly known: Value | undefined;
}

function compiled(expr: FieldExpression): Compiled {
  switch (expr.type) {
    case 'literal':
      return constant(expr.value);
    case 'attribute':
    case 'intrinsic':
      return { value: compileField(expr), known: undefined };
    case 'binary':
      return expr.op === '&&' || expr.op === '||' ? ofTest(compileFilter(expr)) : compileChain(expr);
    case 'unary': {
      if (expr.op !== '-') return ofTest(compileFilter(expr));
      const { value, known } = compiled(expr.expr);
      return known === undefined ? { value: (span) => negate(value(span)), known } : constant(negate(known));
    }
    case 'membership':
      return ofTest(compileFilter(expr));
  }
}

function constant(known: Value): Compiled {
  return { value: () => known, known };
}

function ofTest(test: SpanTest): Compiled {
  return { value: (span) => (test(span) ? TRUE : FALSE), known: undefined };
}

function isTrueValue(value: Value): boolean {
  return value.type === 'bool' && value.value;
}

const COMPARISONS: ReadonlySet<string> = new Set<ComparisonOp>(['=', '!=', '<', '<=', '>', '>=', '=~', '!~']);

function isComparison(op: BinaryExpression['op']): op is ComparisonOp {
  return COMPARISONS.has(op);
}

/** `a + b * c = d`: operands join from the left, in a list that may be longer than the stack is deep. */
function compileChain(expr: BinaryExpression): Compiled {
  const links: BinaryExpression[] = [];
  let first: FieldExpression = expr;
  for (; first.type === 'binary' && first.op !== '&&' && first.op !== '||'; first = first.left) links.push(first);
  const start = compiled(first);
  let known = start.known;
  const steps: ((left: Value, span: EvalSpan) => Value)[] = [];
  for (const { op, right } of links.reverse()) {
    if (op === '&&' || op === '||') continue;
    const operand = compiled(right);
    const join = joinOf(op, operand.known);
    known = known !== undefined && operand.known !== undefined ? join(known, operand.known) : undefined;
    steps.push((left, span) => join(left, operand.value(span)));
  }
  if (known !== undefined) return constant(known);
  return {
    value: (span) => {
      let value = start.value(span);
      for (const step of steps) value = step(value, span);
      return value;
    },
    known,
  };
}

function joinOf(op: ArithmeticOp | ComparisonOp, known: Value | undefined): (left: Value, right: Value) => Value {
  if (!isComparison(op)) return (left, right) => calculate(op, left, right);
  const compare = compileComparison(op, known);
  return (left, right) => (compare(left, right) ? TRUE : FALSE);
}

function compileCompared(op: ComparisonOp, expr: BinaryExpression): SpanTest {
  const [left, right] = [compileExpression(expr.left), compiled(expr.right)];
  const compare = compileComparison(op, right.known);
  return (span) => compare(left(span), right.value(span));
}

/** A chain `a && b && c` is one list: it may be longer than the stack is deep. The operands are tested from left to right until one decides. */
function compileLogical(op: LogicalOp, expr: BinaryExpression): SpanTest {
  const operands: FieldExpression[] = [];
  let rest: FieldExpression = expr;
  for (; rest.type === 'binary' && rest.op === op; rest = rest.left) operands.push(rest.right);
  const tests = [rest, ...operands.reverse()].map(compileFilter);
  return op === '&&' ? (span) => tests.every((test) => test(span)) : (span) => tests.some((test) => test(span));
}

function compileUnaryTest(op: Exclude<UnaryExpression['op'], '-'>, operand: FieldExpression): SpanTest {
  const value = compileExpression(operand);
  switch (op) {
    case '!':
      return (span) => {
        const found = value(span);
        return found.type === 'bool' && !found.value;
      };
    case 'exists':
      return (span) => value(span).type !== 'nil';
    case 'missing':
      // Nil itself is not missing: `nil = nil` is false, as every comparison with nil.
      return operand.type === 'literal' ? () => false : (span) => value(span).type === 'nil';
  }
}

function compileMembership({ op, field, values }: MembershipExpression): SpanTest {
  const value = compileField(field);
  const comparison = { in: '=', notIn: '!=', match: '=~', notMatch: '!~' } as const;
  const texts = new Set(values.map((each) => (each.type === 'string' ? each.value : undefined)));
  if (op === 'in' && !texts.has(undefined)) {
    const isOneOf = compileAny('=', values);
    return (span) => {
      const found = value(span);
      return found.type === 'string' ? texts.has(found.value) : isOneOf(found);
    };
  }
  const test = op === 'in' || op === 'match' ? compileAny(comparison[op], values) : compileEvery(comparison[op], values);
  return (span) => test(value(span));
}

function compileAny(op: ComparisonOp, values: readonly Value[]): (found: Value) => boolean {
  const tests = values.map((value) => ({ value, compare: compileComparison(op, value) }));
  return (found) => tests.some(({ value, compare }) => compare(found, value));
}

function compileEvery(op: ComparisonOp, values: readonly Value[]): (found: Value) => boolean {
  const tests = values.map((value) => ({ value, compare: compileComparison(op, value) }));
  return (found) => tests.every(({ value, compare }) => compare(found, value));
}
