// What a trace says of each of its spans, as columns beside theirs: the name and the service of its root, and how long it takes.
//
//   spans ─ JOIN ─ trace ─▶ has_root, root_name, root_source, trace_duration        a relation that a statement has in place of `spans`
//
// Statements about it are compiled with the catalogue of `withTraceColumns`. Of each trace the spans of a range are looked at.

import { type Sql, sql, text } from '../../base/sql.ts';
import type { Catalogue } from '../catalogue.ts';
import { NO_ROOT } from '../search/trace-facts.ts';
import type { IntrinsicField } from '../traceql/ast.ts';
import type { Value } from '../traceql/value.ts';
import { type Bounds, exactly } from './bounds.ts';
import { stringTest, wholeTest } from './intrinsic-condition.ts';
import { passes, type Test } from './leaf.ts';
import { ofSources } from './source-value.ts';

/** The text that the language sees. */
export const ROOT_NAME: Sql = sql`if(has_root = 1, root_name, ${text(NO_ROOT)})`;
/** The id of the root's source in decimal digits, empty without a root. */
export const ROOT_SOURCE: Sql = sql`if(has_root = 1, toString(root_source), '')`;
/** Int64, nanoseconds from the first start to the last end. */
export const TRACE_DURATION: Sql = sql`trace_duration`;

/** The catalogue for statements that have the columns. */
export function withTraceColumns(catalogue: Catalogue): Catalogue {
  return {
    sources: catalogue.sources,
    source: (id) => catalogue.source(id),
    spanKey: (key) => catalogue.spanKey(key),
    nestedTypes: (scope, key) => catalogue.nestedTypes(scope, key),
    keys: (scope) => catalogue.keys(scope),
    hasTraceColumns: true,
  };
}

/** A SELECT of the rows of `spans` that meet the first condition, with the columns of their traces, which are found in rows that meet the second. */
export function spansWithTraces(own: Sql, ofTraces: Sql): Sql {
  // The first by its start and id, as one number: a tuple takes twice as long. What a statement does not name is not found out.
  const at = sql`bitOr(bitShiftLeft(toUInt128(ts), 64), toUInt128(span_id))`;
  const root = sql`argMinIf(name, ${at}, parent_id = 0) AS root_name, argMinIf(source, ${at}, parent_id = 0) AS root_source`;
  const facts = sql`toUInt8(countIf(parent_id = 0) > 0) AS has_root, ${root}, max(ts + duration) - min(ts) AS trace_duration`;
  const traces = sql`SELECT trace_high, trace_low, ${facts} FROM spans WHERE ${ofTraces} GROUP BY trace_high, trace_low`;
  // Once for all shards of a cluster, each of which would ask all others.
  return sql`SELECT * FROM (SELECT * FROM spans WHERE ${own}) AS of_span GLOBAL ANY LEFT JOIN (${traces}) AS of_trace USING (trace_high, trace_low)`;
}

/** What SQL says of a test of a trace's field; undefined for any other field. */
export function traceCondition({ name }: IntrinsicField, test: Test, catalogue: Catalogue): Bounds | undefined {
  switch (name) {
    case 'rootName':
      return stringTest(ROOT_NAME, test);
    case 'traceDuration':
      return wholeTest(TRACE_DURATION, 'duration', test);
    case 'rootServiceName': {
      const passing = ofSources(catalogue, ({ service }) => passes(test, string(service)), sql`root_source`);
      return exactly(sql`if(has_root = 1, ${passing}, ${passes(test, string(NO_ROOT)) ? sql`1` : sql`0`})`);
    }
    default:
      return undefined;
  }
}

/** The service of a root by the text of its source. */
export function rootServiceOf(source: string, catalogue: Catalogue): Value {
  return string(source === '' ? NO_ROOT : (catalogue.source(BigInt(source))?.service ?? ''));
}

function string(value: string): Value {
  return { type: 'string', value };
}
