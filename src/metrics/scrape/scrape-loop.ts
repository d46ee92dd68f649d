// One target, scraped again and again: fetch, parse, store, report; and the markers that say that a series has gone.
//
//   offset ─▶ scrape ─▶ wait for the next tick ─▶ scrape ─▶ …          target goes away ─▶ one interval later its series are marked stale
//
// Source: Prometheus `scrape.scrapeLoop`.

import { appendFile } from 'node:fs/promises';

import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { RequestError } from '../../base/request-error.ts';
import { labelsKey } from '../../query/labels.ts';
import { formatOf } from '../ingest/exposition.ts';
import { parseExposition } from '../ingest/parse-exposition.ts';
import type { BeginWrite, MetricWrite } from '../write.ts';
import type { PageSource, ScrapedPage } from './page-source.ts';
import type { PageCounts, PageRules } from './scrape-page.ts';
import { PageSink } from './scrape-page.ts';
import { ScrapeReports } from './scrape-reports.ts';
import { SeriesCache } from './series-cache.ts';
import type { Target } from './target.ts';
import { scrapeOffset } from './target.ts';

/** What all loops of a manager share. */
export interface ScrapeContext {
  readonly begin: BeginWrite;
  /** The tenant that scraped data belongs to. */
  readonly tenant: string;
  readonly log: Log;
  readonly clock: Clock;
}

export type TargetHealth = 'unknown' | 'up' | 'down';

/** How the last scrape went. */
export interface LoopState {
  readonly health: TargetHealth;
  readonly lastError: string;
  /** Milliseconds since the epoch; undefined before the first scrape. */
  readonly lastScrape: number | undefined;
  readonly lastScrapeDurationS: number;
}

export interface LoopOptions {
  readonly context: ScrapeContext;
  readonly source: PageSource;
  readonly rules: PageRules;
  /** Hands over what an ended loop of the same series knew. */
  readonly claim: (labelsKey: string) => SeriesCache | undefined;
}

const EMPTY = new Uint8Array(0);
/** Times so near to their place are put on it, so that they compress well. */
const ALIGN_TOLERANCE_MS = 2;
/** What a timer of the runtime can hold. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** What a scrape fetched; `bodyBytes` as the report wants it. */
type Fetched =
  | { readonly kind: 'page'; readonly page: ScrapedPage }
  | { readonly kind: 'failed'; readonly error: string; readonly bodyBytes: number };

type Stored = { readonly kind: 'good' } | { readonly kind: 'bad'; readonly error: string };

export class ScrapeLoop {
  readonly target: Target;
  readonly #options: LoopOptions;
  readonly #cache = new SeriesCache();
  readonly #reports: ScrapeReports;
  readonly #stopped = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #nextTick = 0;
  #forcedError = '';
  /** Whether anything of the target is stored, by this loop or by the one that it took over from. */
  #hasSeries: boolean;
  #discovered: Target['discovered'];
  #state: LoopState = { health: 'unknown', lastError: '', lastScrape: undefined, lastScrapeDurationS: 0 };

  constructor(target: Target, options: LoopOptions) {
    this.target = target;
    this.#options = options;
    this.#discovered = target.discovered;
    this.#reports = new ScrapeReports(target.labels, options.rules.config.extraScrapeMetrics);
    const inherited = options.claim(this.labelsKey);
    if (inherited !== undefined) this.#cache.inherit(inherited);
    this.#hasSeries = inherited !== undefined;
  }

  get state(): LoopState {
    return this.#state;
  }

  get discovered(): Target['discovered'] {
    return this.#discovered;
  }

  get cache(): SeriesCache {
    return this.#cache;
  }

  /** When the next scrape is or, once stopped, would have been. */
  get nextTick(): number {
    return this.#nextTick;
  }

  /** Tells loops apart by the labels that their series get. */
  get labelsKey(): string {
    return labelsKey(this.target.labels);
  }

  /** The same target was found again with other labels before relabelling. */
  rediscover(discovered: Target['discovered']): void {
    this.#discovered = discovered;
  }

  /** Scrapes fail with this error until it is empty again. */
  forceError(error: string): void {
    this.#forcedError = error;
  }

  start(): void {
    const { clock } = this.#options.context;
    const first = clock.now() + scrapeOffset(this.target.key, this.target.intervalMs, clock.now());
    this.#nextTick = first;
    this.#wait(first);
  }

  /** Ends the loop; resolves when a scrape under way has ended. Its series stay as they are. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** Marks the series that the target last had as gone at `ts`, except those that other loops have (`elsewhere`). */
  async markGone(ts: number, elsewhere: { readonly ids: ReadonlySet<number>; readonly labelsKeys: ReadonlySet<string> }): Promise<void> {
    if (!this.#hasSeries) return;
    const { context } = this.#options;
    const write = context.begin(context.tenant);
    for (const labels of this.#cache.remaining(elsewhere.ids)) write.stale(labels, ts);
    if (!elsewhere.labelsKeys.has(this.labelsKey)) this.#reports.writeStale(write, ts);
    await write.commit();
  }

  #wait(at: number): void {
    const delayMs = Math.min(Math.max(0, at - this.#options.context.clock.now()), this.target.intervalMs);
    this.#timer = setTimeout(
      () => {
        if (delayMs > TIMER_MS_MAX) this.#wait(at);
        else this.#running = this.#tick(at);
      },
      Math.min(delayMs, TIMER_MS_MAX),
    );
  }

  async #tick(at: number): Promise<void> {
    const { clock } = this.#options.context;
    const { intervalMs } = this.target;
    const now = clock.now();
    const late = now - at;
    await this.scrape(late >= 0 && late <= Math.min(intervalMs / 100, ALIGN_TOLERANCE_MS) ? at : now);
    // A clock that was set back must not stop the scraping until it has caught up.
    const base = late < -intervalMs / 100 ? now : at;
    const missed = Math.max(0, Math.floor((clock.now() - base) / intervalMs));
    this.#nextTick = base + (missed + 1) * intervalMs;
    if (!this.#stopped.signal.aborted) this.#wait(this.#nextTick);
  }

  /** One scrape, stored under the time `ts`. Does not reject: what goes wrong is the target's state, and in the log. */
  async scrape(ts: number): Promise<void> {
    const { context } = this.#options;
    const started = performance.now();
    const fetched = await this.#fetch();
    if (this.#stopped.signal.aborted && fetched.kind === 'failed') return;
    try {
      await this.#store(fetched, ts, started);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#state = { ...this.#state, lastError: `scrape could not be stored: ${message}` };
      context.log.warn('scrape could not be stored', { job: this.#options.rules.config.jobName, target: this.target.url, error });
    }
  }

  async #fetch(): Promise<Fetched> {
    if (this.#forcedError !== '') return { kind: 'failed', error: this.#forcedError, bodyBytes: 0 };
    try {
      return { kind: 'page', page: await this.#options.source(this.target, this.#stopped.signal) };
    } catch (error) {
      const isTooLarge = error instanceof RequestError && error.code === 'too_large';
      return { kind: 'failed', error: error instanceof Error ? error.message : String(error), bodyBytes: isTooLarge ? -1 : 0 };
    }
  }

  async #store(fetched: Fetched, ts: number, started: number): Promise<void> {
    const { context, rules } = this.#options;
    const page = fetched.kind === 'page' ? fetched.page : { contentType: '', body: EMPTY };
    const sink = new PageSink(rules, this.#cache, ts);
    const parsed = fetched.kind === 'failed' ? { kind: 'bad' as const, error: fetched.error } : this.#parse(page, sink);
    const write = context.begin(context.tenant);
    if (parsed.kind === 'good') sink.writeTo(write);
    else {
      this.#cache.forgetScrape();
      void this.#noteFailure(parsed.error);
    }
    for (const labels of this.#cache.stale()) write.stale(labels, ts);
    const metadata = parsed.kind === 'good' ? this.#cache.newMetadata() : [];
    for (const each of metadata) write.metadata(each);
    const durationS = (performance.now() - started) / 1000;
    this.#report(write, ts, { fetched, parsed, counts: sink.counts, durationS });
    this.#cache.finish(parsed.kind === 'good' && page.body.length > 0);
    this.#hasSeries = true;
    this.#state = {
      health: parsed.kind === 'good' ? 'up' : 'down',
      lastError: parsed.kind === 'good' ? '' : parsed.error,
      lastScrape: ts,
      lastScrapeDurationS: durationS,
    };
    const summary = await write.commit();
    this.#cache.metadataStored(metadata);
    this.#reports.stored();
    if (summary.refusals.length > 0) {
      context.log.warn('samples of a scrape were refused', {
        job: rules.config.jobName,
        target: this.target.url,
        refusals: summary.refusals,
      });
    }
  }

  /** An empty page has no series and is good, except in OpenMetrics: its pages end in a mark, so that this one was cut off. */
  #parse(page: ScrapedPage, sink: PageSink): Stored {
    const { config } = this.#options.rules;
    const choice = formatOf(page.contentType, config.fallbackScrapeProtocol);
    if (page.body.length === 0 && (choice.kind === 'refused' || choice.format !== 'openmetrics')) return { kind: 'good' };
    if (choice.kind === 'refused') return { kind: 'bad', error: choice.message };
    try {
      parseExposition(page.body, choice.format, sink, {
        nativeHistograms: config.scrapeNativeHistograms,
        convertClassicHistograms: config.convertClassicHistograms,
        classicHistograms: config.alwaysScrapeClassicHistograms,
      });
      sink.finish();
      return { kind: 'good' };
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      return { kind: 'bad', error: error.message };
    }
  }

  #report(
    write: MetricWrite,
    ts: number,
    done: { readonly fetched: Fetched; readonly parsed: Stored; readonly counts: PageCounts; readonly durationS: number },
  ): void {
    const { config } = this.#options.rules;
    this.#reports.write(write, ts, {
      ...done.counts,
      isUp: done.parsed.kind === 'good',
      durationS: done.durationS,
      bodyBytes: done.fetched.kind === 'page' ? done.fetched.page.body.length : done.fetched.bodyBytes,
      timeoutS: this.target.timeoutMs / 1000,
      sampleLimit: config.sampleLimit,
    });
  }

  /** `scrape_failure_log_file`: one JSON line per failed scrape. */
  async #noteFailure(error: string): Promise<void> {
    const { context, rules } = this.#options;
    const file = rules.config.scrapeFailureLogFile;
    if (file === '') return;
    const time = new Date(context.clock.now()).toISOString();
    const line = { time, level: 'ERROR', msg: error, job_name: rules.config.jobName, target: this.target.url };
    try {
      await appendFile(file, `${JSON.stringify(line)}\n`);
    } catch (cause) {
      context.log.warn('scrape failure log cannot be written', { file, error: cause });
    }
  }
}
