// Tests of what a span has several of: attributes of its events and links, names and times of events, ids of links.
//
//   none       no value: what the test says of nil
//   one        a value of its own
//   several    an array: a test is true of it where it is of any of its values, `!=` and `!~` where they are of all
//
// Of one value both are the same.

import { type Sql, sql, text } from '../../base/sql.ts';
import type { TypeTag } from '../typed-text.ts';
import { NIL } from '../traceql/value.ts';
import { type Bounds, ALWAYS, atMost, every, exactly, isExact, NEVER, not, some, UNKNOWN } from './bounds.ts';
import { passes, type Test } from './leaf.ts';
import { typedCondition } from './typed-condition.ts';

/** Types of which several values are an array of the language. */
const ARRAY_TYPES: ReadonlySet<TypeTag> = new Set<TypeTag>(['s', 'i', 'd', 'b']);

export interface Nested {
  /** An array of the values. */
  readonly values: Sql;
  /** What a test of one value says, of the lambda's argument. */
  readonly test: (value: Sql, test: Test) => Bounds;
}

/** A test of all values of a row together. */
export function nestedCondition(nested: Nested, test: Test): Bounds {
  const { values } = nested;
  const isThere = exactly(sql`notEmpty(${values})`);
  return some([every([isThere, ofValues(nested, test)]), passes(test, NIL) ? not(isThere) : NEVER]);
}

function ofValues(nested: Nested, test: Test): Bounds {
  switch (test.kind) {
    case 'exists':
      return ALWAYS;
    case 'missing':
      return NEVER;
    case 'truth':
      // True of one value, and not of an array of some.
      return atMost(quantified(nested, test, sql`arrayExists`).upper);
    case 'some':
      return some(test.tests.map((each) => ofValues(nested, each)));
    case 'every':
      return every(test.tests.map((each) => ofValues(nested, each)));
    case 'compare':
      return quantified(nested, test, test.op === '!=' || test.op === '!~' ? sql`arrayAll` : sql`arrayExists`);
  }
}

function quantified({ values, test: ofOne }: Nested, test: Test, quantifier: Sql): Bounds {
  const one = ofOne(sql`v`, test);
  const ofEach = (condition: Sql) => sql`${quantifier}(v -> ${condition}, ${values})`;
  return isExact(one) ? exactly(ofEach(one.upper)) : { upper: ofEach(one.upper), lower: ofEach(one.lower) };
}

/** An attribute of events or links. */
export function nestedAttribute(scope: 'event' | 'link', key: string, types: ReadonlySet<TypeTag> | undefined): (test: Test) => Bounds {
  const map = scope === 'event' ? sql`event_attrs` : sql`link_attrs`;
  const values = sql`arrayFilter((v, k) -> k = ${text(key)}, mapValues(${map}), mapKeys(${map}))`;
  const has = sql`has(mapKeys(${map}), ${text(key)})`;
  const [only] = types ?? [];
  if (types === undefined || types.size !== 1 || only === undefined || !ARRAY_TYPES.has(only)) return (test) => mixed(has, test);
  return (test) =>
    onlyWhere(exactly(has), nestedCondition({ values, test: (value, each) => typedCondition(value, types, each) }, test), test);
}

/** Values of several types are seen in more than one way, so that only their being there is asked about. */
function mixed(has: Sql, test: Test): Bounds {
  if (test.kind === 'exists' || test.kind === 'missing') return UNKNOWN;
  return passes(test, NIL) ? UNKNOWN : atMost(has);
}

/** Keys are read first: few rows have one. */
function onlyWhere(has: Bounds, condition: Bounds, test: Test): Bounds {
  return passes(test, NIL) ? condition : every([has, condition]);
}
