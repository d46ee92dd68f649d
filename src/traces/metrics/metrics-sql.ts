// Metrics whose spans ClickHouse can choose and group by itself: it counts, and this process puts names to the groups.
//
//   { span.http.status_code >= 500 } | quantile_over_time(duration, .9) by (resource.service.name)
//
//   SELECT source, step, bucket, count() … GROUP BY source, step, bucket  ─▶ source ─▶ service.name ─▶ Accumulator
//
// A group has few columns and no texts but those of dictionaries. Spans of different sources that share a label meet in the accumulator.

import { type Sql, identifier, int, join, sql } from '../../base/sql.ts';
import type { Block } from '../../storage/native.ts';
import type { Catalogue, KnownSource, NsRange } from '../catalogue.ts';
import { sqlField, type SqlField, type SqlMeasure, sqlMeasure } from './metrics-field.ts';
import { compileCondition } from '../plan/compile-condition.ts';
import { spanFilter } from '../plan/span-filter.ts';
import { type SpanReadContext, plainOptions } from '../read.ts';
import type { Pipeline, RangeAggregate } from '../traceql/ast.ts';
import type { Accumulator, Cell } from '../traceql/metrics/accumulator.ts';
import { bucketBound } from '../traceql/metrics/measured.ts';
import type { Steps } from '../traceql/metrics/steps.ts';
import type { Value } from '../traceql/value.ts';

/** A pipeline as a condition that is true of the spans it lets pass and of no others; undefined where it depends on other spans. */
export function pipelineCondition(pipeline: Pipeline, catalogue: Catalogue): Sql | undefined {
  const filter = spanFilter(pipeline);
  const compiled = filter && compileCondition(filter, catalogue);
  return compiled?.exact === true ? compiled.condition : undefined;
}

export interface GroupedQuery {
  readonly condition: Sql;
  readonly aggregate: RangeAggregate;
  readonly groups: readonly SqlField[];
  readonly measure: SqlMeasure | undefined;
}

/** Undefined where the query must be evaluated span by span. */
export function groupedQuery(pipeline: Pipeline, aggregate: RangeAggregate, catalogue: Catalogue): GroupedQuery | undefined {
  const condition = pipelineCondition(pipeline, catalogue);
  const groups = aggregate.by.map((field) => sqlField(field, catalogue));
  const known = groups.flatMap((field) => (field === undefined ? [] : [field]));
  if (condition === undefined || known.length < groups.length) return undefined;
  if (aggregate.field === undefined) return { condition, aggregate, groups: known, measure: undefined };
  const measure = sqlMeasure(aggregate.field, catalogue);
  return measure && { condition, aggregate, groups: known, measure };
}

export interface Place {
  readonly context: SpanReadContext;
  readonly catalogue: Catalogue;
  readonly steps: Steps;
  /** The part of the steps whose spans are asked of the store. */
  readonly range: NsRange;
}

/** Counts the spans of a query into an accumulator; resolves to how many there were. */
export async function countGrouped(query: GroupedQuery, place: Place, into: Accumulator): Promise<number> {
  const { context, steps, range } = place;
  const keys = [sql`${stepColumn(steps)} AS step`, ...groupColumns(query)];
  if (isBucketed(query) && query.measure !== undefined) keys.push(sql`${bucketColumn(query.measure)} AS bucket`);
  const aggregates = [sql`count() AS spans`, ...measureColumns(query)];
  const statement = sql`SELECT ${join([...keys, ...aggregates], sql`, `)} FROM spans WHERE ${context.within(range)} AND (${query.condition}) GROUP BY ${join(
    keys.map((_, i) => int(i + 1)),
    sql`, `,
  )}`;
  let spans = 0;
  const reader = new GroupReader(query, place.catalogue);
  for await (const block of context.client.stream(statement, plainOptions(context))) spans += mergeBlock(query, block, reader, into);
  return spans;
}

export function stepColumn({ isInstant, fromNs, stepNs }: Steps): Sql {
  return isInstant ? sql`toUInt16(0)` : sql`toUInt16(intDiv(ts - ${int(fromNs)}, ${int(stepNs)}))`;
}

const NO_BUCKET = 255;

/** The exponent of a bucket's upper bound in one byte, which groups faster than the bound itself. */
function bucketColumn({ below }: SqlMeasure): Sql {
  return sql`toUInt8(if(${below} < 1, ${int(NO_BUCKET)}, bitCount(roundToExp2(${below}) - 1) + 1))`;
}

/** `source`, and the column of each field that has one: `g0`, `g1`, … */
export function groupColumns({ groups }: Pick<GroupedQuery, 'groups'>): readonly Sql[] {
  const columns = groups.flatMap(({ column }, i) => (column === undefined ? [] : [sql`${column} AS ${identifier(`g${i}`)}`]));
  return groups.some(({ needsSource }) => needsSource) ? [sql`source`, ...columns] : columns;
}

function isBucketed({ aggregate }: GroupedQuery): boolean {
  return aggregate.fn === 'quantile_over_time' || aggregate.fn === 'histogram_over_time';
}

function measureColumns({ aggregate, measure }: GroupedQuery): readonly Sql[] {
  if (measure === undefined) return [];
  const { number } = measure;
  const valued = sql`count(${number}) AS valued`;
  switch (aggregate.fn) {
    case 'min_over_time':
      return [valued, sql`toFloat64(ifNull(min(${number}), 0)) AS number`];
    case 'max_over_time':
      return [valued, sql`toFloat64(ifNull(max(${number}), 0)) AS number`];
    case 'sum_over_time':
    case 'avg_over_time':
      return [valued, sql`toFloat64(ifNull(sum(${number}), 0)) AS number`];
    default:
      return [];
  }
}

/** Adds a block's groups; the number of spans in it. */
function mergeBlock(query: GroupedQuery, { rows, columns }: Block, reader: GroupReader, into: Accumulator): number {
  const { measure } = query;
  const { step = [], spans = [], bucket, valued, number } = columns;
  let total = 0;
  for (let row = 0; row < rows; row++) {
    const count = Number(spans[row]);
    total += count;
    const cell: Cell = {
      count: valued === undefined ? count : Number(valued[row]),
      ...numbers(query, Number(number?.[row] ?? 0) / (measure?.unit ?? 1)),
    };
    const exponent = Number(bucket?.[row] ?? NO_BUCKET);
    const bound = exponent === NO_BUCKET ? undefined : bucketBound(exponent, measure?.isDuration ?? false);
    into.merge(reader.values(columns, row), Number(step[row]), bucket === undefined ? cell : { ...cell, bucket: bound });
  }
  return total;
}

function numbers({ aggregate }: GroupedQuery, number: number): Pick<Cell, 'sum' | 'min' | 'max'> {
  switch (aggregate.fn) {
    case 'min_over_time':
      return { min: number };
    case 'max_over_time':
      return { max: number };
    default:
      return { sum: number };
  }
}

/** The values of rows' groups; each combination of cells is made into values once. */
export class GroupReader {
  readonly #groups: readonly SqlField[];
  readonly #catalogue: Catalogue;
  readonly #needsSource: boolean;
  readonly #known = new Map<string, readonly Value[]>();

  constructor({ groups }: Pick<GroupedQuery, 'groups'>, catalogue: Catalogue) {
    this.#groups = groups;
    this.#catalogue = catalogue;
    this.#needsSource = groups.some(({ needsSource }) => needsSource);
  }

  values(columns: Block['columns'], row: number): readonly Value[] {
    const source = this.#needsSource ? columns['source']?.[row] : undefined;
    const cells = this.#groups.map((_, i) => columns[`g${i}`]?.[row]);
    const key = cells.length === 1 && source === undefined ? String(cells[0]) : JSON.stringify([String(source), ...cells.map(String)]);
    let values = this.#known.get(key);
    if (values === undefined) {
      const of: KnownSource | undefined = typeof source === 'bigint' ? this.#catalogue.source(source) : undefined;
      values = this.#groups.map((field, i) => field.value(cells[i], of));
      this.#known.set(key, values);
    }
    return values;
  }
}
