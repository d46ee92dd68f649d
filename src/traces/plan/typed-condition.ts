// A test of a column of typed texts: for each type that its values have had, what the test says of it.
//
//   .a != 500     of integers and doubles   col NOT IN ('i500', 'd500')
//                 of strings                nothing, or all: the evaluation of the language is asked once, with any string
//                 of lists                  the row is read and looked at

import { type Sql, sql, text, texts } from '../../base/sql.ts';
import { attributeValue } from '../api/attribute-value.ts';
import { NIL, type Value } from '../traceql/value.ts';
import type { TypeTag } from '../typed-text.ts';
import { type Bounds, allOf, anyOf, exactly, FALSE, negated, TRUE } from './bounds.ts';
import { passes, type Test } from './leaf.ts';
import { numberCondition, stringCondition } from './text-condition.ts';

/** Every type that a typed text may have. */
export const ALL_TYPES: ReadonlySet<TypeTag> = new Set<TypeTag>(['s', 'i', 'd', 'b', 'x', 'a', 'm', 'n']);

/** One value of each type, to ask what a test says of values that are not compared with its own. */
const SAMPLES: Readonly<Record<TypeTag, Value>> = {
  s: attributeValue('x'),
  i: attributeValue(1n),
  d: attributeValue(0.5),
  b: attributeValue(true),
  x: attributeValue(new Uint8Array(1)),
  a: attributeValue(['x']),
  m: attributeValue(new Map()),
  n: NIL,
};

/** Types of which a column does not tell by its text alone what the language sees. */
const OPAQUE: ReadonlySet<TypeTag> = new Set<TypeTag>(['x', 'a', 'm']);

/** Of rows that have a value; without one the text is empty, and the condition false. */
export function typedCondition(column: Sql, types: ReadonlySet<TypeTag>, test: Test): Bounds {
  const upper: Sql[] = [];
  const lower: Sql[] = [];
  const [passing, opaque]: [TypeTag[], TypeTag[]] = [[], []];
  for (const type of types) {
    const answer = ofType(column, type, test);
    if (answer === TRUE) passing.push(type);
    else if (answer === undefined) opaque.push(type);
    else if (answer !== FALSE) {
      upper.push(answer);
      lower.push(answer);
    }
  }
  if (passing.length > 0) lower.push(isOfTypes(column, passing, types));
  if (passing.length + opaque.length > 0) upper.push(isOfTypes(column, [...passing, ...opaque], types));
  return opaque.length === 0 ? exactly(anyOf(upper)) : { upper: anyOf(upper), lower: anyOf(lower) };
}

/** Undefined where SQL cannot tell. */
function ofType(column: Sql, type: TypeTag, test: Test): Sql | undefined {
  switch (test.kind) {
    case 'exists':
    case 'missing':
      return passes(test, SAMPLES[type]) ? TRUE : FALSE;
    case 'truth':
      return type === 'b' ? sql`${column} = 'bt'` : FALSE;
    case 'some':
    case 'every':
      return ofAll(column, type, test);
    case 'compare':
      return compared(column, type, test);
  }
}

/** Many values of one type are one list; anything else is joined. */
function ofAll(column: Sql, type: TypeTag, { kind, tests }: Extract<Test, { kind: 'some' | 'every' }>): Sql | undefined {
  const strings = type === 's' ? stringsOf(tests, kind === 'some' ? '=' : '!=') : undefined;
  if (strings !== undefined) {
    const isOne = sql`${column} IN ${texts(strings.map((value) => `s${value}`))}`;
    return kind === 'some' ? isOne : allOf([sql`startsWith(${column}, 's')`, negated(isOne)]);
  }
  const conditions = tests.map((test) => ofType(column, type, test));
  const known = conditions.flatMap((condition) => (condition === undefined ? [] : [condition]));
  if (known.length < conditions.length) return undefined;
  return kind === 'some' ? anyOf(known) : allOf(known);
}

/** The literals of tests that all ask the same of strings. */
export function stringsOf(tests: readonly Test[], op: '=' | '!='): readonly string[] | undefined {
  const values = tests.flatMap((test) =>
    test.kind === 'compare' && test.op === op && test.value.type === 'string' ? [test.value.value] : [],
  );
  return values.length === tests.length ? values : undefined;
}

function compared(column: Sql, type: TypeTag, test: Extract<Test, { kind: 'compare' }>): Sql | undefined {
  if (OPAQUE.has(type)) return undefined;
  const { value } = test;
  const isNumber = value.type === 'int' || value.type === 'float' || value.type === 'duration';
  if (type === 's' && value.type === 'string') return stringCondition(column, 's', test);
  if ((type === 'i' || type === 'd') && isNumber) return numberCondition(column, type, test);
  if (type === 'b' && value.type === 'bool') return booleanCondition(column, test);
  // Values of other types are all alike to it; of an array they are not.
  return value.type.endsWith('[]') ? undefined : passes(test, SAMPLES[type]) ? TRUE : FALSE;
}

function booleanCondition(column: Sql, test: Test): Sql {
  const values = [true, false].filter((value) => passes(test, { type: 'bool', value }));
  return sql`${column} IN ${texts(values.map((value) => (value ? 'bt' : 'bf')))}`;
}

function isOfTypes(column: Sql, wanted: readonly TypeTag[], types: ReadonlySet<TypeTag>): Sql {
  if (wanted.length === types.size) return sql`${column} != ''`;
  const [only] = wanted;
  if (wanted.length === 1 && only !== undefined) return sql`startsWith(${column}, ${text(only)})`;
  return sql`substring(${column}, 1, 1) IN ${texts(wanted)}`;
}
