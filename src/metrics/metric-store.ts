// Where all metrics go in: per tenant the registry of its series, and a writer for each table.
//
// A request's rows are acknowledged when all of its blocks are on disk, the rows of its new series included.

import type { Clock } from '../base/clock.ts';
import { RequestError } from '../base/request-error.ts';
import type { TenantLimits } from '../config.ts';
import { TENANTS_WRITING_MAX } from '../limits.ts';
import { Quota } from '../tenant/quota.ts';
import type { TableWriter } from '../storage/writer.ts';
import { WireCache } from './ingest/wire-cache.ts';
import type { KeptSamples } from './sample-cache.ts';
import type { SampleColumns } from './sample-columns.ts';
import type { Registering } from './series-registration.ts';
import { SeriesIndex, type SeriesIndexOptions } from './series-index.ts';
import { SeriesRegistry } from './series-registry.ts';
import type { BeginWrite, Refusal } from './write.ts';
import { StoreWrite } from './store-write.ts';

export type MetricTable = 'series' | 'samples' | 'histograms' | 'starts' | 'exemplars' | 'metadata';

export interface MetricStoreOptions {
  readonly writers: Readonly<Record<MetricTable, TableWriter>>;
  readonly limitsOf: (tenant: string) => Pick<TenantLimits, 'metrics' | 'retention'>;
  readonly clock: Clock;
  /** What the label index of stored series works with; absent where other processes write the same tables. */
  readonly index?: Pick<SeriesIndexOptions, 'client' | 'seriesMax' | 'onLoadError'> | undefined;
  /** What is kept in memory of stored samples; absent where other processes write the same tables. */
  readonly kept?: KeptSamples | undefined;
  /** Told after every commit, for counters per tenant and reason. */
  readonly onCommit: (
    tenant: string,
    stored: { readonly samples: number; readonly histograms: number; readonly exemplars: number },
    refusals: readonly Refusal[],
  ) => void;
}

/** What is kept in memory of a tenant that writes. */
export interface TenantSeries extends Registering {
  wire: WireCache;
  readonly quota: Quota;
  /** Metadata already stored, by family: the same is not stored again. */
  readonly metadata: Map<string, string>;
}

const MINUTE_MS = 60_000;
const WIRE_ENTRIES_MIN = 1000;
const SPARE_COLUMNS_MAX = 16;
const SPARE_ROWS_MAX = 65_536;
/** A series without samples for so long is no longer active. */
const ACTIVE_MINUTES = 60;
const PRUNE_INTERVAL_MS = 10 * MINUTE_MS;

export class MetricStore implements Disposable {
  readonly options: MetricStoreOptions;
  /** The labels of all that is stored, for readers. */
  readonly index: SeriesIndex | undefined;
  /** Columns of writes that have ended: memory that has been touched before is cheaper than fresh memory. */
  readonly spareColumns: SampleColumns[] = [];
  readonly #tenants = new Map<string, TenantSeries>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: MetricStoreOptions) {
    this.options = options;
    this.index = options.index && new SeriesIndex({ ...options.index, ...this.#indexSource() });
    this.#timer = setInterval(() => this.prune(), PRUNE_INTERVAL_MS).unref();
  }

  /** Begins one request's write. */
  readonly begin: BeginWrite = (tenant) => this.open(tenant);

  /** As `begin`, with what the decoder of remote write needs. */
  open(name: string): StoreWrite {
    const tenant = this.#tenant(name);
    // The same series may come in many encodings: the cache follows the series, whatever a sender makes of its bytes.
    if (tenant.wire.size > 2 * tenant.registry.size + WIRE_ENTRIES_MIN) tenant.wire = new WireCache();
    return new StoreWrite(this, tenant);
  }

  /** Takes back the columns of a write that has encoded them. */
  giveColumns(columns: SampleColumns): void {
    columns.count = 0;
    if (this.spareColumns.length < SPARE_COLUMNS_MAX && columns.ts.length <= SPARE_ROWS_MAX) this.spareColumns.push(columns);
  }

  /** Makes all that was acknowledged visible to readers; false when the store could not take it now. */
  async flush(): Promise<boolean> {
    const done = await Promise.all(Object.values(this.options.writers).map((writer) => writer.flush()));
    return done.every(Boolean);
  }

  /** Active series of each tenant that writes. */
  activeSeries(): ReadonlyMap<string, number> {
    return new Map([...this.#tenants].map(([name, { registry }]) => [name, registry.size]));
  }

  /** Forgets what is known of a tenant's stored series and metadata, after some were deleted. */
  forget(tenant: string): void {
    const known = this.#tenants.get(tenant);
    known?.registry.forgetDays();
    known?.registry.start.fill(0);
    known?.metadata.clear();
    this.index?.forget(tenant);
    this.options.kept?.cache.writes.noteAll(tenant);
  }

  /** Lets go of series that have had no samples for an hour, and of tenants that have none left. */
  prune(): void {
    const since = Math.floor(this.options.clock.now() / MINUTE_MS) - ACTIVE_MINUTES;
    for (const [name, tenant] of this.#tenants) {
      // A registration that fails takes back what it noted in the registry that it began with.
      if (tenant.registrationsUnderWay > 0) continue;
      const idle = tenant.registry.idle(since);
      if (idle === tenant.registry.size) this.#tenants.delete(name);
      else if (idle > 0) {
        tenant.registry = tenant.registry.survivors(since);
        tenant.wire = new WireCache();
        tenant.metadata.clear();
      }
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #indexSource(): Pick<SeriesIndexOptions, 'table' | 'flush' | 'registryOf'> {
    return {
      table: 'series',
      flush: () => this.options.writers.series.flush(),
      registryOf: (tenant) => this.#tenants.get(tenant)?.registry,
    };
  }

  #tenant(name: string): TenantSeries {
    const known = this.#tenants.get(name);
    if (known !== undefined) return known;
    if (this.#tenants.size >= TENANTS_WRITING_MAX)
      throw new RequestError('unavailable', `more than ${TENANTS_WRITING_MAX} tenants have written within the hour`, { retryAfterS: 60 });
    const { limitsOf, clock } = this.options;
    const rate = () => ({ rate: limitsOf(name).metrics.ingestionRate, burst: limitsOf(name).metrics.ingestionBurst });
    const made: TenantSeries = {
      name,
      registry: new SeriesRegistry(),
      wire: new WireCache(),
      quota: new Quota(rate, clock),
      metadata: new Map(),
      registration: Promise.resolve(),
      registrationsUnderWay: 0,
    };
    this.#tenants.set(name, made);
    return made;
  }
}
