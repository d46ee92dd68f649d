// Traces that a search has found, whole: what the answer says of a trace and the spans that it shows come out of one statement.
//
//   ids ─▶ the blocks of time in which they have spans ─▶ their spans there ─▶ spans by trace, and what the traces are
//
// A trace may have any number of spans. Where these are too many to be looked at one by one, the caller asks for less of them.

import { type Sql, int, sql } from '../../base/sql.ts';
import { guarded } from '../../metrics/read.ts';
import type { Catalogue } from '../catalogue.ts';
import { type SpanReadContext, plainOptions } from '../read.ts';
import type { RowSpan, SpanRows } from './span-rows.ts';
import { factsOfParts, type Part, type TraceFacts } from './trace-facts.ts';
import { spansOf, type TraceKey } from './trace-ids.ts';

export interface WholeTraces {
  /** By id in hex, in the order of time. */
  readonly spans: ReadonlyMap<string, readonly RowSpan[]>;
  readonly facts: ReadonlyMap<string, TraceFacts>;
}

export interface WholeTracesOptions {
  /** Selects `name`, `status` and `matched` too; the last is 1 for spans that count as matched. */
  readonly reader: SpanRows;
  readonly catalogue: Catalogue;
  readonly spansMax: number;
}

/** Undefined where the traces have more spans than may be read. */
export async function readWholeTraces(
  context: SpanReadContext,
  traces: readonly TraceKey[],
  { reader, catalogue, spansMax }: WholeTracesOptions,
): Promise<WholeTraces | undefined> {
  const spans = await readSpans(context, { reader, where: spansOf(context, traces), spansMax });
  if (spans === undefined) return undefined;
  const byTrace = new Map<string, RowSpan[]>();
  addByTrace(byTrace, spans);
  return { spans: byTrace, facts: await factsOfParts(context, catalogue, spans.map(partOf)) };
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
    for await (const block of context.client.stream(statement, plainOptions(context))) {
      rows += block.rows;
      for (const span of reader.spans(block)) spans.set(`${span.traceId}${span.spanId}${String(span.cell('kind'))} ${span.startNs}`, span);
    }
  });
  return rows > spansMax ? undefined : [...spans.values()];
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
