// What `=`, `<`, `=~` and their like say of two values. Types that do not go together compare as false, whatever the operator: a span whose
// attribute is missing, or of another type, is not unequal to anything.
//
// An array is compared element by element: `!=` and `!~` hold when they hold for every element, the others when they hold for one.
// Source: Tempo, `pkg/traceql/ast_execute.go`.

import { compileMatcher } from '../../../query/matchers.ts';
import type { ComparisonOp } from '../ast.ts';
import type { Value } from '../value.ts';

export type CompareValues = (left: Value, right: Value) => boolean;

/** `pattern` is the right side where it is known beforehand: its regular expression is compiled once. Throws `bad_data` on one that is none. */
export function compileComparison(op: ComparisonOp, pattern: Value | undefined): CompareValues {
  const compare = scalarComparison(op, pattern);
  const holdsForAll = op === '!=' || op === '!~';
  return (left, right) => {
    const leftElements = elementsOf(left);
    const rightElements = elementsOf(right);
    if (leftElements === undefined && rightElements === undefined) return compare(left, right);
    if (leftElements !== undefined && rightElements !== undefined) return false;
    if (!areComparable(elementType(left), elementType(right))) return false;
    const test = (element: Value): boolean => (leftElements === undefined ? compare(left, element) : compare(element, right));
    const elements = leftElements ?? rightElements ?? [];
    return holdsForAll ? elements.every(test) : elements.some(test);
  };
}

function scalarComparison(op: ComparisonOp, pattern: Value | undefined): CompareValues {
  switch (op) {
    case '=':
      return isEqual;
    case '!=':
      return (left, right) => left.type !== 'nil' && right.type !== 'nil' && areComparable(left.type, right.type) && !isEqual(left, right);
    case '<':
      return (left, right) => orderOf(left, right) < 0;
    case '<=':
      return (left, right) => orderOf(left, right) <= 0;
    case '>':
      return (left, right) => orderOf(left, right) > 0;
    case '>=':
      return (left, right) => orderOf(left, right) >= 0;
    case '=~':
    case '!~':
      return regexComparison(op, pattern);
  }
}

function regexComparison(op: '=~' | '!~', pattern: Value | undefined): CompareValues {
  const known = pattern?.type === 'string' ? compileMatcher({ name: '', op, value: pattern.value }) : undefined;
  if (known !== undefined) return (left) => left.type === 'string' && known(left.value);
  return (left, right) =>
    left.type === 'string' && right.type === 'string' && compileMatcher({ name: '', op, value: right.value })(left.value);
}

/** Numbers are equal across their types; nothing equals nil, nil included. */
export function isEqual(left: Value, right: Value): boolean {
  if (left.type === 'int' || left.type === 'duration' || left.type === 'float') {
    if (right.type !== 'int' && right.type !== 'duration' && right.type !== 'float') return false;
    // A 64-bit int beside a double is compared as a double, as the peer does.
    return typeof left.value === typeof right.value ? left.value === right.value : Number(left.value) === Number(right.value);
  }
  if (left.type === 'nil' || left.type !== right.type || elementsOf(left) !== undefined) return false;
  return left.value === right.value;
}

/** Negative, zero or positive; NaN, of which no order holds, for values without one. */
export function orderOf(left: Value, right: Value): number {
  if (left.type === 'string') return right.type === 'string' ? compareText(left.value, right.value) : Number.NaN;
  const a = numberOf(left);
  const b = numberOf(right);
  if (a === undefined || b === undefined) return Number.NaN;
  if (typeof a === 'bigint' && typeof b === 'bigint') return a < b ? -1 : a > b ? 1 : 0;
  return compareDoubles(Number(a), Number(b));
}

/** NaN beside NaN is no order. */
function compareDoubles(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  return a === b ? 0 : Number.NaN;
}

export function numberOf(value: Value): bigint | number | undefined {
  return value.type === 'int' || value.type === 'duration' || value.type === 'float' ? value.value : undefined;
}

/** In the order of UTF-8, which code units beyond the surrogates break. */
export function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    if (left.charCodeAt(at) !== right.charCodeAt(at)) return (left.codePointAt(at) ?? 0) - (right.codePointAt(at) ?? 0);
  }
  return left.length - right.length;
}

function areComparable(left: Value['type'], right: Value['type']): boolean {
  return left === right || left === 'nil' || right === 'nil' || (isNumber(left) && isNumber(right));
}

function isNumber(type: Value['type']): boolean {
  return type === 'int' || type === 'float' || type === 'duration';
}

function elementType(value: Value): Value['type'] {
  switch (value.type) {
    case 'string[]':
      return 'string';
    case 'int[]':
      return 'int';
    case 'float[]':
      return 'float';
    case 'bool[]':
      return 'bool';
    default:
      return value.type;
  }
}

/** The elements of an array; undefined of what is none. */
export function elementsOf(value: Value): readonly Value[] | undefined {
  switch (value.type) {
    case 'string[]':
      return value.value.map((element) => ({ type: 'string', value: element }));
    case 'int[]':
      return value.value.map((element) => ({ type: 'int', value: element }));
    case 'float[]':
      return value.value.map((element) => ({ type: 'float', value: element }));
    case 'bool[]':
      return value.value.map((element) => ({ type: 'bool', value: element }));
    default:
      return undefined;
  }
}
