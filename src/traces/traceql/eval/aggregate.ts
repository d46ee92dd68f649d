// Aggregates over the spans of a spanset: count, min, max, sum and avg of an expression. Spans without a value do not count.
//
// A sum keeps the type of its first value, and leaves out values of another type. Source: Tempo, `pkg/traceql/ast_execute.go`.

import { KIND_NAMES } from '../value.ts';
import type { StatusName, Value } from '../value.ts';
import type { Aggregate } from '../ast.ts';
import { compileExpression } from './expression.ts';
import { compareText, elementsOf, numberOf } from './compare-values.ts';
import type { EvalSpan } from './span.ts';

/** Undefined where no span has a value. */
export type SpansValue = (spans: readonly EvalSpan[]) => Value | undefined;

export function compileAggregate({ fn, expr }: Aggregate): SpansValue {
  if (fn === 'count') return (spans) => ({ type: 'int', value: BigInt(spans.length) });
  const value = compileExpression(expr ?? { type: 'literal', value: { type: 'nil' }, place: { from: 0, to: 0 } });
  return (spans) => {
    const values = spans.map(value).filter((each) => each.type !== 'nil');
    switch (fn) {
      case 'min':
        return pick(values, -1);
      case 'max':
        return pick(values, 1);
      case 'sum':
        return sumOf(values);
      case 'avg': {
        const sum = sumOf(values);
        return sum && divide(sum, values.length);
      }
    }
  };
}

/** The first of the least (`sign` -1) or greatest (1) values. */
function pick(values: readonly Value[], sign: 1 | -1): Value | undefined {
  let best = values[0];
  for (const value of values) if (best !== undefined && compareAll(value, best) * sign > 0) best = value;
  return best;
}

function sumOf(values: readonly Value[]): Value | undefined {
  let sum = values[0];
  for (const value of values.slice(1)) if (sum !== undefined) sum = add(sum, value);
  return sum;
}

function add(sum: Value, value: Value): Value {
  if (sum.type === 'float' && value.type === 'float') return { type: 'float', value: sum.value + value.value };
  if ((sum.type === 'int' && value.type === 'int') || (sum.type === 'duration' && value.type === 'duration'))
    return { type: sum.type, value: BigInt.asIntN(64, sum.value + value.value) };
  return sum;
}

/** An average of ints is a float, one of durations is a duration in whole nanoseconds. */
function divide(sum: Value, count: number): Value {
  switch (sum.type) {
    case 'int':
      return { type: 'float', value: Number(sum.value) / count };
    case 'float':
      return { type: 'float', value: sum.value / count };
    case 'duration':
      return { type: 'duration', value: sum.value / BigInt(count) };
    default:
      return sum;
  }
}

const TYPE_ORDER: readonly Value['type'][] = [
  'nil',
  'int',
  'float',
  'string',
  'bool',
  'int[]',
  'float[]',
  'string[]',
  'bool[]',
  'duration',
  'status',
  'kind',
];
const STATUS_ORDER: readonly StatusName[] = ['error', 'ok', 'unset'];

/** An order over all values: numbers among each other, others by type and then by value. */
function compareAll(left: Value, right: Value): number {
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a !== undefined && b !== undefined) return a < b ? -1 : a > b ? 1 : 0;
  if (left.type !== right.type) return TYPE_ORDER.indexOf(left.type) - TYPE_ORDER.indexOf(right.type);
  if (left.type === 'string' && right.type === 'string') return compareText(left.value, right.value);
  if (left.type === 'status' && right.type === 'status') return STATUS_ORDER.indexOf(left.value) - STATUS_ORDER.indexOf(right.value);
  if (left.type === 'kind' && right.type === 'kind') return KIND_NAMES.indexOf(left.value) - KIND_NAMES.indexOf(right.value);
  if (left.type === 'bool' && right.type === 'bool') return Number(left.value) - Number(right.value);
  return compareArrays(elementsOf(left) ?? [], elementsOf(right) ?? []);
}

function compareArrays(left: readonly Value[], right: readonly Value[]): number {
  for (const [at, element] of left.entries()) {
    const other = right[at];
    if (other === undefined) break;
    const order = compareAll(element, other);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}
