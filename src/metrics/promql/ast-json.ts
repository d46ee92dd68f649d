// A syntax tree as `/api/v1/parse_query` gives it to clients that draw it.
//
// Source: Prometheus `web/api/v1/translate_ast.go`, the shape of its answers.

import { FUNCTIONS } from './functions.ts';
import type { At, Binary, Call, Duration, Expr, Modifiers, VectorSelector } from './ast.ts';
import { durationSeconds } from './duration-expr.ts';
import { printFloat } from '../value.ts';

type Json = Readonly<Record<string, unknown>>;

/** The tree as plain objects; lengths of time are milliseconds. */
export function exprJson(expr: Expr): Json {
  switch (expr.kind) {
    case 'number':
      return { type: 'numberLiteral', val: printFloat(expr.value) };
    case 'string':
      return { type: 'stringLiteral', val: expr.value };
    case 'vector':
      return { type: 'vectorSelector', ...selectorJson(expr), ...modifiersJson(expr), ...extensionJson(expr.extension) };
    case 'matrix':
      return {
        type: 'matrixSelector',
        ...selectorJson(expr.selector),
        range: milliseconds(expr.range),
        ...modifiersJson(expr),
        ...extensionJson(expr.extension),
      };
    case 'subquery':
      return {
        type: 'subquery',
        expr: exprJson(expr.inner),
        range: milliseconds(expr.range),
        step: expr.step === undefined ? 0 : milliseconds(expr.step),
        ...modifiersJson(expr),
      };
    case 'paren':
      return { type: 'parenExpr', expr: exprJson(expr.inner) };
    case 'unary':
      return { type: 'unaryExpr', op: expr.op, expr: exprJson(expr.inner) };
    case 'binary':
      return {
        type: 'binaryExpr',
        op: expr.op,
        lhs: exprJson(expr.left),
        rhs: exprJson(expr.right),
        matching: matchingJson(expr),
        bool: expr.returnBool,
      };
    case 'aggregate':
      return {
        type: 'aggregation',
        op: expr.op,
        expr: exprJson(expr.inner),
        param: expr.param === undefined ? null : exprJson(expr.param),
        grouping: expr.grouping,
        without: expr.without,
      };
    case 'call':
      return { type: 'call', func: functionJson(expr), args: expr.args.map(exprJson) };
  }
}

function selectorJson({ name, matchers }: VectorSelector): Json {
  return { name, matchers: matchers.map(({ name: label, op, value }) => ({ name: label, value, type: op })) };
}

function modifiersJson({ offset, at }: Modifiers): Json {
  return { offset: offset === undefined ? 0 : milliseconds(offset), ...atJson(at) };
}

function atJson(at: At | undefined): Json {
  if (at === undefined) return { timestamp: null, startOrEnd: null };
  return at.kind === 'time' ? { timestamp: at.ms, startOrEnd: null } : { timestamp: null, startOrEnd: at.kind };
}

function extensionJson(extension: 'anchored' | 'smoothed' | undefined): Json {
  return { anchored: extension === 'anchored', smoothed: extension === 'smoothed' };
}

/** 0 for an expression over `step()` or `range()`: its value is known in evaluation only. */
function milliseconds(duration: Duration): number {
  return Math.round((durationSeconds(duration) ?? 0) * 1000);
}

function matchingJson({ matching }: Binary): Json | null {
  if (matching === undefined) return null;
  return { card: matching.cardinality, labels: matching.labels, on: matching.on, include: matching.include };
}

function functionJson(call: Call): Json {
  const signature = FUNCTIONS.get(call.name);
  return {
    name: call.name,
    argTypes: signature?.args ?? [],
    variadic: signature?.optional ?? 0,
    returnType: signature?.returns ?? 'vector',
  };
}
