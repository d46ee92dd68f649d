// A filter over a block in memory: every span at once.
//
//   a && (b || c)   ─▶ and, or over lists of 0 and 1
//   a, b, c         ─▶ of columns of values: the language's own evaluation, once for each combination of values
//                      duration > 500ms: a comparison of numbers
//
// What depends on other spans, or compares numbers in other ways, is not decided here.

import type { ComparisonOp, FieldExpression } from '../traceql/ast.ts';
import { compileFilter } from '../traceql/eval/expression.ts';
import { fieldsOf, fieldKey } from '../traceql/eval/needed-fields.ts';
import { traceSpans } from '../traceql/eval/span.ts';
import type { SpanView } from '../traceql/span-view.ts';
import { NIL, type Value } from '../traceql/value.ts';
import { Combinations } from './combinations.ts';
import type { HeldBlock } from './held-block.ts';
import { fieldsReader, type HeldField, type HeldFields } from './held-fields.ts';

/** 1 for each span that meets a condition; undefined where all do. */
export type HeldTest = (block: HeldBlock) => Uint8Array | undefined;

const ALL: HeldTest = () => undefined;
/** Joins of conditions within one another. */
const DEPTH_MAX = 50;

/** Undefined for a filter that is not decided here. Throws as `compileFilter` does. */
export function heldFilter(expr: FieldExpression, fields: HeldFields, depth = 0): HeldTest | undefined {
  if (depth > DEPTH_MAX) return undefined;
  if (expr.type === 'literal' && expr.value.type === 'bool' && expr.value.value) return ALL;
  if (expr.type === 'binary' && (expr.op === '&&' || expr.op === '||')) {
    const [left, right] = [heldFilter(expr.left, fields, depth + 1), heldFilter(expr.right, fields, depth + 1)];
    if (left === undefined || right === undefined) return undefined;
    return expr.op === '&&' ? both(left, right) : either(left, right);
  }
  return durationTest(expr) ?? valuesTest(expr, fields);
}

/** What every span meets that a filter lets pass; undefined where nothing is known of them. */
export function heldBound(expr: FieldExpression, fields: HeldFields, depth = 0): HeldTest | undefined {
  if (depth > DEPTH_MAX || expr.type !== 'binary' || (expr.op !== '&&' && expr.op !== '||')) return heldFilter(expr, fields);
  const [left, right] = [heldBound(expr.left, fields, depth + 1), heldBound(expr.right, fields, depth + 1)];
  if (left !== undefined && right !== undefined) return expr.op === '&&' ? both(left, right) : either(left, right);
  return expr.op === '&&' ? (left ?? right) : undefined;
}

function both(left: HeldTest, right: HeldTest): HeldTest {
  return (block) => {
    const [a, b] = [left(block), right(block)];
    if (a === undefined || b === undefined) return a ?? b;
    for (let row = 0; row < a.length; row++) a[row] = (a[row] as number) & (b[row] as number);
    return a;
  };
}

function either(left: HeldTest, right: HeldTest): HeldTest {
  return (block) => {
    const [a, b] = [left(block), right(block)];
    if (a === undefined || b === undefined) return undefined;
    for (let row = 0; row < a.length; row++) a[row] = (a[row] as number) | (b[row] as number);
    return a;
  };
}

/** `duration > 500ms`, either way round. */
function durationTest(expr: FieldExpression): HeldTest | undefined {
  if (expr.type !== 'binary') return undefined;
  const { op, left, right } = expr;
  if (isDuration(left) && right.type === 'literal' && right.value.type === 'duration')
    return durationCompared(op, Number(right.value.value));
  const turned = TURNED[op];
  if (turned !== undefined && isDuration(right) && left.type === 'literal' && left.value.type === 'duration')
    return durationCompared(turned, Number(left.value.value));
  return undefined;
}

const TURNED: Readonly<Record<string, ComparisonOp>> = { '=': '=', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' };

function isDuration(expr: FieldExpression): boolean {
  return expr.type === 'intrinsic' && expr.name === 'duration' && !expr.ofParent;
}

/** Durations are whole numbers, so every comparison is one with a least and a greatest. */
function durationCompared(op: string, bound: number): HeldTest | undefined {
  // Those that are held are exact, and so must the bound be.
  if (!Number.isSafeInteger(bound)) return undefined;
  switch (op) {
    case '=':
      return durationWithin(bound, bound, 1);
    case '!=':
      return durationWithin(bound, bound, 0);
    case '<':
      return durationWithin(-Infinity, bound - 1, 1);
    case '<=':
      return durationWithin(-Infinity, bound, 1);
    case '>':
      return durationWithin(bound + 1, Infinity, 1);
    case '>=':
      return durationWithin(bound, Infinity, 1);
    default:
      return undefined;
  }
}

function durationWithin(least: number, most: number, met: 0 | 1): HeldTest {
  return ({ durations, rows }) => {
    const result = new Uint8Array(rows);
    for (let row = 0; row < rows; row++) {
      const duration = durations[row] as number;
      result[row] = duration >= least && duration <= most ? met : 1 - met;
    }
    return result;
  };
}

/** A condition over values that stand in columns. */
function valuesTest(expr: FieldExpression, fields: HeldFields): HeldTest | undefined {
  const named = fieldsOf(expr);
  const held: HeldField[] = [];
  for (const field of named) {
    const of = fields.of(field);
    if (of === undefined) return undefined;
    held.push(of);
  }
  const { keys, values } = fieldsReader(held);
  const test = compileFilter(expr);
  const places = new Map(named.map((field, i) => [fieldKey(field), i]));
  const combinations = new Combinations(keys, (cells) => {
    const found = values(cells);
    return test(spanOf((key) => found[places.get(key) ?? -1] ?? NIL)) ? 1 : 0;
  });
  return (block) => {
    const met = new Uint8Array(block.rows);
    combinations.fill(block, met);
    return met;
  };
}

/** A span that has nothing but the values of some fields. */
function spanOf(value: (key: string) => Value): ReturnType<typeof traceSpans>[number] {
  const view: SpanView = {
    traceId: '',
    spanId: '',
    parentId: '',
    startNs: 0n,
    durationNs: 0n,
    isInRange: true,
    value: (field) => value(fieldKey(field)),
  };
  const spans = traceSpans({ traceId: '', rootName: '', rootServiceName: '', startNs: 0n, durationNs: 0n, spans: [view] });
  const [span] = spans;
  if (span === undefined) throw new Error('a trace of one span has one');
  return span;
}
