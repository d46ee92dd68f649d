// Where all logs go in: per tenant the registry of its streams, and a writer for each table; and who is told of what came in.
//
//   LogWrite ─▶ streams, logs ─(on disk)─▶ acknowledged ─▶ followers: live tails

import type { Clock } from '../base/clock.ts';
import { RequestError } from '../base/request-error.ts';
import type { TenantLimits } from '../config.ts';
import { TENANTS_WRITING_MAX } from '../limits.ts';
import { WireCache } from '../metrics/ingest/wire-cache.ts';
import { SeriesIndex, type SeriesIndexOptions } from '../metrics/series-index.ts';
import type { Registering } from '../metrics/series-registration.ts';
import { SeriesRegistry } from '../metrics/series-registry.ts';
import type { TableWriter } from '../storage/writer.ts';
import { Quota } from '../tenant/quota.ts';
import type { LateLines } from './late-lines.ts';
import type { LineBlock } from './line-block.ts';
import type { LineColumns } from './line-columns.ts';
import { StoreLogWrite } from './log-write.ts';
import { StreamTimes } from './stream-times.ts';
import type { BeginLogWrite, LogRefusal } from './write.ts';

export interface LogStoreOptions {
  readonly writers: {
    readonly streams: TableWriter;
    readonly logs: TableWriter;
    readonly needles: TableWriter;
    readonly late: TableWriter;
  };
  /** What may be there twice. */
  readonly late: LateLines;
  readonly limitsOf: (tenant: string) => Pick<TenantLimits, 'logs' | 'retention'>;
  readonly clock: Clock;
  /** What the label index of stored streams works with; absent where other processes write the same tables. */
  readonly index?: Pick<SeriesIndexOptions, 'client' | 'seriesMax' | 'onLoadError'> | undefined;
  /** Told after every commit, for counters per tenant and reason. */
  readonly onCommit: (tenant: string, stored: { readonly lines: number; readonly bytes: number }, refusals: readonly LogRefusal[]) => void;
}

/** What is kept in memory of a tenant that writes. */
export interface TenantStreams extends Registering {
  wire: WireCache;
  readonly quota: Quota;
  /** By stream: the level that its labels give to all of its lines, undefined where each line is asked. */
  levels: (string | undefined)[];
  /** Up to which time each stream has lines. */
  times: StreamTimes;
  /** The limits by which streams were named and levels found. */
  limits: TenantLimits['logs'];
}

export type Follower = (block: LineBlock) => void;

const MINUTE_MS = 60_000;
const WIRE_ENTRIES_MIN = 1000;
const SPARE_COLUMNS_MAX = 8;
const SPARE_BYTES_MAX = 4 * 1024 * 1024;
/** A stream without lines for so long is no longer active. */
const ACTIVE_MINUTES = 60;
const PRUNE_INTERVAL_MS = 10 * MINUTE_MS;

export class LogStore implements Disposable {
  readonly options: LogStoreOptions;
  /** The labels of all streams that are stored, for readers. */
  readonly index: SeriesIndex | undefined;
  /** Columns of writes that have ended: memory that has been touched before is cheaper than fresh memory. */
  readonly spareColumns: LineColumns[] = [];
  readonly #tenants = new Map<string, TenantStreams>();
  readonly #followers = new Map<string, Set<Follower>>();
  /** The newest line of tenants that are not in memory. */
  #forgottenNs: bigint;
  readonly #timer: NodeJS.Timeout;

  constructor(options: LogStoreOptions) {
    this.options = options;
    this.#forgottenNs = options.late.floorNs;
    this.index = options.index && new SeriesIndex({ ...options.index, ...this.#indexSource() });
    this.#timer = setInterval(() => this.prune(), PRUNE_INTERVAL_MS).unref();
  }

  /** Begins one request's write. */
  readonly begin: BeginLogWrite = (tenant) => this.open(tenant);

  /** As `begin`, with what the decoder of Loki's push needs. */
  open(name: string): StoreLogWrite {
    const tenant = this.#tenant(name);
    const limits = this.options.limitsOf(name).logs;
    if (limits !== tenant.limits) this.#follow(tenant, limits);
    // The same stream may come in many encodings: the cache follows the streams, whatever a sender makes of its bytes.
    if (tenant.wire.size > 2 * tenant.registry.size + WIRE_ENTRIES_MIN) tenant.wire = new WireCache();
    return new StoreLogWrite(this, tenant);
  }

  /** Takes back the columns of a write that has ended. */
  giveColumns(columns: LineColumns): void {
    columns.clear();
    if (this.spareColumns.length < SPARE_COLUMNS_MAX && columns.bytes.length <= SPARE_BYTES_MAX) this.spareColumns.push(columns);
  }

  /** Makes all that was acknowledged visible to readers; false when the store could not take it now. */
  async flush(): Promise<boolean> {
    const done = await Promise.all(Object.values(this.options.writers).map((writer) => writer.flush()));
    return done.every(Boolean);
  }

  /** Tells of a tenant's lines as soon as they are on disk, until it is disposed of. The listener does not throw. */
  follow(tenant: string, listener: Follower): Disposable {
    const all = this.#followers.get(tenant) ?? new Set();
    this.#followers.set(tenant, all.add(listener));
    return {
      [Symbol.dispose]: () => {
        all.delete(listener);
        if (all.size === 0 && this.#followers.get(tenant) === all) this.#followers.delete(tenant);
      },
    };
  }

  isFollowed(tenant: string): boolean {
    return this.#followers.has(tenant);
  }

  tell(tenant: string, block: LineBlock): void {
    for (const listener of this.#followers.get(tenant) ?? []) listener(block);
  }

  /** Active streams of each tenant that writes. */
  activeStreams(): ReadonlyMap<string, number> {
    return new Map([...this.#tenants].map(([name, { registry }]) => [name, registry.size]));
  }

  /** Lets go of streams that have had no lines for an hour, and of tenants that have none left. */
  prune(): void {
    const since = Math.floor(this.options.clock.now() / MINUTE_MS) - ACTIVE_MINUTES;
    for (const [name, tenant] of this.#tenants) {
      // A registration that fails takes back what it noted in the registry that it began with.
      if (tenant.registrationsUnderWay > 0) continue;
      const idle = tenant.registry.idle(since);
      if (idle === tenant.registry.size) this.#forget(name, tenant);
      else if (idle > 0) this.#keepActive(tenant, since);
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  /** Under other limits a stream may have another `service_name`. */
  #follow(tenant: TenantStreams, limits: TenantLimits['logs']): void {
    tenant.limits = limits;
    tenant.wire = new WireCache();
  }

  /** When it comes back its streams may have lines up to the newest of any. */
  #forget(name: string, { times }: TenantStreams): void {
    this.#tenants.delete(name);
    if (times.newestNs > this.#forgottenNs) this.#forgottenNs = times.newestNs;
  }

  #keepActive(tenant: TenantStreams, since: number): void {
    const before = tenant.registry;
    tenant.registry = before.survivors(since);
    const numberOf = (stream: number): number =>
      before.findId(tenant.registry.idLow[stream] as number, tenant.registry.idHigh[stream] as number);
    const { levels } = tenant;
    tenant.levels = Array.from({ length: tenant.registry.size }, (_, stream) => levels[numberOf(stream)]);
    tenant.times = tenant.times.renumbered(tenant.registry.size, numberOf);
    tenant.wire = new WireCache();
  }

  #indexSource(): Pick<SeriesIndexOptions, 'table' | 'flush' | 'registryOf'> {
    return {
      table: 'streams',
      flush: () => this.options.writers.streams.flush(),
      registryOf: (tenant) => this.#tenants.get(tenant)?.registry,
    };
  }

  #tenant(name: string): TenantStreams {
    const known = this.#tenants.get(name);
    if (known !== undefined) return known;
    if (this.#tenants.size >= TENANTS_WRITING_MAX)
      throw new RequestError('unavailable', `more than ${TENANTS_WRITING_MAX} tenants have written within the hour`, { retryAfterS: 60 });
    const { limitsOf, clock } = this.options;
    const rate = () => ({ rate: limitsOf(name).logs.ingestionRate, burst: limitsOf(name).logs.ingestionBurst });
    const made: TenantStreams = {
      name,
      registry: new SeriesRegistry(),
      wire: new WireCache(),
      quota: new Quota(rate, clock),
      levels: [],
      times: new StreamTimes(this.#forgottenNs),
      limits: limitsOf(name).logs,
      registration: Promise.resolve(),
      registrationsUnderWay: 0,
    };
    this.#tenants.set(name, made);
    return made;
  }
}
