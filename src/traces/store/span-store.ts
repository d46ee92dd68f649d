// Where all spans go in: per tenant what is known of its sources and attribute keys, a writer for each table; and who is told of what came in.
//
//   SpanWrite ─▶ was it here before? ─▶ sources, attribute_keys ─▶ spans, trace_blocks ─(on disk)─▶ acknowledged ─▶ followers: metrics from spans

import type { Clock } from '../../base/clock.ts';
import { RequestError } from '../../base/request-error.ts';
import type { TenantLimits } from '../../config.ts';
import { TENANTS_WRITING_MAX } from '../../limits.ts';
import type { RecentWrites } from '../../metrics/recent-writes.ts';
import type { Client } from '../../storage/client.ts';
import type { TableWriter } from '../../storage/writer.ts';
import { Quota } from '../../tenant/quota.ts';
import { AttributeKeys } from './attribute-keys.ts';
import type { CatalogueStore } from './catalogue-store.ts';
import { GENERATION_MAX, RecentIds } from './recent-ids.ts';
import { SeenSpans } from './seen-spans.ts';
import { SpanSources } from './span-sources.ts';
import { StoreSpanWrite } from './span-write.ts';
import type { BeginSpanWrite, SpanFollower, SpanRefusal, StoredSpan } from '../write.ts';

export interface SpanStoreOptions {
  readonly client: Client;
  readonly writers: {
    readonly spans: TableWriter;
    readonly sources: TableWriter;
    readonly keys: TableWriter;
    readonly blocks: TableWriter;
  };
  readonly catalogues: CatalogueStore;
  /** Whose choice of columns for attributes this process follows; 0 where it is the only one. */
  readonly lineage: number;
  /** By tenant: columns that keys have been given before. */
  readonly given: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Spans that ended after that time cannot have been stored before this process began; milliseconds since the epoch. */
  readonly storedUpToMs: number;
  readonly limitsOf: (tenant: string) => Pick<TenantLimits, 'traces' | 'retention'>;
  readonly clock: Clock;
  /** Which times were written to. */
  readonly writes: RecentWrites;
  /** Told after every commit, for counters per tenant and reason. */
  readonly onCommit: (
    tenant: string,
    stored: { readonly spans: number; readonly bytes: number; readonly again: number },
    refusals: readonly SpanRefusal[],
  ) => void;
}

/** What is kept in memory of a tenant that writes. */
export interface TenantSpans {
  readonly name: string;
  keys: AttributeKeys;
  sources: SpanSources;
  readonly seen: SeenSpans;
  /** Blocks of time that traces are known to have spans in. */
  readonly blocks: RecentIds;
  readonly quota: Quota;
  /** Notes of sources and keys on their way to disk: whoever has spans of them waits too. */
  noting: Promise<void>;
  notesUnderWay: number;
  lastMs: number;
}

/** A tenant without spans for so long is forgotten; what it sends then is looked up in the store. */
const IDLE_MS = 3_600_000;
const PRUNE_INTERVAL_MS = 600_000;
/** Ids of one generation of all tenants together, as long as each has a few: a tenant has four of them, 16 bytes an id. */
const IDS_MAX = 1 << 22;
const GENERATION_MIN = 1 << 14;

export class SpanStore implements Disposable {
  readonly options: SpanStoreOptions;
  readonly #tenants = new Map<string, TenantSpans>();
  readonly #given: Map<string, ReadonlyMap<string, number>>;
  readonly #followers: SpanFollower[] = [];
  readonly #timer: NodeJS.Timeout;
  #forgottenMs: number;

  constructor(options: SpanStoreOptions) {
    this.options = options;
    this.#given = new Map(options.given);
    this.#forgottenMs = options.storedUpToMs;
    this.#timer = setInterval(() => void this.prune(), PRUNE_INTERVAL_MS).unref();
  }

  /** Begins one request's write. */
  readonly begin: BeginSpanWrite = (tenant) => new StoreSpanWrite(this, this.#tenant(tenant));

  /** Tells of all spans that are new, as soon as they are on disk. */
  follow(follower: SpanFollower): void {
    this.#followers.push(follower);
  }

  tell(tenant: string, spans: readonly StoredSpan[]): void {
    for (const follower of this.#followers) follower(tenant, spans);
  }

  /** Makes all that was acknowledged visible to readers; false when the store could not take it now. */
  async flush(): Promise<boolean> {
    const done = await Promise.all(Object.values(this.options.writers).map((writer) => writer.flush()));
    return done.every(Boolean);
  }

  /** What could not be noted is not known, and noted again when it comes. A key keeps its column: other notes of it may be on their way to disk. */
  forgetNotes(tenant: TenantSpans): void {
    tenant.keys = new AttributeKeys(tenant.keys.given(), this.#keysMax(tenant.name));
    tenant.sources = new SpanSources();
  }

  /** Sources of each tenant that writes. */
  activeSources(): ReadonlyMap<string, number> {
    return new Map([...this.#tenants].map(([name, { sources }]) => [name, sources.size]));
  }

  /** Forgets tenants that are silent, once what they sent can be asked about. */
  async prune(): Promise<void> {
    const now = this.options.clock.now();
    if (![...this.#tenants.values()].some(({ lastMs }) => now - lastMs >= IDLE_MS)) return;
    if (!(await this.options.writers.spans.flush())) return;
    for (const [name, tenant] of this.#tenants) {
      if (now - tenant.lastMs < IDLE_MS || tenant.notesUnderWay > 0) continue;
      this.#tenants.delete(name);
      const given = tenant.keys.given();
      if (given.size > 0) this.#given.set(name, given);
      this.#forgottenMs = Math.max(this.#forgottenMs, now);
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  readonly #generationMax = (): number => Math.max(GENERATION_MIN, Math.min(GENERATION_MAX, IDS_MAX / this.#tenants.size));

  #keysMax(tenant: string): () => number {
    return () => this.options.limitsOf(tenant).traces.attributeKeysMax;
  }

  #tenant(name: string): TenantSpans {
    const { limitsOf, clock, client, writers } = this.options;
    let tenant = this.#tenants.get(name);
    if (tenant === undefined) {
      if (this.#tenants.size >= TENANTS_WRITING_MAX)
        throw new RequestError('unavailable', `more than ${TENANTS_WRITING_MAX} tenants have written within the hour`, { retryAfterS: 60 });
      const rate = () => ({ rate: limitsOf(name).traces.ingestionRate, burst: limitsOf(name).traces.ingestionBurst });
      tenant = {
        name,
        keys: new AttributeKeys(this.#given.get(name) ?? new Map(), this.#keysMax(name)),
        sources: new SpanSources(),
        seen: new SeenSpans({
          client,
          clock,
          tenant: name,
          storedUpToMs: this.#forgottenMs,
          generationMax: this.#generationMax,
          flush: () => writers.spans.flush(),
        }),
        blocks: new RecentIds(Number.NEGATIVE_INFINITY, this.#generationMax),
        quota: new Quota(rate, clock),
        noting: Promise.resolve(),
        notesUnderWay: 0,
        lastMs: 0,
      };
      this.#tenants.set(name, tenant);
    }
    tenant.lastMs = clock.now();
    return tenant;
  }
}
