// The write side of traces as one thing: a writer for each table, what earlier runs left, and the counters of what came in.

import { randomInt } from 'node:crypto';
import { type Sql, int, sql } from '../../base/sql.ts';
import type { Clock } from '../../base/clock.ts';
import type { SelfMetrics } from '../../base/self-metrics.ts';
import type { TenantLimits } from '../../config.ts';
import type { Client } from '../../storage/client.ts';
import { RecentWrites } from '../../metrics/recent-writes.ts';
import type { Store } from '../../storage/store.ts';
import { ATTRIBUTE_COLUMNS } from '../attribute-columns.ts';
import { ALONE, CatalogueStore } from './catalogue-store.ts';
import { SpanStore } from './span-store.ts';
import { ATTRIBUTE_KEYS_TABLE, BLOCK_NS, SOURCES_TABLE, SPANS_TABLE, TRACE_BLOCKS_TABLE } from '../table.ts';

export interface OpenSpanStoreOptions {
  readonly store: Store;
  readonly limitsOf: (tenant: string) => Pick<TenantLimits, 'traces' | 'retention'>;
  readonly clock: Clock;
  readonly metrics: SelfMetrics;
}

export async function openSpanStore({ store, limitsOf, clock, metrics }: OpenSpanStoreOptions): Promise<SpanStore> {
  const stored = metrics.counter('sightline_traces_spans_total', 'Spans stored.', ['tenant']);
  const bytes = metrics.counter('sightline_traces_bytes_total', 'Bytes of spans stored, as they came over the wire.', ['tenant']);
  const again = metrics.counter('sightline_traces_spans_again_total', 'Spans that were there already.', ['tenant']);
  const refused = metrics.counter('sightline_traces_refused_total', 'Spans refused.', ['tenant', 'reason']);
  const sources = metrics.gauge('sightline_traces_sources', 'Resources and scopes of tenants that write.', ['tenant']);
  const writers = {
    spans: await store.writer(SPANS_TABLE),
    sources: await store.writer(SOURCES_TABLE),
    keys: await store.writer(ATTRIBUTE_KEYS_TABLE),
    blocks: await store.writer(TRACE_BLOCKS_TABLE),
  };
  const lineage = store.isEmbedded ? ALONE : randomInt(1, 2 ** 32 - 1);
  const spanStore = new SpanStore({
    client: store.client,
    writers,
    catalogues: new CatalogueStore({
      client: store.client,
      isAlone: store.isEmbedded,
      flush: async () => (await Promise.all([writers.sources.flush(), writers.keys.flush()])).every(Boolean),
    }),
    lineage,
    given: await givenColumns(store.client, lineage),
    storedUpToMs: (await isEmpty(store.client)) ? Number.NEGATIVE_INFINITY : clock.now(),
    limitsOf,
    clock,
    writes: new RecentWrites(() => clock.now(), Number(BLOCK_NS / 1_000_000n)),
    onCommit: (tenant, counts, refusals) => {
      stored.add(counts.spans, tenant);
      bytes.add(counts.bytes, tenant);
      again.add(counts.again, tenant);
      for (const { reason, count } of refusals) refused.add(count, tenant, reason);
    },
  });
  metrics.onCollect(() => {
    for (const [tenant, count] of spanStore.activeSources()) sources.set(count, tenant);
  });
  return spanStore;
}

async function isEmpty(client: Client): Promise<boolean> {
  return (await client.query(sql`SELECT 1 AS one FROM spans LIMIT 1`)).length === 0;
}

/** By tenant: the columns that keys have been given in a lineage. */
async function givenColumns(client: Client, lineage: number): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>> {
  const place: Sql = sql`scope = 'span' AND place != '' AND lineage = ${int(lineage)}`;
  const rows = await client.query(sql`SELECT DISTINCT tenant, key, place FROM attribute_keys WHERE ${place}`);
  const given = new Map<string, Map<string, number>>();
  for (const { tenant, key, place: column } of rows) {
    const position = ATTRIBUTE_COLUMNS.findIndex(({ name, key: owner }) => name === column && owner === undefined);
    if (position < 0) continue;
    const keys = given.get(String(tenant)) ?? new Map<string, number>();
    given.set(String(tenant), keys.set(String(key), position));
  }
  return given;
}
