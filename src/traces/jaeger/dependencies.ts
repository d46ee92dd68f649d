// Which services call which, and how often: spans whose parent is of another service, counted in ClickHouse.
//
//   spans of a slice of time ─▶ a row for the span's own id and one for its parent's ─(GROUP BY trace, id)─▶ parent's source, children's sources ─▶ services
//
// Counted from spans and not taken from the service graph's metrics: these are made only where they are switched on, only of spans that come in time,
// and only of pairs of client and server, while Jaeger counts every parent of another service. Some spans at a time bound the memory: 100
// million spans a day would else be one table of hashes. A parent is looked for in its child's slice and some minutes before it.
// Where both sides share an id, as Zipkin's do, the two are the pair, and the server is the parent of what is below.

import { int, sql } from '../../base/sql.ts';
import { guarded } from '../../metrics/read.ts';
import type { Catalogue, NsRange } from '../catalogue.ts';
import { type SpanReadContext, statementOptions } from '../read.ts';
import { shownService } from './services.ts';

export interface Dependency {
  readonly parent: string;
  readonly child: string;
  readonly callCount: number;
}

/** Spans of a slice, about. */
const SLICE_SPANS = 1_000_000;
const PARENT_BEFORE_NS = 600_000_000_000n;

/** Pairs of services of the spans of all tenants that start within a range. */
export async function readDependencies(contexts: readonly SpanReadContext[], range: NsRange): Promise<readonly Dependency[]> {
  const found = await Promise.all(contexts.map((context) => dependenciesOf(context, range)));
  return summed(found.flat());
}

async function dependenciesOf(context: SpanReadContext, range: NsRange): Promise<readonly Dependency[]> {
  let counts: readonly Dependency[] = [];
  const catalogue = await context.catalogue(range);
  for (const slice of await slicesOf(context, range)) counts = summed([...counts, ...(await dependenciesIn(context, slice, catalogue))]);
  return counts;
}

function summed(dependencies: readonly Dependency[]): readonly Dependency[] {
  const counts = new Map<string, Dependency>();
  for (const { parent, child, callCount } of dependencies) {
    const key = JSON.stringify([parent, child]);
    counts.set(key, { parent, child, callCount: callCount + (counts.get(key)?.callCount ?? 0) });
  }
  return [...counts.values()];
}

/** The range in so many parts that none has too many spans, as long as they are spread evenly. */
async function slicesOf(context: SpanReadContext, range: NsRange): Promise<readonly NsRange[]> {
  const counting = sql`SELECT count() AS spans, min(ts) AS first, max(ts) AS last FROM spans WHERE ${context.within(range)}`;
  const [row] = await guarded(context, () => context.client.query(counting, statementOptions(context)));
  const spans = Number(row?.['spans'] ?? 0);
  if (spans === 0) return [];
  const [fromNs, toNs] = [BigInt(String(row?.['first'])), BigInt(String(row?.['last'])) + 1n];
  const count = Math.ceil(spans / SLICE_SPANS);
  const length = (toNs - fromNs) / BigInt(count) + 1n;
  return Array.from({ length: count }, (_, i) => fromNs + length * BigInt(i)).flatMap((at) =>
    at < toNs ? [{ fromNs: at, toNs: at + length < toNs ? at + length : toNs }] : [],
  );
}

async function dependenciesIn(context: SpanReadContext, slice: NsRange, catalogue: Catalogue): Promise<readonly Dependency[]> {
  const { fromNs, toNs } = slice;
  const before = { fromNs: fromNs > PARENT_BEFORE_NS ? fromNs - PARENT_BEFORE_NS : 0n, toNs };
  // 0 is a child under its parent's id, 1 a span under its own, 2 one that only is somebody's parent.
  const ends = sql`SELECT trace_high, trace_low, source, kind IN (3, 4) AS is_client,
    arrayJoin(if(ts < ${int(fromNs)}, [(span_id, 2)], if(parent_id = 0, [(span_id, 1)], [(span_id, 1), (parent_id, 0)]))) AS end
    FROM spans WHERE ${context.within(before)}`;
  const meetings = sql`SELECT end.1 AS id,
    countIf(end.2 > 0 AND is_client) > 0 AS has_client, countIf(end.2 > 0 AND NOT is_client) > 0 AS has_server,
    anyIf(source, end.2 > 0 AND is_client) AS client, anyIf(source, end.2 > 0 AND NOT is_client) AS server,
    countIf(end.2 = 1 AND NOT is_client) > 0 AS is_here, groupArrayIf(source, end.2 = 0) AS children
    FROM (${ends}) GROUP BY trace_high, trace_low, id
    HAVING (has_client OR has_server) AND (length(children) > 0 OR (has_client AND is_here))`;
  const edges = sql`SELECT arrayJoin(arrayConcat(
      arrayMap(child -> (if(has_server, server, client), child), arrayFilter(child -> NOT ((has_server AND child = server) OR (has_client AND child = client)), children)),
      if(has_client AND is_here AND client != server, [(client, server)], []))) AS edge
    FROM (${meetings})`;
  const statement = sql`SELECT toString(edge.1) AS parent, toString(edge.2) AS child, count() AS calls FROM (${edges}) GROUP BY parent, child`;
  const rows = await guarded(context, () => context.client.query(statement, statementOptions(context)));
  return rows.flatMap((row) => {
    const [parent, child] = [serviceOf(catalogue, row['parent']), serviceOf(catalogue, row['child'])];
    return parent === undefined || child === undefined || parent === child ? [] : [{ parent, child, callCount: Number(row['calls']) }];
  });
}

function serviceOf(catalogue: Catalogue, id: unknown): string | undefined {
  const source = typeof id === 'string' ? catalogue.source(BigInt(id)) : undefined;
  return source === undefined ? undefined : shownService(source.service);
}
