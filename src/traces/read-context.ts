// How a request becomes a read of spans; one that names several tenants is a read for each.

import { int, sql, text } from '../base/sql.ts';
import { type QueryLimitSettings, type Reader, INCOMPLETE, readBounds } from '../metrics/api-context.ts';
import type { Clock } from '../base/clock.ts';
import type { Client } from '../storage/client.ts';
import type { NsRange } from './catalogue.ts';
import type { HeldSpans } from './held/held-spans.ts';
import type { CatalogueStore } from './store/catalogue-store.ts';
import type { SpanReadContext } from './read.ts';
import { BLOCK_NS } from './table.ts';

export interface SpanReadOptions {
  readonly client: Client;
  readonly catalogues: CatalogueStore;
  /** Undefined where other processes write too. */
  readonly held: HeldSpans | undefined;
  readonly clock: Clock;
  readonly limitsOf: (tenant: string) => { readonly query: QueryLimitSettings; readonly retention: { readonly traces: number } };
  /** Makes all that was acknowledged visible; false when the store could not take it now. */
  readonly flush: () => Promise<boolean>;
}

const NS_PER_MS = 1_000_000n;

/** The read of a request that names one tenant; it sees all that was acknowledged. */
export async function spanRead(options: SpanReadOptions, request: Reader): Promise<SpanReadContext> {
  const { limits, signal } = readBounds(options, request);
  const [tenant = ''] = request.tenants;
  const isComplete = await options.flush();
  const retention = options.limitsOf(tenant).retention.traces;
  const oldestNs = retention === 0 ? undefined : BigInt(Math.floor(options.clock.now() - retention)) * NS_PER_MS;
  return {
    client: options.client,
    tenant,
    limits: { ...limits, spansMax: limits.samplesMax },
    signal,
    warnings: isComplete ? [] : [INCOMPLETE],
    oldestNs,
    held: options.held,
    catalogue: (range) => options.catalogues.catalogue(tenant, range),
    within: (range) => within(tenant, range, oldestNs),
  };
}

/** The blocks stand in the key, the time beside it: granules are chosen by the one, which rows need not be asked about again, and rows by the other. */
function within(tenant: string, { fromNs, toNs }: NsRange, oldestNs: bigint | undefined): ReturnType<SpanReadContext['within']> {
  const from = oldestNs !== undefined && oldestNs > fromNs ? oldestNs : fromNs;
  const block = sql`intDiv(ts, ${int(BLOCK_NS)})`;
  const blocks = sql`indexHint(${block} >= ${int(from / BLOCK_NS)} AND ${block} <= ${int((toNs - 1n) / BLOCK_NS)})`;
  return sql`tenant = ${text(tenant)} AND ${blocks} AND ts >= ${int(from)} AND ts < ${int(toNs)}`;
}
