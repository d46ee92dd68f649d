// `compare({ … })` in ClickHouse: for each attribute the most frequent values of the selected spans and of the others, by step. No span comes here.
//
//   resource.*, instrumentation.*   counts by source, which this process knows the attributes of
//   name, status, kind, …           one GROUP BY each
//   span.*                          one GROUP BY for each key with a column, one for all keys of the map; totals of all columns in one pass

import { type Sql, identifier, int, join, sql } from '../base/sql.ts';
import type { Attributes } from '../otlp/any-value.ts';
import { attributeValue, typedTextValue } from './attribute-value.ts';
import type { Catalogue, KnownSource } from './catalogue.ts';
import type { SqlField } from './metrics-field.ts';
import { pipelineCondition, type Place, stepColumn } from './metrics-sql.ts';
import { compileCondition } from './plan/compile-condition.ts';
import { columnValue, type ColumnKind } from './plan/compile-value.ts';
import { spanKeyText } from './plan/span-key.ts';
import { statementOptions } from './read.ts';
import type { Compare, Pipeline } from './traceql/ast.ts';
import type { Comparison, Side } from './traceql/metrics/compare.ts';
import { printField } from './traceql/print.ts';
import type { Value } from './traceql/value.ts';

export interface CompareQuery {
  /** Of the spans that are compared at all. */
  readonly condition: Sql;
  /** 1 for the selection, 0 for the others. */
  readonly side: Sql;
  readonly topN: number;
}

/** Undefined where spans must be looked at one by one. */
export function compareQuery(
  pipeline: Pipeline,
  { filter, topN, startNs, endNs }: Compare,
  catalogue: Catalogue,
): CompareQuery | undefined {
  const condition = pipelineCondition(pipeline, catalogue);
  const selection = compileCondition(filter.expr, catalogue);
  if (condition === undefined || !selection.exact) return undefined;
  const window = startNs > 0n && endNs > 0n ? sql` AND ts >= ${int(startNs)} AND ts < ${int(endNs)}` : sql``;
  return { condition, side: sql`toUInt8((${selection.condition})${window})`, topN };
}

/** The side of a row as a field to group by. */
export function sideField({ side }: CompareQuery): SqlField {
  return { column: side, needsSource: false, value: (cell) => ({ type: 'bool', value: Number(cell) === 1 }) };
}

interface Comparing {
  readonly query: CompareQuery;
  readonly place: Place;
  readonly into: Comparison;
}

/** Counts all attributes of the spans of a query; resolves to the number of spans. */
export async function countCompared(query: CompareQuery, place: Place, into: Comparison): Promise<number> {
  const comparing = { query, place, into };
  const spans = await countSources(comparing);
  if (spans === 0) return 0;
  const { columns, hasMap } = keysOf(place.catalogue);
  for (const column of await countTotals(comparing, [...INTRINSICS, ...columns])) await countColumn(comparing, column);
  if (hasMap) await countMap(comparing, new Set(columns.map(({ label }) => label)));
  return spans;
}

interface Column {
  readonly label: string;
  readonly value: Sql;
  readonly kind: ColumnKind;
  readonly isSet: Sql;
}

const INTRINSICS: readonly Column[] = [
  { label: 'name', value: sql`name`, kind: 'text', isSet: sql`1` },
  { label: 'status', value: sql`status`, kind: 'status', isSet: sql`1` },
  { label: 'kind', value: sql`kind`, kind: 'kind', isSet: sql`1` },
  { label: 'statusMessage', value: sql`status_message`, kind: 'text', isSet: sql`status_message != ''` },
];

function sideOf(cell: unknown): Side {
  return Number(cell) === 1 ? 'selection' : 'baseline';
}

function from({ query, place }: Comparing): Sql {
  const range = { fromNs: place.steps.fromNs, toNs: place.steps.toNs };
  return sql`FROM spans WHERE ${place.context.within(range)} AND (${query.condition})`;
}

function keys({ query, place }: Comparing): Sql {
  return sql`${query.side} AS side, ${stepColumn(place.steps)} AS step`;
}

async function countSources(comparing: Comparing): Promise<number> {
  const { context, catalogue } = comparing.place;
  const statement = sql`SELECT ${keys(comparing)}, source, count() AS n ${from(comparing)} GROUP BY side, step, source`;
  let spans = 0;
  for await (const { rows, columns } of context.client.stream(statement, statementOptions(context))) {
    for (let row = 0; row < rows; row++) {
      const id = columns['source']?.[row];
      const source = typeof id === 'bigint' ? catalogue.source(id) : undefined;
      const count = Number(columns['n']?.[row]);
      spans += count;
      if (source === undefined) continue;
      const cell = { step: Number(columns['step']?.[row]), count };
      for (const [label, value] of sourceAttributes(source))
        comparing.into.count(sideOf(columns['side']?.[row]), label, { ...cell, value });
    }
  }
  return spans;
}

function sourceAttributes(source: KnownSource): readonly (readonly [string, Value])[] {
  const of = (scope: 'resource' | 'instrumentation', attributes: Attributes): readonly (readonly [string, Value])[] =>
    attributes.map(({ key, value }) => [labelOf(scope, key), attributeValue(value)]);
  return [...of('resource', source.resource), ...of('instrumentation', source.scopeAttributes)];
}

function labelOf(scope: 'resource' | 'instrumentation' | 'span', name: string): string {
  return printField({ type: 'attribute', scope, ofParent: false, name, place: { from: 0, to: 0 } });
}

/** Keys that have columns, and whether others are in the map. */
function keysOf(catalogue: Catalogue): { readonly columns: readonly Column[]; readonly hasMap: boolean } {
  let hasMap = false;
  const columns = catalogue.keys('span').flatMap((key): Column[] => {
    const places = catalogue.spanKey(key);
    if (places === undefined) return [];
    const value = spanKeyText(key, places);
    if (places.columns.length > 0)
      return [{ label: labelOf('span', key), value, kind: 'typed text', isSet: sql`${value} NOT IN ('', 'n')` }];
    hasMap ||= places.inMap;
    return [];
  });
  return { columns, hasMap };
}

/** The totals of all columns in one pass; those that have a value at all. */
async function countTotals(comparing: Comparing, columns: readonly Column[]): Promise<readonly Column[]> {
  const counts = columns.map((column, i) => sql`countIf(${column.isSet}) AS ${identifier(`c${i}`)}`);
  const { client } = comparing.place.context;
  const statement = sql`SELECT ${keys(comparing)}, ${join(counts, sql`, `)} ${from(comparing)} GROUP BY side, step`;
  const used = new Set<Column>();
  for await (const { rows, columns: cells } of client.stream(statement, statementOptions(comparing.place.context))) {
    for (const [i, column] of columns.entries()) {
      for (let row = 0; row < rows; row++) {
        const count = Number(cells[`c${i}`]?.[row]);
        if (count === 0) continue;
        used.add(column);
        comparing.into.total(sideOf(cells['side']?.[row]), column.label, { step: Number(cells['step']?.[row]), count });
      }
    }
  }
  return [...used];
}

/** The most frequent values of one column by step; one more than is shown says that there are more. */
async function countColumn(comparing: Comparing, column: Column): Promise<void> {
  const { query, place, into } = comparing;
  const inner = sql`SELECT ${keys(comparing)}, ${column.value} AS v, count() AS n ${from(comparing)} AND ${column.isSet} GROUP BY side, step, v`;
  const statement = sql`SELECT side, v, sum(n) AS total, groupArray(step) AS steps, groupArray(n) AS counts FROM (${inner}) GROUP BY side, v ORDER BY side, total DESC, v LIMIT ${int(query.topN + 1)} BY side`;
  const shown = new Map<Side, number>();
  for (const row of await place.context.client.query(statement, statementOptions(place.context))) {
    const side = sideOf(row['side']);
    const value = columnValue(column.kind, row['v']);
    const seen = (shown.get(side) ?? 0) + 1;
    shown.set(side, seen);
    if (seen > query.topN) into.more(side, column.label);
    else for (const cell of cellsOf(row)) into.value(side, column.label, { ...cell, value });
  }
}

/** Counts by step, which came as two lists. */
function cellsOf(row: Readonly<Record<string, unknown>>): readonly { readonly step: number; readonly count: number }[] {
  const [steps, counts] = [listOf(row['steps']), listOf(row['counts'])];
  return steps.map((step, i) => ({ step: Number(step), count: Number(counts[i]) }));
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Keys of the map, all at once; those with a column are counted there. */
async function countMap(comparing: Comparing, counted: ReadonlySet<string>): Promise<void> {
  const { query, place, into } = comparing;
  const inner = sql`SELECT ${keys(comparing)}, entry.1 AS k, entry.2 AS v, count() AS n FROM (SELECT *, arrayJoin(CAST(attrs, 'Array(Tuple(String, String))')) AS entry ${from(comparing)}) WHERE v != 'n' GROUP BY side, step, k, v`;
  const values = sql`SELECT side, k, v, sum(n) AS total, groupArray(step) AS steps, groupArray(n) AS counts FROM (${inner}) GROUP BY side, k, v ORDER BY side, k, total DESC, v LIMIT ${int(query.topN + 1)} BY side, k`;
  const totals = sql`SELECT side, k, step, sum(n) AS n FROM (${inner}) GROUP BY side, k, step`;
  const shown = new Map<string, number>();
  for (const row of await place.context.client.query(values, statementOptions(place.context))) {
    const [side, label] = [sideOf(row['side']), labelOf('span', String(row['k']))];
    if (counted.has(label)) continue;
    const seen = (shown.get(`${side} ${label}`) ?? 0) + 1;
    shown.set(`${side} ${label}`, seen);
    if (seen > query.topN) into.more(side, label);
    else for (const cell of cellsOf(row)) into.value(side, label, { ...cell, value: typedTextValue(String(row['v'])) });
  }
  for (const row of await place.context.client.query(totals, statementOptions(place.context))) {
    const label = labelOf('span', String(row['k']));
    if (!counted.has(label)) into.total(sideOf(row['side']), label, { step: Number(row['step']), count: Number(row['n']) });
  }
}
