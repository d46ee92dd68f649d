// Traces that a search has found, whole: what the answer says of a trace and the spans that it shows come out of one statement.
//
//   ids ─┬─▶ their spans in the blocks of time around which they were found ─┬─▶ spans by trace, and what the traces are
//        └─▶ the blocks in which they have spans ─▶ those in other blocks ────┘
//
// A trace may have any number of spans. Where these are too many to be looked at one by one, the caller asks for less of them.

import { type Sql, int, join, sql, text } from '../../base/sql.ts';
import { guarded } from '../../metrics/read.ts';
import type { Catalogue, NsRange } from '../catalogue.ts';
import { type SpanReadContext, statementOptions } from '../read.ts';
import type { RowSpan, SpanRows } from './span-rows.ts';
import { BLOCK_NS, BLOCK_OF_TIME } from '../table.ts';
import { factsOfParts, type Part, type TraceFacts } from './trace-facts.ts';
import { ALL_TIME, isOneOf, type TraceKey } from './trace-ids.ts';

export interface WholeTraces {
  /** By id in hex, in the order of time. */
  readonly spans: ReadonlyMap<string, readonly RowSpan[]>;
  readonly facts: ReadonlyMap<string, TraceFacts>;
}

export interface WholeTracesOptions {
  /** Selects `name`, `status` and `matched` too; the last is 1 for spans that count as matched. */
  readonly reader: SpanRows;
  readonly catalogue: Catalogue;
  /** Where the traces were found. */
  readonly near: NsRange;
  readonly spansMax: number;
}

/** Undefined where the traces have more spans than may be read. */
export async function readWholeTraces(
  context: SpanReadContext,
  traces: readonly TraceKey[],
  { reader, catalogue, near, spansMax }: WholeTracesOptions,
): Promise<WholeTraces | undefined> {
  const first = near.fromNs / BLOCK_NS - 1n;
  const last = near.toNs / BLOCK_NS + 1n;
  const around = { fromNs: first < 0n ? 0n : first * BLOCK_NS, toNs: (last + 1n) * BLOCK_NS };
  const read = (where: Sql): Promise<readonly RowSpan[] | undefined> => readSpans(context, { reader, where, spansMax });
  const [blocks, spans] = await Promise.all([blocksOf(context, traces), read(sql`${context.within(around)} AND ${isOneOf(traces)}`)]);
  const others = blocks.filter(({ block }) => block < first || block > last);
  const further = others.length === 0 ? [] : await read(sql`${context.within(ALL_TIME)} AND ${isInBlocks(others)}`);
  if (spans === undefined || further === undefined || spans.length + further.length > spansMax) return undefined;
  const all = [...spans, ...further];
  const byTrace = new Map<string, RowSpan[]>();
  addByTrace(byTrace, all);
  return { spans: byTrace, facts: await factsOfParts(context, catalogue, all.map(partOf)) };
}

interface Reading {
  readonly reader: SpanRows;
  readonly where: Sql;
  readonly spansMax: number;
}

/** Undefined where there are more. */
async function readSpans(context: SpanReadContext, { reader, where, spansMax }: Reading): Promise<readonly RowSpan[] | undefined> {
  const statement = sql`SELECT ${reader.columns} FROM spans WHERE ${where} LIMIT ${int(spansMax + 1)}`;
  // Where several processes write, a span may be there twice until a merge.
  const spans = new Map<string, RowSpan>();
  let rows = 0;
  await guarded(context, async () => {
    for await (const block of context.client.stream(statement, statementOptions(context))) {
      rows += block.rows;
      for (const span of reader.spans(block)) spans.set(`${span.traceId}${span.spanId}${String(span.cell('kind'))} ${span.startNs}`, span);
    }
  });
  return rows > spansMax ? undefined : [...spans.values()];
}

interface TraceBlock extends TraceKey {
  readonly block: bigint;
}

async function blocksOf(context: SpanReadContext, traces: readonly TraceKey[]): Promise<readonly TraceBlock[]> {
  const statement = sql`SELECT trace_high, trace_low, toInt64(block) AS number FROM trace_blocks WHERE tenant = ${text(context.tenant)} AND ${isOneOf(traces)}`;
  const blocks: TraceBlock[] = [];
  await guarded(context, async () => {
    for await (const { rows, columns } of context.client.stream(statement, statementOptions(context))) {
      const { trace_high: high, trace_low: low, number } = columns;
      if (!(high instanceof BigUint64Array) || !(low instanceof BigUint64Array) || !(number instanceof BigInt64Array)) continue;
      for (let row = 0; row < rows; row++) blocks.push({ high: high[row] ?? 0n, low: low[row] ?? 0n, block: number[row] ?? 0n });
    }
  });
  return blocks;
}

function isInBlocks(blocks: readonly TraceBlock[]): Sql {
  const keys = blocks.map(({ block, high, low }) => sql`(${int(block)}, ${int(high)}, ${int(low)})`);
  return sql`(${BLOCK_OF_TIME}, trace_high, trace_low) IN (${join(keys, sql`, `)})`;
}

function partOf(span: RowSpan): Part {
  const source = span.cell('source');
  return {
    traceId: span.traceId,
    source: typeof source === 'bigint' ? source : 0n,
    spans: 1,
    errors: span.cell('status') === 2 ? 1 : 0,
    matched: isMatched(span) ? 1 : 0,
    firstNs: span.startNs,
    lastNs: span.startNs + span.durationNs,
    root: span.parentId === '' ? { name: String(span.cell('name')), ns: span.startNs } : undefined,
  };
}

export function isMatched(span: RowSpan): boolean {
  return Number(span.cell('matched')) !== 0;
}

/** Rows of a trace mostly follow one another. Afterwards they are in the order of time. */
export function addByTrace(byTrace: Map<string, RowSpan[]>, spans: readonly RowSpan[]): void {
  let [high, low] = [-1n, -1n];
  let own: RowSpan[] = [];
  for (const span of spans) {
    if (span.traceHigh !== high || span.traceLow !== low) {
      [high, low] = [span.traceHigh, span.traceLow];
      own = byTrace.get(span.traceId) ?? [];
      byTrace.set(span.traceId, own);
    }
    own.push(span);
  }
  for (const those of byTrace.values()) those.sort((a, b) => (a.startNs < b.startNs ? -1 : Number(a.startNs > b.startNs)));
}
