// All scraping of the program: one pool per job, changed while running, and the end of targets that went away.
//
//   apply(configs) ─▶ unchanged jobs run on; others end and begin anew, their series handed on
//   ended loop ─▶ waits until another has had the time to take its series over ─▶ marks what is left as gone
//
// Source: Prometheus `scrape.Manager`.

import { isDeepStrictEqual } from 'node:util';

import type { Clock } from '../../base/clock.ts';
import { systemClock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { RequestError } from '../../base/request-error.ts';
import type { Labels } from '../../query/labels.ts';
import type { BeginWrite, Metadata } from '../write.ts';
import { idleDiscoveries } from './discovery-config.ts';
import type { PageSource } from './page-source.ts';
import type { ScrapeConfig } from './scrape-config.ts';
import { rawScrapeConfig, resolveGlobal, resolveScrapeConfig, globalConfig } from './scrape-config.ts';
import type { LoopState, ScrapeLoop } from './scrape-loop.ts';
import { ScrapePool } from './scrape-pool.ts';
import type { SeriesCache } from './series-cache.ts';
import { readYaml } from './yaml-schema.ts';

export interface ScrapeManagerOptions {
  readonly begin: BeginWrite;
  /** The tenant that scraped data belongs to. */
  readonly tenant: string;
  readonly log: Log;
  /** Of the program, for `User-Agent`. */
  readonly version: string;
  readonly clock?: Clock;
  /** For `proxy_from_environment`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** A job of the program itself: its page comes from a function. */
export interface OwnJob {
  readonly job: string;
  /** What its series have as `instance`. */
  readonly instance: string;
  readonly intervalMs: number;
  readonly read: PageSource;
}

export interface ActiveTarget {
  readonly pool: string;
  readonly url: string;
  readonly discovered: Labels;
  readonly labels: Labels;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly state: LoopState;
  readonly metadata: () => readonly Metadata[];
}

/** What one job has found. */
export interface PoolTargets {
  readonly pool: string;
  readonly config: ScrapeConfig;
  readonly active: readonly ActiveTarget[];
  readonly dropped: readonly Labels[];
  readonly droppedCount: number;
}

interface Ending {
  readonly loop: ScrapeLoop;
  readonly timer: NodeJS.Timeout;
}

export class ScrapeManager {
  readonly #options: ScrapeManagerOptions;
  readonly #clock: Clock;
  readonly #pools = new Map<string, { readonly pool: ScrapePool; readonly own: OwnJob | undefined }>();
  readonly #endings = new Map<string, Ending>();
  #isStopped = false;

  constructor(options: ScrapeManagerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** The tenant that scraped data belongs to. */
  get tenant(): string {
    return this.#options.tenant;
  }

  /**
   * Makes `configs` and the program's own jobs the ones that run. Jobs that did not change run on untouched. Throws `bad_data`, and changes
   * nothing, when a job uses what cannot run here or has the name of one of the program's own.
   */
  apply(configs: readonly ScrapeConfig[], own: readonly OwnJob[] = []): void {
    for (const config of configs) checkRunnable(config, own);
    const wanted = new Map<string, { readonly config: ScrapeConfig; readonly own: OwnJob | undefined }>([
      ...configs.map((config) => [config.jobName, { config, own: undefined }] as const),
      ...own.map((job) => [job.job, { config: ownConfig(job), own: job }] as const),
    ]);
    for (const [name, running] of this.#pools) {
      const next = wanted.get(name);
      if (next !== undefined && next.own?.read === running.own?.read && isDeepStrictEqual(next.config, running.pool.config)) continue;
      this.#pools.delete(name);
      void running.pool.stop();
    }
    for (const [name, { config, own: job }] of wanted) {
      if (this.#pools.has(name)) continue;
      const pool = this.#createPool(config, job);
      this.#pools.set(name, { pool, own: job });
      pool.start();
    }
  }

  /** Every job's targets, by the name of the job. */
  targets(): readonly PoolTargets[] {
    return [...this.#pools]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { pool }]) => ({
        pool: name,
        config: pool.config,
        active: pool.loops.map((loop) => activeTarget(name, loop)),
        dropped: pool.dropped,
        droppedCount: pool.droppedCount,
      }));
  }

  /** Ends all scraping; resolves when nothing is under way. The program is to come back, so no series is marked as gone. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const { timer } of this.#endings.values()) clearTimeout(timer);
    this.#endings.clear();
    await Promise.all([...this.#pools.values()].map(async ({ pool }) => pool.stop()));
    this.#pools.clear();
  }

  #createPool(config: ScrapeConfig, own: OwnJob | undefined): ScrapePool {
    const { begin, tenant, log, version, environment } = this.#options;
    return new ScrapePool(config, {
      context: { begin, tenant, log, clock: this.#clock },
      http: { userAgent: `Sightline/${version}`, ...(environment === undefined ? {} : { environment }) },
      source: own?.read,
      claim: (labelsKey) => this.#claim(labelsKey),
      ended: (loop) => this.#end(loop),
    });
  }

  #claim(labelsKey: string): SeriesCache | undefined {
    const ending = this.#endings.get(labelsKey);
    if (ending === undefined) return undefined;
    clearTimeout(ending.timer);
    this.#endings.delete(labelsKey);
    return ending.loop.cache;
  }

  /** Waits for the time of the next scrape and one interval more: by then a target that only moved has been scraped again. */
  #end(loop: ScrapeLoop): void {
    if (this.#isStopped) return;
    const key = loop.labelsKey;
    const delayMs = Math.min(Math.max(0, loop.nextTick - this.#clock.now()) + loop.target.intervalMs * 1.1, TIMER_MS_MAX);
    const timer = setTimeout(() => {
      if (this.#endings.get(key)?.loop === loop) this.#endings.delete(key);
      void this.#markGone(loop);
    }, delayMs);
    clearTimeout(this.#endings.get(key)?.timer);
    this.#endings.set(key, { loop, timer });
  }

  async #markGone(loop: ScrapeLoop): Promise<void> {
    try {
      const running = [...this.#pools.values()].flatMap(({ pool }) => pool.loops);
      await loop.markGone(loop.nextTick, {
        ids: new Set(running.flatMap((each) => [...each.cache.presentIds()])),
        labelsKeys: new Set(running.map((each) => each.labelsKey)),
      });
    } catch (error) {
      this.#options.log.warn('series of a target that is gone could not be marked', { target: loop.target.url, error });
    }
  }
}

function activeTarget(pool: string, loop: ScrapeLoop): ActiveTarget {
  const { url, labels, intervalMs, timeoutMs } = loop.target;
  return {
    pool,
    url,
    discovered: loop.discovered,
    labels,
    intervalMs,
    timeoutMs,
    state: loop.state,
    metadata: () => loop.cache.metadata(),
  };
}

/** Throws `bad_data` when a job cannot run here, naming what it asks for. */
export function checkRunnable(config: ScrapeConfig, own: readonly OwnJob[] = []): void {
  const job = JSON.stringify(config.jobName);
  if (own.some((each) => each.job === config.jobName)) {
    throw new RequestError('bad_data', `scrape: job name ${job} is that of one of the program's own jobs; choose another`);
  }
  const [idle] = idleDiscoveries(config.discovery);
  if (idle !== undefined) {
    throw new RequestError(
      'bad_data',
      `scrape: job ${job} uses ${idle}, which is not supported yet; static, file, http and dns discovery are`,
    );
  }
  const connections = [config.http, ...config.discovery.http_sd_configs];
  if (connections.some((http) => http.proxy_connect_header.size > 0)) {
    throw new RequestError('bad_data', `scrape: job ${job} uses proxy_connect_header, which is not supported yet`);
  }
  const reference = connections.map((http) => secretReference(http)).find((name) => name !== undefined);
  if (reference !== undefined) {
    throw new RequestError('bad_data', `scrape: job ${job} uses ${reference}, and secret providers are not supported yet; name a file`);
  }
  if (connections.some(({ oauth2 }) => oauth2 !== undefined && !['', 'client_credentials'].includes(oauth2.grant_type))) {
    throw new RequestError(
      'bad_data',
      `scrape: job ${job} uses an oauth2 grant_type other than client_credentials, which is not supported yet`,
    );
  }
}

/** The first option that names a secret of a secret provider, at any depth: a job must not run without its credential. */
function secretReference(options: object): string | undefined {
  for (const [name, value] of Object.entries(options)) {
    if (name.endsWith('_ref') && typeof value === 'string' && value !== '') return name;
    const inner = typeof value === 'object' && value !== null ? secretReference(value) : undefined;
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/** What a timer of the runtime can hold. */
const TIMER_MS_MAX = 2 ** 31 - 1;

const GLOBAL = resolveGlobal(globalConfig.zero());

/** The configuration of one of the program's own jobs. */
function ownConfig({ job, instance, intervalMs }: OwnJob): ScrapeConfig {
  const raw = {
    job_name: job,
    scrape_interval: `${intervalMs}ms`,
    scrape_timeout: `${Math.min(intervalMs, 10_000)}ms`,
    static_configs: [{ targets: [instance] }],
  };
  return resolveScrapeConfig(readYaml(JSON.stringify(raw), rawScrapeConfig), GLOBAL);
}
