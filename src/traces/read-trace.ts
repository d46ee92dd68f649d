// A trace by its id: the blocks of time that it has spans in are looked up, and its rows in them read, all columns.

import { type Sql, identifier, int, join, sql, text } from '../base/sql.ts';
import { guarded } from '../metrics/read.ts';
import { type AttributeNames, attributeNames } from './attribute-names.ts';
import type { NsRange } from './catalogue.ts';
import { type SpanReadContext, pointOptions } from './read.ts';
import { idNumber } from './span-identity.ts';
import { NESTED_COLUMNS, NESTED_COUNT, rowKey, sourceOf, SPAN_COLUMNS, spanOf, type StoredRow } from './stored-spans.ts';
import type { StoredTrace } from './stored-trace.ts';
import { BLOCK_NS } from './table.ts';
import type { Span, SpanSource } from './write.ts';

export interface ReadTraceOptions {
  /** Spans that are read at most (`limits.traces.traceSpansMax`); the trace then says that it is not all. */
  readonly spansMax: number;
  readonly range?: NsRange | undefined;
}

/** A trace by its id, 32 hex digits; with a range, the spans whose blocks of time touch it. Undefined where there is none. */
export function readTrace(context: SpanReadContext, traceId: string, options: ReadTraceOptions): Promise<StoredTrace | undefined> {
  return guarded(context, () => read(context, traceId, options));
}

async function read(context: SpanReadContext, traceId: string, { spansMax, range }: ReadTraceOptions): Promise<StoredTrace | undefined> {
  const [high, low] = [idNumber(traceId.slice(0, 16)), idNumber(traceId.slice(16))];
  const id = sql`trace_high = ${int(high)} AND trace_low = ${int(low)}`;
  const blocks = await blocksOf(context, id, range);
  const [first, last] = [blocks[0], blocks.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const catalogue = await context.catalogue({ fromNs: BigInt(first) * BLOCK_NS, toNs: BigInt(last + 1) * BLOCK_NS });
  const names = attributeNames(catalogue);
  const place = sql`tenant = ${text(context.tenant)} AND intDiv(ts, ${int(BLOCK_NS)}) IN (${join(blocks.map(int), sql`, `)}) AND ${id}${since(context)}`;
  const { rows, nested, isAll } = await readRows(context, { place, names, spansMax });
  if (rows.size === 0) return undefined;
  const groups = new Map<SpanSource, Span[]>();
  for (const [key, row] of rows) {
    const source = catalogue.source(sourceOf(row)) ?? UNKNOWN;
    const spans = groups.get(source) ?? [];
    groups.set(source, spans);
    spans.push(spanOf(row, nested.get(key), names));
  }
  const partial = isAll ? undefined : `the trace has more spans than limits.traces.traceSpansMax (${spansMax}) shows`;
  return { traceId, groups: [...groups].map(([source, spans]) => ({ source, spans })), partial };
}

interface TraceRows {
  readonly rows: ReadonlyMap<string, StoredRow>;
  /** Events and links of rows that have any. */
  readonly nested: ReadonlyMap<string, StoredRow>;
  readonly isAll: boolean;
}

interface RowsQuestion {
  readonly place: Sql;
  readonly names: AttributeNames;
  readonly spansMax: number;
}

/** Rows in the order of their starts. Where several processes write, a span may be there twice until a merge: it comes once. */
async function readRows(context: SpanReadContext, { place, names, spansMax }: RowsQuestion): Promise<TraceRows> {
  const count = sql`length(event_name) + length(link_trace_id)`;
  const columns = sql`${listed([...SPAN_COLUMNS, ...names.columns])}, ${count} AS ${identifier(NESTED_COUNT)}`;
  const rows = new Map<string, StoredRow>();
  let [read, withNested] = [0, 0];
  for await (const row of storedRows(context, sql`SELECT ${columns} FROM spans WHERE ${place} ORDER BY ts LIMIT ${int(spansMax + 1)}`)) {
    if (++read > spansMax) break;
    rows.set(rowKey(row), row);
    if (Number(row.block.columns[NESTED_COUNT]?.[row.row]) > 0) withNested++;
  }
  const nested = new Map<string, StoredRow>();
  const isAll = read <= spansMax;
  if (withNested === 0) return { rows, nested, isAll };
  const statement = sql`SELECT ${listed(['span_id', 'kind', 'ts', ...NESTED_COLUMNS])} FROM spans WHERE ${place} AND ${count} > 0`;
  for await (const row of storedRows(context, statement)) {
    const key = rowKey(row);
    if (rows.has(key)) nested.set(key, row);
  }
  return { rows, nested, isAll };
}

async function* storedRows(context: SpanReadContext, statement: Sql): AsyncGenerator<StoredRow> {
  for await (const block of context.client.stream(statement, pointOptions(context)))
    for (let row = 0; row < block.rows; row++) yield { block, row };
}

function listed(columns: readonly string[]): Sql {
  return join(columns.map(identifier), sql`, `);
}

/** Of a span whose source's row is not there: it is past its retention, or on its way from another process. */
const UNKNOWN: SpanSource = {
  resource: [],
  resourceSchemaUrl: '',
  scopeName: '',
  scopeVersion: '',
  scopeAttributes: [],
  scopeSchemaUrl: '',
};

async function blocksOf(context: SpanReadContext, id: Sql, range: NsRange | undefined): Promise<readonly number[]> {
  const within =
    range === undefined ? sql`` : sql` AND block >= ${int(range.fromNs / BLOCK_NS)} AND block <= ${int(range.toNs / BLOCK_NS)}`;
  const statement = sql`SELECT DISTINCT block FROM trace_blocks WHERE tenant = ${text(context.tenant)} AND ${id}${within} ORDER BY block`;
  const rows = await context.client.query(statement, pointOptions(context));
  return rows.map(({ block }) => Number(block));
}

function since({ oldestNs }: SpanReadContext): Sql {
  return oldestNs === undefined ? sql`` : sql` AND ts >= ${int(oldestNs)}`;
}
