// `compare({ … })` in ClickHouse: for each attribute the most frequent values of the selected spans and of the others, by step. No span comes here.
//
//   resource.*, instrumentation.*   counts by source, which this process knows the attributes of
//   rootName, rootServiceName       counts by root, of spans joined with their traces
//   name, status, kind, …           one GROUP BY each
//   span.*                          the same for columns that are dictionaries; totals of all columns in one pass
//                                   of other columns and of the map the most frequent values are found first, in bounded memory, and then counted
//   event.*, link.*                 as the map
//
// Where an attribute has very many values, those that are found are frequent, but there may be others as frequent: so it is with the peer.

import { type Sql, identifier, int, join, sql, text, texts } from '../../base/sql.ts';
import type { Attributes } from '../../otlp/any-value.ts';
import {
  labelOf,
  mapKeysOf,
  NESTED_SCOPES,
  ROOT_NAME_LABEL,
  ROOT_SERVICE_LABEL,
  SCOPE_NAME_LABEL,
  SCOPE_VERSION_LABEL,
} from './compare-attributes.ts';
import { ATTRIBUTE_COLUMNS } from '../attribute-columns.ts';
import { attributeValue, typedTextValue } from '../api/attribute-value.ts';
import type { Catalogue, KnownSource } from '../catalogue.ts';
import type { SqlField } from './metrics-field.ts';
import { pipelineCondition, type Place, stepColumn } from './metrics-sql.ts';
import { sharesWithTraces } from './metrics-with-traces.ts';
import { compileCondition } from '../plan/compile-condition.ts';
import { columnValue, type ColumnKind } from '../plan/compile-value.ts';
import { spanKeyText } from '../plan/span-key.ts';
import { ROOT_NAME, ROOT_SOURCE, rootServiceOf } from '../plan/trace-columns.ts';
import { statementOptions } from '../read.ts';
import type { Row } from '../../storage/client.ts';
import type { Compare, Pipeline } from '../traceql/ast.ts';
import type { Comparison, Side } from '../traceql/metrics/compare.ts';
import { NIL, type Value } from '../traceql/value.ts';

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
  const reads = place.catalogue.hasTraceColumns === true ? [place] : await sharesWithTraces(place);
  for (const read of reads) await countRoots({ ...comparing, place: read });
  const columns = columnsOf(place.catalogue);
  for (const column of await countTotals(comparing, [...INTRINSICS, ...columns])) {
    if (column.isDictionary) await countColumn(comparing, column);
    else await countFrequent(comparing, column);
  }
  await countMap(comparing, { scope: 'span', map: sql`attrs`, known: mapKeysOf(place.catalogue) });
  for (const scope of NESTED_SCOPES) {
    await countMap(comparing, { scope, map: scope === 'event' ? sql`event_attrs` : sql`link_attrs`, known: place.catalogue.keys(scope) });
  }
  return spans;
}

interface Column {
  readonly label: string;
  readonly value: Sql;
  readonly kind: ColumnKind;
  readonly isSet: Sql;
  /** Of few different values. */
  readonly isDictionary: boolean;
}

/** Keys of a map that are compared. */
const MAP_KEYS_MAX = 1000;
/** Values of an attribute that are kept in mind while the most frequent are looked for. */
const CANDIDATES = 5000;

const INTRINSICS: readonly Column[] = [
  { label: 'name', value: sql`name`, kind: 'text', isSet: sql`1`, isDictionary: true },
  { label: 'status', value: sql`status`, kind: 'status', isSet: sql`1`, isDictionary: true },
  { label: 'kind', value: sql`kind`, kind: 'kind', isSet: sql`1`, isDictionary: true },
  { label: 'statusMessage', value: sql`status_message`, kind: 'text', isSet: sql`status_message != ''`, isDictionary: true },
];

function sideOf(cell: unknown): Side {
  return Number(cell) === 1 ? 'selection' : 'baseline';
}

function from({ query, place }: Comparing): Sql {
  return sql`FROM spans WHERE ${place.context.within(place.range)} AND (${query.condition})`;
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
  return [
    ...of('resource', source.resource),
    ...of('instrumentation', source.scopeAttributes),
    [SCOPE_NAME_LABEL, textOrNil(source.scopeName)],
    [SCOPE_VERSION_LABEL, textOrNil(source.scopeVersion)],
  ];
}

function textOrNil(value: string): Value {
  return value === '' ? NIL : { type: 'string', value };
}

async function countRoots(comparing: Comparing): Promise<void> {
  const { place, into } = comparing;
  const columns = sql`${keys(comparing)}, ${ROOT_NAME} AS name_of_root, ${ROOT_SOURCE} AS source_of_root`;
  const statement = sql`SELECT ${columns}, count() AS n ${from(comparing)} GROUP BY side, step, name_of_root, source_of_root`;
  for await (const { rows, columns: cells } of place.context.client.stream(statement, statementOptions(place.context))) {
    for (let row = 0; row < rows; row++) {
      const side = sideOf(cells['side']?.[row]);
      const cell = { step: Number(cells['step']?.[row]), count: Number(cells['n']?.[row]) };
      into.count(side, ROOT_NAME_LABEL, { ...cell, value: { type: 'string', value: String(cells['name_of_root']?.[row]) } });
      into.count(side, ROOT_SERVICE_LABEL, { ...cell, value: rootServiceOf(String(cells['source_of_root']?.[row]), place.catalogue) });
    }
  }
}

const DICTIONARIES: ReadonlySet<string> = new Set(ATTRIBUTE_COLUMNS.flatMap(({ name, kind }) => (kind === 'low' ? [name] : [])));

/** Span attributes that have columns; rows from before they had may have them in the map. */
function columnsOf(catalogue: Catalogue): readonly Column[] {
  return catalogue.keys('span').flatMap((key): Column[] => {
    const places = catalogue.spanKey(key);
    if (places === undefined || places.columns.length === 0) return [];
    const value = spanKeyText(key, places);
    const isDictionary = places.columns.every(({ column }) => DICTIONARIES.has(column));
    return [{ label: labelOf('span', key), value, kind: 'typed text', isSet: sql`${value} NOT IN ('', 'n')`, isDictionary }];
  });
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

/** The same where there may be many values. */
async function countFrequent(comparing: Comparing, column: Column): Promise<void> {
  const { query, place, into } = comparing;
  const options = statementOptions(place.context);
  const found = sql`SELECT ${query.side} AS side, ${frequent(query, sql`${column.value}`)} AS found ${from(comparing)} AND ${column.isSet} GROUP BY side`;
  const values = new Set<string>();
  for (const row of await place.context.client.query(found, options)) {
    const list = foundOf(row);
    if (list.length > query.topN) into.more(sideOf(row['side']), column.label);
    for (const value of list.slice(0, query.topN)) values.add(value);
  }
  const counts = sql`SELECT ${keys(comparing)}, ${column.value} AS v, count() AS n ${from(comparing)} AND v IN ${texts([...values])} GROUP BY side, step, v`;
  for (const row of await place.context.client.query(counts, options)) {
    const cell = { step: Number(row['step']), count: Number(row['n']), value: columnValue(column.kind, row['v']) };
    into.value(sideOf(row['side']), column.label, cell);
  }
}

function frequent({ topN }: CompareQuery, value: Sql): Sql {
  return sql`arrayMap(each -> tupleElement(each, 1), approx_top_k(${int(topN + 1)}, ${int(Math.max(CANDIDATES, 4 * topN))})(toString(${value})))`;
}

function foundOf(row: Readonly<Record<string, unknown>>): readonly string[] {
  return listOf(row['found']).map(String);
}

interface MapColumn {
  readonly scope: 'span' | 'event' | 'link';
  /** Keys and typed texts; of events and links a key may be there many times. */
  readonly map: Sql;
  /** Keys that are looked at. */
  readonly known: readonly string[];
}

/** Keys of a map, all at once; of very many those that most spans have. */
async function countMap(comparing: Comparing, column: MapColumn): Promise<void> {
  if (column.known.length === 0) return;
  const names = column.known.length <= MAP_KEYS_MAX ? column.known : await commonKeys(comparing, column);
  const { query, place, into } = comparing;
  const options = statementOptions(place.context);
  const label = (row: Row): string => labelOf(column.scope, String(row['k']));
  const totals = sql`SELECT ${keys(comparing)}, k, count() AS n ${eachKey(comparing, column, names)} GROUP BY side, step, k`;
  for (const row of await place.context.client.query(totals, options))
    into.total(sideOf(row['side']), label(row), { step: Number(row['step']), count: Number(row['n']) });
  const entries = sql`FROM (SELECT *, arrayJoin(arrayDistinct(${entriesOf(column, names)})) AS entry ${from(comparing)})`;
  const found = sql`SELECT ${query.side} AS side, entry.1 AS k, ${frequent(query, sql`entry.2`)} AS found ${entries} GROUP BY side, k`;
  const wanted = new Map<string, Sql>();
  for (const row of await place.context.client.query(found, options)) {
    const [key, list] = [String(row['k']), foundOf(row)];
    if (list.length > query.topN) into.more(sideOf(row['side']), label(row));
    for (const value of list.slice(0, query.topN)) wanted.set(JSON.stringify([key, value]), sql`(${text(key)}, ${text(value)})`);
  }
  if (wanted.size === 0) return;
  const counts = sql`SELECT ${keys(comparing)}, entry.1 AS k, entry.2 AS v, count() AS n ${entries} WHERE entry IN (${join([...wanted.values()], sql`, `)}) GROUP BY side, step, k, v`;
  for (const row of await place.context.client.query(counts, options)) {
    const cell = { step: Number(row['step']), count: Number(row['n']), value: typedTextValue(String(row['v'])) };
    into.value(sideOf(row['side']), label(row), cell);
  }
}

/** The entries of a row that have a value. */
function entriesOf({ map }: MapColumn, names: readonly string[]): Sql {
  return sql`arrayFilter(each -> each.2 != 'n' AND each.1 IN ${texts(names)}, CAST(${map}, 'Array(Tuple(String, String))'))`;
}

/** Rows for each of the keys that a span has, as `k`. */
function eachKey(comparing: Comparing, column: MapColumn, names: readonly string[]): Sql {
  const ofRow = sql`arrayDistinct(arrayMap(each -> each.1, ${entriesOf(column, names)}))`;
  return sql`FROM (SELECT *, arrayJoin(${ofRow}) AS k ${from(comparing)})`;
}

async function commonKeys(comparing: Comparing, column: MapColumn): Promise<readonly string[]> {
  const { context } = comparing.place;
  context.warnings.push(`compare() looked at the ${MAP_KEYS_MAX} most frequent of ${column.known.length} attributes of ${column.scope}s`);
  const of = eachKey(comparing, column, column.known);
  const statement = sql`SELECT k, count() AS n ${of} GROUP BY k ORDER BY n DESC, k LIMIT ${int(MAP_KEYS_MAX)}`;
  return (await context.client.query(statement, statementOptions(context))).map((row) => String(row['k']));
}
