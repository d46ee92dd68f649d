// Reads of spans in which each span has beside its own columns those of its trace: what its root is, and how long it takes.
//
//   { rootName = "GET /" } | rate() by (rootServiceName)     the same statements as without, about spans joined with their traces
//
// Traces are looked at a block of time beyond the range on both sides. Where there are very many, they come in shares, each of which is joined by itself.

import { type Sql, int, NOTHING, sql } from '../../base/sql.ts';
import type { Client, QueryOptions } from '../../storage/client.ts';
import type { NsRange } from '../catalogue.ts';
import type { Place } from './metrics-sql.ts';
import { spansWithTraces, withTraceColumns } from '../plan/trace-columns.ts';
import { type SpanReadContext, statementOptions } from '../read.ts';
import { BLOCK_NS } from '../table.ts';

/** Spans whose traces are joined at a time: a trace that is remembered costs some 100 bytes. */
const SHARE_SPANS = 4_000_000;

/** The time in which the spans of a range's traces are looked for. */
export function around({ fromNs, toNs }: NsRange): NsRange {
  return { fromNs: fromNs > BLOCK_NS ? fromNs - BLOCK_NS : 0n, toNs: toNs + BLOCK_NS };
}

/** Spans of a range with the columns of their traces: a SELECT. */
export function joinedSpans({ context, range }: Place, share: Sql = NOTHING): Sql {
  return spansWithTraces(sql`${context.within(range)}${share}`, sql`${context.within(around(range))}${share}`);
}

/** The same read with the columns of traces in the table `spans`. */
export async function withTraces(place: Place, share: Sql = NOTHING): Promise<Place> {
  const spans = joinedSpans(place, share);
  const catalogue = withTraceColumns(await place.context.catalogue(around(place.range)));
  return { ...place, catalogue, context: { ...place.context, client: clientOver(place.context, spans) } };
}

/** Conditions, with AND before them, that have all traces of a read between them. */
export async function tracesShares({ context, range }: Place): Promise<readonly Sql[]> {
  const statement = sql`SELECT count() AS spans FROM spans WHERE ${context.within(around(range))}`;
  const [row] = await context.client.query(statement, statementOptions(context));
  const shares = Math.max(1, Math.ceil(Number(row?.['spans'] ?? 0) / SHARE_SPANS));
  return Array.from({ length: shares }, (_, i) => shareOf(i, shares));
}

/** A read for each of the shares. */
export async function sharesWithTraces(place: Place): Promise<readonly Place[]> {
  return Promise.all((await tracesShares(place)).map((share) => withTraces(place, share)));
}

/** A condition, with AND before it, of one of so many shares of the traces. */
export function shareOf(share: number, shares: number): Sql {
  return shares === 1 ? NOTHING : sql` AND modulo(intHash64(trace_low), ${int(shares)}) = ${int(share)}`;
}

/** A client for which the table `spans` is another relation. */
function clientOver({ client }: SpanReadContext, spans: Sql): Client {
  const about = (statement: Sql): Sql => sql`WITH spans AS (${spans}) ${statement}`;
  // A statement about two relations is not planned the short way.
  const joined = (options: QueryOptions = {}): QueryOptions => ({ ...options, isPlain: false });
  return {
    query: (statement, options) => client.query(about(statement), joined(options)),
    stream: (statement, options) => client.stream(about(statement), joined(options)),
    insert: (batch) => client.insert(batch),
    exec: (statement) => client.exec(statement),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}
