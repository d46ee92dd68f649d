// Tests of a span's own fields, which stand in columns of their own types.

import { type Sql, int, ints, sql, texts } from '../../base/sql.ts';
import type { IntrinsicField } from '../traceql/ast.ts';
import { KIND_NAMES, NIL, STATUS_NAMES, type Value } from '../traceql/value.ts';
import { allOf, type Bounds, constant, every, exactly, FALSE, negated, some, UNKNOWN } from './bounds.ts';
import { passes, type Test } from './leaf.ts';
import { type Nested, nestedCondition } from './nested-condition.ts';
import { stringCondition, wholeCondition } from './text-condition.ts';
import { stringsOf } from './typed-condition.ts';

/** What SQL says of a test; fields that other spans of the trace decide are unknown. */
export function intrinsicCondition({ name }: IntrinsicField, test: Test): Bounds {
  switch (name) {
    case 'name':
      return stringTest(sql`name`, test);
    case 'statusMessage':
      return stringTest(sql`status_message`, test);
    case 'duration':
      return wholeTest(sql`duration`, 'duration', test);
    case 'status':
      return numbered(sql`status`, { values: STATUS_NAMES.map((value) => ({ type: 'status', value })), test });
    case 'kind':
      return numbered(sql`kind`, { values: KIND_NAMES.map((value) => ({ type: 'kind', value })), test });
    case 'spanId':
      return idTest(SPAN_ID, test);
    case 'parentId':
      return idTest(PARENT_ID, test);
    case 'parent':
      return some([every([exactly(sql`parent_id != 0`), idTest(PARENT_ID, test)]), every([IS_ROOT, constant(passes(test, NIL))])]);
    case 'traceId':
      return idTest(TRACE_ID, test);
    case 'eventName':
      return nestedCondition({ values: sql`event_name`, test: stringTest }, test);
    case 'eventTimeSinceStart':
      return nestedCondition(EVENT_TIMES, test);
    case 'linkTraceId':
      return nestedCondition({ values: sql`link_trace_id`, test: stringTest }, test);
    case 'linkSpanId':
      return nestedCondition({ values: sql`link_span_id`, test: stringTest }, test);
    case 'nestedSetParent':
      return nestedSetParent(test);
    default:
      return isAlwaysThere(test) ?? UNKNOWN;
  }
}

const IS_ROOT: Bounds = exactly(sql`parent_id = 0`);

/** Times are whole numbers, in nanoseconds after the span's start. */
const EVENT_TIMES: Nested = {
  values: sql`event_ts`,
  test: (value, test) => wholeTest(sql`(${value} - ts)`, 'duration', test),
};

/** Undefined for a test that the value matters to. */
function isAlwaysThere(test: Test): Bounds | undefined {
  return test.kind === 'exists' || test.kind === 'missing' ? constant(test.kind === 'exists') : undefined;
}

type Comparison = Extract<Test, { kind: 'compare' }>;

/** A test of a value that is always there: comparisons one by one, `sample` for those with values of other types. */
function tested(test: Test, sample: Value, compare: (test: Comparison) => Sql | undefined): Bounds {
  switch (test.kind) {
    case 'exists':
    case 'missing':
    case 'truth':
      return constant(passes(test, sample));
    case 'some':
      return some(test.tests.map((each) => tested(each, sample, compare)));
    case 'every':
      return every(test.tests.map((each) => tested(each, sample, compare)));
    case 'compare': {
      const condition = compare(test);
      if (condition !== undefined) return exactly(condition);
      return isLike(sample, test.value) ? UNKNOWN : constant(passes(test, sample));
    }
  }
}

/** Whether a comparison depends on what the value is, and not on its type alone. */
function isLike(sample: Value, value: Value): boolean {
  if (value.type.endsWith('[]')) return true;
  return sample.type === 'string' ? value.type === 'string' : ['int', 'float', 'duration'].includes(value.type);
}

export function stringTest(column: Sql, test: Test): Bounds {
  if (test.kind === 'some' || test.kind === 'every') {
    const values = stringsOf(test.tests, test.kind === 'some' ? '=' : '!=');
    const isOne = values && sql`${column} IN ${texts(values)}`;
    if (isOne !== undefined) return exactly(test.kind === 'some' ? isOne : negated(isOne));
  }
  return tested(test, { type: 'string', value: '' }, (each) => stringCondition(column, '', each));
}

export function wholeTest(column: Sql, type: 'int' | 'duration', test: Test): Bounds {
  return tested(test, { type, value: 0n }, (each) => wholeCondition(column, each));
}

/** One of few values, by its number; numbers without a name are the first. */
function numbered(column: Sql, { values, test }: { readonly values: readonly Value[]; readonly test: Test }): Bounds {
  const passing: number[] = [];
  const others: number[] = [];
  values.forEach((value, number) => (passes(test, value) ? passing : others).push(number));
  if (passing.length === 0 || others.length === 0) return constant(others.length === 0);
  return exactly(passing.includes(0) ? sql`${column} NOT IN ${ints(others)}` : sql`${column} IN ${ints(passing)}`);
}

interface IdColumn {
  /** The text that the language compares. */
  readonly text: Sql;
  /** A condition by which the key or a number is compared instead; undefined for a text that is no such id. */
  readonly equals: (id: string) => Sql | undefined;
}

export const SPAN_ID_TEXT: Sql = hexText(sql`span_id`);
export const PARENT_ID_TEXT: Sql = sql`if(parent_id = 0, '', ${hexText(sql`parent_id`)})`;
export const TRACE_ID_TEXT: Sql = sql`concat(${hexText(sql`trace_high`)}, ${hexText(sql`trace_low`)})`;

const SPAN_ID: IdColumn = { text: SPAN_ID_TEXT, equals: (id) => sameNumber(sql`span_id`, id) };
const PARENT_ID: IdColumn = { text: PARENT_ID_TEXT, equals: (id) => (id === '' ? sql`parent_id = 0` : sameNumber(sql`parent_id`, id)) };
const TRACE_ID: IdColumn = {
  text: TRACE_ID_TEXT,
  equals: (id) => {
    const [high, low] = [sameNumber(sql`trace_high`, id.slice(0, 16)), sameNumber(sql`trace_low`, id.slice(16))];
    return high === undefined || low === undefined ? undefined : allOf([high, low]);
  },
};

function hexText(number: Sql): Sql {
  return sql`lower(leftPad(hex(${number}), 16, '0'))`;
}

function sameNumber(column: Sql, hex: string): Sql | undefined {
  return /^[0-9a-f]{16}$/.test(hex) ? sql`${column} = ${int(BigInt(`0x${hex}`))}` : undefined;
}

function idTest({ text, equals }: IdColumn, test: Test): Bounds {
  if (test.kind === 'compare' && (test.op === '=' || test.op === '!=') && test.value.type === 'string') {
    const isOne = equals(test.value.value) ?? FALSE;
    return exactly(test.op === '=' ? isOne : negated(isOne));
  }
  if (test.kind === 'some') return some(test.tests.map((each) => idTest({ text, equals }, each)));
  return stringTest(text, test);
}

/** -1 of a root; of any other span a number from 0 on, which its trace decides. */
function nestedSetParent(test: Test): Bounds {
  const ofRoot = constant(passes(test, { type: 'int', value: -1n }));
  const ofOthers = isAlwaysThere(test) ?? numbersFromZero(test);
  return some([every([IS_ROOT, ofRoot]), every([exactly(sql`parent_id != 0`), ofOthers])]);
}

const LARGEST = 2n ** 31n;

/** A test that says the same of all numbers that there can be. */
function numbersFromZero(test: Test): Bounds {
  if (test.kind !== 'compare') return UNKNOWN;
  const { op, value } = test;
  const [ofFirst, ofLast] = [0n, LARGEST].map((number) => passes(test, { type: 'int', value: number }));
  const isOne =
    (op === '=' || op === '!=') && (value.type === 'int' || value.type === 'float' || value.type === 'duration') && value.value >= 0;
  return isOne || ofFirst !== ofLast || ofFirst === undefined ? UNKNOWN : constant(ofFirst);
}
