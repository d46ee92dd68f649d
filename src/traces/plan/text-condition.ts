// Tests of values that stand in a column as texts or numbers. A test that cannot be put into SQL to the letter is not put at all.
//
//   strings       as they are in `name`, behind an `s` in a column of typed texts: equality, order and patterns are those of the bytes
//   integers      `i200`; doubles `d0.5`
//
// Source of the texts: typed-text.ts.

import { type Sql, int, sql, text, texts } from '../../base/sql.ts';
import { compileRegex, patternOf } from '../../query/matchers.ts';
import type { Value } from '../traceql/value.ts';
import { typedText } from '../typed-text.ts';
import { allOf, FALSE, negated, TRUE } from './bounds.ts';
import type { Test } from './leaf.ts';

type Comparison = Extract<Test, { kind: 'compare' }>;

/** Strings; those of the column stand behind `prefix`. Undefined for a value of another type. */
export function stringCondition(column: Sql, prefix: string, { op, value }: Comparison): Sql | undefined {
  if (value.type !== 'string') return undefined;
  const whole = text(prefix + value.value);
  switch (op) {
    case '=':
      return sql`${column} = ${whole}`;
    case '!=':
      return allOf([begins(column, prefix), sql`${column} != ${whole}`]);
    case '<':
    case '<=':
    case '>':
    case '>=':
      return allOf([begins(column, prefix), ordered(column, op, whole)]);
    case '=~':
      return patternCondition(column, prefix, value.value);
    case '!~':
      return allOf([begins(column, prefix), negated(patternCondition(column, prefix, value.value))]);
  }
}

export function begins(column: Sql, prefix: string): Sql {
  return prefix === '' ? TRUE : sql`startsWith(${column}, ${text(prefix)})`;
}

/** Throws `bad_data` on an expression that is none. */
function patternCondition(column: Sql, prefix: string, source: string): Sql {
  const pattern = patternOf(source);
  switch (pattern.kind) {
    case 'any':
      return begins(column, prefix);
    case 'nonempty':
      return allOf([begins(column, prefix), sql`${column} != ${text(prefix)}`]);
    case 'set':
      return sql`${column} IN ${texts(pattern.values.map((value) => prefix + value))}`;
    case 'prefix': {
      const whole = text(prefix + pattern.prefix);
      return pattern.more ? sql`startsWith(${column}, ${whole}) AND ${column} != ${whole}` : sql`startsWith(${column}, ${whole})`;
    }
    case 'regex': {
      compileRegex(source);
      // Of the string alone: an expression may ask for its beginning, or for what stands before a word.
      const string = prefix === '' ? column : sql`substring(${column}, ${int(prefix.length + 1)})`;
      return allOf([begins(column, prefix), sql`match(${string}, ${text(pattern.source)})`]);
    }
  }
}

/** Typed texts of integers and doubles, told from others by their first characters. Undefined for a literal that is no number. */
export function numberCondition(column: Sql, tag: 'i' | 'd', { op, value }: Comparison): Sql | undefined {
  const number = numberOf(value);
  if (number === undefined || op === '=~' || op === '!~') return undefined;
  if (op === '=' || op === '!=') {
    const equal = equalNumbers(tag, number);
    if (equal === undefined) return undefined;
    const isOne = equal.length === 0 ? FALSE : sql`${column} IN ${texts(equal)}`;
    return op === '=' ? isOne : allOf([begins(column, tag), negated(isOne)]);
  }
  const digits = sql`substring(${column}, 2)`;
  const read = tag === 'i' ? sql`toInt64OrZero(${digits})` : sql`toFloat64OrZero(${digits})`;
  const condition = numericCondition(read, tag === 'i', { op, number });
  return condition === undefined ? undefined : allOf([begins(column, tag), condition]);
}

/** Texts of the numbers that equal one; undefined where rounding makes many equal. */
function equalNumbers(tag: 'i' | 'd', number: bigint | number): readonly string[] | undefined {
  if (typeof number === 'bigint' && tag === 'i') return [typedText(number)];
  const double = Number(number);
  if (!(Math.abs(double) < 2 ** 53)) return undefined;
  if (tag === 'i') return Number.isInteger(double) ? [typedText(BigInt(double))] : [];
  return double === 0 ? [typedText(0), typedText(-0)] : [typedText(double)];
}

type Order = '<' | '<=' | '>' | '>=';

/** The order of numbers in a column of whole numbers, or of doubles. Undefined where rounding may decide. */
export function numericCondition(
  column: Sql,
  isWhole: boolean,
  test: { readonly op: Order; readonly number: bigint | number },
): Sql | undefined {
  const { op, number } = test;
  if (!(Math.abs(Number(number)) < 2 ** 53)) return undefined;
  if (typeof number === 'bigint') return ordered(column, op, int(number));
  // A double by its bits, so that no digits are lost on the way. A whole number below 2^53 is one of them, and above no literal lies between.
  const bits = new BigUint64Array(Float64Array.of(number).buffer)[0] ?? 0n;
  const double = sql`reinterpretAsFloat64(toUInt64(${int(bits)}))`;
  return ordered(isWhole ? sql`toFloat64(${column})` : column, op, double);
}

/** A literal that compares as a number does. */
export function numberOf(value: Value): bigint | number | undefined {
  return value.type === 'int' || value.type === 'duration' || value.type === 'float' ? value.value : undefined;
}

export function ordered(column: Sql, op: Order, value: Sql): Sql {
  switch (op) {
    case '<':
      return sql`${column} < ${value}`;
    case '<=':
      return sql`${column} <= ${value}`;
    case '>':
      return sql`${column} > ${value}`;
    case '>=':
      return sql`${column} >= ${value}`;
  }
}

/** Of whole numbers in a column: the order, and equality. Undefined for a literal that is no number. */
export function wholeCondition(column: Sql, { op, value }: Comparison): Sql | undefined {
  const number = numberOf(value);
  if (number === undefined || op === '=~' || op === '!~') return undefined;
  if (op !== '=' && op !== '!=') return numericCondition(column, true, { op, number });
  if (!(Math.abs(Number(number)) < 2 ** 53)) return undefined;
  if (typeof number === 'number' && !Number.isInteger(number)) return op === '=' ? FALSE : TRUE;
  const isOne = sql`${column} = ${int(BigInt(number))}`;
  return op === '=' ? isOne : negated(isOne);
}
