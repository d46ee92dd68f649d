// A checked tree to a value: selectors are read, scalars computed. What this version does not evaluate yet is refused by name, never answered wrongly.

import { RequestError } from '../../base/request-error.ts';
import { NO_LABELS } from '../../query/labels.ts';
import type { Series } from '../series.ts';
import { type Binary, type BinaryOp, type Call, type Expr, type Position, TYPE_NAME, isComparison } from './ast.ts';
import { typeOf } from './check.ts';
import { arithmetic } from './duration-expr.ts';
import { type QueryContext, type SampleCount, type Steps, selectMatrix, selectVector, stepTime } from './select.ts';

/** What an expression comes to. A scalar has one value per step. */
export type Value =
  | { readonly kind: 'scalar'; readonly values: Float64Array }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'vector'; readonly series: readonly Series[] }
  | { readonly kind: 'matrix'; readonly series: readonly Series[] };

/** Evaluates at every step. Throws `execution` for what is not supported and for limits that are reached. */
export async function evaluate(expr: Expr, query: QueryContext, count: SampleCount): Promise<Value> {
  switch (expr.kind) {
    case 'number':
      return { kind: 'scalar', values: new Float64Array(query.steps.count).fill(expr.value) };
    case 'string':
      return { kind: 'string', value: expr.value };
    case 'paren':
      return evaluate(expr.inner, query, count);
    case 'vector':
      if (expr.extension !== undefined) return unsupported(expr, `modifier ${expr.extension}`);
      return { kind: 'vector', series: await selectVector(expr, query, count) };
    case 'matrix':
      if (expr.extension !== undefined) return unsupported(expr, `modifier ${expr.extension}`);
      return { kind: 'matrix', series: await selectMatrix(expr, query, count) };
    case 'unary': {
      const inner = await evaluate(expr.inner, query, count);
      if (inner.kind !== 'scalar') return expr.op === '+' ? inner : unsupported(expr, 'unary minus on an instant vector');
      return { kind: 'scalar', values: inner.values.map((value) => (expr.op === '-' ? -value : value)) };
    }
    case 'binary':
      return evaluateBinary(expr, query, count);
    case 'call':
      return evaluateCall(expr, query, count);
    case 'aggregate':
      return unsupported(expr, `aggregation ${expr.op}`);
    case 'subquery':
      return unsupported(expr, 'a subquery');
  }
}

/** Refuses an expression whose type a range query cannot draw. */
export function requireRangeType(expr: Expr): void {
  const type = typeOf(expr);
  if (type === 'scalar' || type === 'vector') return;
  throw new RequestError(
    'bad_data',
    `invalid parameter "query": invalid expression type "${TYPE_NAME[type]}" for range query, must be Scalar or instant Vector`,
  );
}

function unsupported(at: Position, what: string): never {
  throw new RequestError('execution', `${what} is not supported by this version`, { from: at.from, to: at.to });
}

async function evaluateBinary(expr: Binary, query: QueryContext, count: SampleCount): Promise<Value> {
  if (typeOf(expr) !== 'scalar') return unsupported(expr, `operator ${expr.op} on instant vectors`);
  const left = await evaluate(expr.left, query, count);
  const right = await evaluate(expr.right, query, count);
  if (left.kind !== 'scalar' || right.kind !== 'scalar') return unsupported(expr, `operator ${expr.op}`);
  return { kind: 'scalar', values: left.values.map((value, i) => scalarOperation(expr, value, right.values[i] ?? Number.NaN)) };
}

function scalarOperation(expr: Binary, left: number, right: number): number {
  const { op } = expr;
  if (isComparison(op)) return compare(op, left, right) ? 1 : 0;
  switch (op) {
    case 'atan2':
      return Math.atan2(left, right);
    case 'and':
    case 'or':
    case 'unless':
    case '</':
    case '>/':
      return unsupported(expr, `operator ${op} between scalars`);
    default:
      return arithmetic(op, left, right);
  }
}

function compare(op: BinaryOp, left: number, right: number): boolean {
  switch (op) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    default:
      return left >= right;
  }
}

/** The functions that this version evaluates. */
export const EVALUATED_FUNCTIONS: readonly string[] = ['time', 'pi', 'start', 'end', 'step', 'range', 'vector'];

async function evaluateCall(call: Call, query: QueryContext, count: SampleCount): Promise<Value> {
  const { steps } = query;
  switch (call.name) {
    case 'time':
      return perStep(steps, (index) => stepTime(steps, index) / 1000);
    case 'pi':
      return perStep(steps, () => Math.PI);
    case 'start':
      return perStep(steps, () => steps.startMs / 1000);
    case 'end':
      return perStep(steps, () => steps.endMs / 1000);
    case 'step':
      return perStep(steps, () => steps.stepMs / 1000);
    case 'range':
      return perStep(steps, () => (steps.endMs - steps.startMs) / 1000);
    case 'vector': {
      const [arg] = call.args;
      const inner = arg === undefined ? undefined : await evaluate(arg, query, count);
      return inner?.kind === 'scalar'
        ? { kind: 'vector', series: [seriesOfScalar(inner.values, steps)] }
        : unsupported(call, 'function vector');
    }
    default:
      return unsupported(call, `function ${call.name}`);
  }
}

function perStep(steps: Steps, value: (index: number) => number): Value {
  return { kind: 'scalar', values: Float64Array.from({ length: steps.count }, (_, index) => value(index)) };
}

/** A scalar as a series without labels: what a range query shows of it. */
export function seriesOfScalar(values: Float64Array, steps: Steps): Series {
  return { labels: NO_LABELS, times: Float64Array.from(values, (_, index) => stepTime(steps, index)), values, histograms: [] };
}
