// Fields of a metrics query as columns: what ClickHouse groups by or measures, and how a cell of its answer becomes a value.
//
//   resource.service.name   nothing but the source, by which rows are grouped anyway
//   span.http.method        the column of typed texts; where the row has none and the scope is open, the source says
//   status, kind, name      their columns
//
// Other fields (of parents, of events, of the whole trace) are no columns: spans that are asked for those are evaluated in this process.

import { type Sql, sql } from '../../base/sql.ts';
import type { Catalogue, KnownSource } from '../catalogue.ts';
import { columnValue, compileValue } from '../plan/compile-value.ts';
import { isNested, sourceValue } from '../plan/source-value.ts';
import { spanKeyText } from '../plan/span-key.ts';
import { rootServiceOf, TRACE_DURATION } from '../plan/trace-columns.ts';
import type { Field } from '../traceql/ast.ts';
import { isSpanDuration } from '../traceql/metrics/measured.ts';
import { NIL, type Value } from '../traceql/value.ts';

export interface SqlField {
  /** Undefined where the source says all. */
  readonly column: Sql | undefined;
  readonly needsSource: boolean;
  value(cell: unknown, source: KnownSource | undefined): Value;
}

/** Undefined for a field that no column holds. */
export function sqlField(field: Field, catalogue: Catalogue): SqlField | undefined {
  const found = compileValue(field, catalogue);
  const ofSource = (source: KnownSource | undefined): Value => (source === undefined ? NIL : sourceValue(source, field));
  switch (found?.by) {
    case undefined:
      return undefined;
    case 'source':
      return { column: undefined, needsSource: true, value: (_, source) => ofSource(source) };
    case 'column':
      return { column: found.sql, needsSource: false, value: (cell) => columnValue(found.kind, cell) };
    case 'root source':
      return { column: found.sql, needsSource: false, value: (cell) => rootServiceOf(String(cell), catalogue) };
    case 'column or source': {
      const value = (cell: unknown, source: KnownSource | undefined): Value => {
        const own = columnValue(found.kind, cell);
        return own.type === 'nil' ? ofSource(source) : own;
      };
      return { column: found.sql, needsSource: true, value };
    }
  }
}

/** What is measured of a row. */
export interface SqlMeasure {
  /** A number, NULL where there is none: the unit is that of `unit`. */
  readonly number: Sql;
  /** What the number is divided by for the answer. */
  readonly unit: number;
  /** A whole number of at least 2 less 1, or less than 1 where the value is in no bucket. */
  readonly below: Sql;
  readonly isDuration: boolean;
  /** Whether every row has a value. */
  readonly isTotal: boolean;
}

/** Undefined for a field that no column holds by itself. */
export function sqlMeasure(field: Field, catalogue: Catalogue): SqlMeasure | undefined {
  // As doubles: many long durations together are more than 64 bits hold.
  if (isSpanDuration(field))
    return { number: sql`toFloat64(duration)`, unit: 1e9, below: sql`duration - 1`, isDuration: true, isTotal: true };
  if (catalogue.hasTraceColumns === true && isTraceDuration(field))
    return { number: sql`toFloat64(${TRACE_DURATION})`, unit: 1, below: sql`${TRACE_DURATION} - 1`, isDuration: true, isTotal: true };
  if (field.ofParent || field.type === 'intrinsic' || (field.scope !== 'span' && field.scope !== 'any')) return undefined;
  if (
    field.scope === 'any' &&
    (isNested(field.name, catalogue) || catalogue.sources.some((source) => sourceValue(source, field).type !== 'nil'))
  )
    return undefined;
  const places = catalogue.spanKey(field.name);
  const text = places === undefined ? sql`''` : spanKeyText(field.name, places);
  const digits = sql`substring(${text}, 2)`;
  return {
    // What is not a number is none: it is not part of a sum.
    number: sql`if((startsWith(${text}, 'i') OR startsWith(${text}, 'd')) AND ${text} != 'dnan', toFloat64OrZero(${digits}), NULL)`,
    unit: 1,
    below: sql`if(startsWith(${text}, 'i'), greatest(toInt64OrZero(${digits}), 0) - 1, 0)`,
    isDuration: false,
    isTotal: false,
  };
}

function isTraceDuration(field: Field): boolean {
  return field.type === 'intrinsic' && field.name === 'traceDuration' && !field.ofParent;
}
