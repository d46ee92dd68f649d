// Metrics whose spans ClickHouse can choose and group by itself: it counts, and this process puts names to the groups.
//
//   { span.http.status_code >= 500 } | quantile_over_time(duration, .9) by (resource.service.name)
//
//   SELECT source, step, bucket, count() … GROUP BY source, step, bucket  ─▶ source ─▶ service.name ─▶ Accumulator
//
// A group has few columns and no texts but those of dictionaries. Spans of different sources that share a label meet in the accumulator.

import { type Sql, identifier, int, join, sql } from '../../base/sql.ts';
import type { Block } from '../../storage/native.ts';
import type { Catalogue, KnownSource } from '../catalogue.ts';
import { sqlField, type SqlField, type SqlMeasure, sqlMeasure } from './metrics-field.ts';
import { allOf, anyOf } from '../plan/bounds.ts';
import { compileCondition } from '../plan/compile-condition.ts';
import { type SpanReadContext, plainOptions } from '../read.ts';
import type { Pipeline, RangeAggregate, SpansetExpression, SpansetOperation } from '../traceql/ast.ts';
import type { Accumulator, Cell } from '../traceql/metrics/accumulator.ts';
import { bucketBound } from '../traceql/metrics/measured.ts';
import type { Steps } from '../traceql/metrics/steps.ts';
import type { Value } from '../traceql/value.ts';

/** A pipeline as a condition that is true of the spans it lets pass and of no others; undefined where it depends on other spans. */
export function pipelineCondition(pipeline: Pipeline, catalogue: Catalogue): Sql | undefined {
  const conditions: Sql[] = [];
  for (const stage of pipeline.stages) {
    // Groups and selections change how spans are shown, not which there are.
    if (stage.type === 'group' || stage.type === 'coalesce' || stage.type === 'select') continue;
    if (stage.type === 'scalarFilter' || stage.type === 'aggregate') return undefined;
    const condition = spansetCondition(stage, catalogue);
    if (condition === undefined) return undefined;
    conditions.push(condition);
  }
  return allOf(conditions);
}

function spansetCondition(expr: SpansetExpression, catalogue: Catalogue): Sql | undefined {
  if (expr.type === 'pipeline') return pipelineCondition(expr, catalogue);
  if (expr.type === 'filter') {
    const { condition, exact } = compileCondition(expr.expr, catalogue);
    return exact ? condition : undefined;
  }
  // Of `&&` both sides must be in the trace; of `||` each span stands for itself.
  const operands = expr.op === '||' ? operandsOf(expr, '||') : [];
  const conditions = operands.flatMap((operand) => spansetCondition(operand, catalogue) ?? []);
  return operands.length === 0 || conditions.length < operands.length ? undefined : anyOf(conditions);
}

/** The operands of a chain of one operator, from left to right. Chains may be longer than the stack is deep. */
function operandsOf(operation: SpansetOperation, op: SpansetOperation['op']): readonly SpansetExpression[] {
  const rights: SpansetExpression[] = [];
  let rest: SpansetExpression = operation;
  for (; rest.type === 'spansets' && rest.op === op; rest = rest.left) rights.push(rest.right);
  return [rest, ...rights.reverse()];
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
}

/** Counts the spans of a query into an accumulator; resolves to how many there were. */
export async function countGrouped(query: GroupedQuery, place: Place, into: Accumulator): Promise<number> {
  const { context, steps } = place;
  const range = { fromNs: steps.fromNs, toNs: steps.toNs };
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
