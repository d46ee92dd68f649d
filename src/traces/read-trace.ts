// A trace by its id: the blocks of time that it has spans in are looked up, and its rows in them read, all columns.

import { type Sql, identifier, int, join, sql, text } from '../base/sql.ts';
import { guarded } from '../metrics/read.ts';
import { attributeNames } from './attribute-names.ts';
import type { NsRange } from './catalogue.ts';
import { type SpanReadContext, statementOptions } from './read.ts';
import { idNumber } from './span-identity.ts';
import { SPAN_COLUMNS, spansOfBlock } from './stored-spans.ts';
import type { StoredTrace } from './stored-trace.ts';
import { BLOCK_NS } from './table.ts';
import type { Span, SpanSource } from './write.ts';

export interface ReadTraceOptions {
  /** Spans that are read at most (`limits.traces.traceSpansMax`); the trace then says that it is not all. */
  readonly spansMax: number;
}

/** A trace by its id, 32 hex digits; with a range, the spans whose blocks of time touch it. Undefined where there is none. */
export async function readTrace(
  context: SpanReadContext,
  traceId: string,
  { spansMax, range }: ReadTraceOptions & { readonly range?: NsRange | undefined },
): Promise<StoredTrace | undefined> {
  const [high, low] = [idNumber(traceId.slice(0, 16)), idNumber(traceId.slice(16))];
  const id = sql`trace_high = ${int(high)} AND trace_low = ${int(low)}`;
  const blocks = await blocksOf(context, id, range);
  const [first, last] = [blocks[0], blocks.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const catalogue = await context.catalogue({ fromNs: BigInt(first) * BLOCK_NS, toNs: BigInt(last + 1) * BLOCK_NS });
  const names = attributeNames(catalogue);
  const columns = join([...SPAN_COLUMNS, ...names.columns].map(identifier), sql`, `);
  const place = sql`tenant = ${text(context.tenant)} AND intDiv(ts, ${int(BLOCK_NS)}) IN (${join(blocks.map(int), sql`, `)}) AND ${id}`;
  const statement = sql`SELECT ${columns} FROM spans WHERE ${place}${since(context)} ORDER BY ts LIMIT ${int(spansMax + 1)}`;
  const groups = new Map<SpanSource, Span[]>();
  const seen = new Set<string>();
  await guarded(context, async () => {
    for await (const block of context.client.stream(statement, statementOptions(context))) {
      for (const { sourceId, span } of spansOfBlock(block, names)) {
        // Where several processes write, a span may be there twice until a merge.
        const same = `${Buffer.from(span.spanId).toString('latin1')}${span.kind} ${span.startNs}`;
        if (seen.size >= spansMax || seen.has(same)) continue;
        seen.add(same);
        const source = catalogue.source(sourceId) ?? UNKNOWN;
        const spans = groups.get(source) ?? [];
        groups.set(source, spans);
        spans.push(span);
      }
    }
  });
  if (seen.size === 0) return undefined;
  const partial = seen.size >= spansMax ? `the trace has more spans than limits.traces.traceSpansMax (${spansMax}) shows` : undefined;
  return { traceId, groups: [...groups].map(([source, spans]) => ({ source, spans })), partial };
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
  const rows = await guarded(context, () => context.client.query(statement, statementOptions(context)));
  return rows.map(({ block }) => Number(block));
}

function since({ oldestNs }: SpanReadContext): Sql {
  return oldestNs === undefined ? sql`` : sql` AND ts >= ${int(oldestNs)}`;
}
