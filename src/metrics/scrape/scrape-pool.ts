// One job: its discoveries, the targets that come of them, and a loop for each target.
//
//   discoveries ─▶ groups ─▶ targets ─(difference)─▶ loops started and ended
//
// Source: Prometheus `scrape.scrapePool`.

import { Resolver } from 'node:dns/promises';

import type { Labels } from '../../query/labels.ts';
import type { Discovery } from './discovery.ts';
import { staticDiscovery } from './discovery.ts';
import { dnsDiscovery } from './dns-discovery.ts';
import { FileDiscovery } from './file-discovery.ts';
import type { HttpClientOptions } from './http-client.ts';
import { HttpClient } from './http-client.ts';
import { httpDiscovery } from './http-discovery.ts';
import type { PageSource } from './page-source.ts';
import { httpSource } from './page-source.ts';
import type { Relabeling } from './relabel.ts';
import { compileRelabeling } from './relabel.ts';
import type { ScrapeConfig } from './scrape-config.ts';
import type { LoopOptions, ScrapeContext } from './scrape-loop.ts';
import { ScrapeLoop } from './scrape-loop.ts';
import type { SeriesCache } from './series-cache.ts';
import type { TargetGroup } from './target.ts';
import { targetsOfGroup } from './target.ts';

export interface PoolOptions {
  readonly context: ScrapeContext;
  readonly http: HttpClientOptions;
  /** Pages of the program's own jobs; undefined scrapes over HTTP. */
  readonly source?: PageSource | undefined;
  /** Hands over what an ended loop of the same series knew. */
  readonly claim: (labelsKey: string) => SeriesCache | undefined;
  /** Takes a loop whose target went away. */
  readonly ended: (loop: ScrapeLoop) => void;
}

export class ScrapePool {
  readonly config: ScrapeConfig;
  readonly #options: PoolOptions;
  readonly #relabeling: Relabeling;
  readonly #metricRelabeling: Relabeling;
  readonly #client: HttpClient;
  readonly #source: PageSource;
  readonly #discoveries: readonly Discovery[];
  readonly #groups: (readonly TargetGroup[])[] = [];
  readonly #loops = new Map<string, ScrapeLoop>();
  #dropped: readonly Labels[] = [];
  #droppedCount = 0;
  #isStopped = false;

  constructor(config: ScrapeConfig, options: PoolOptions) {
    this.config = config;
    this.#options = options;
    this.#relabeling = compileRelabeling(config.relabelRules, config.nameScheme);
    this.#metricRelabeling = compileRelabeling(config.metricRelabelRules, config.nameScheme);
    this.#client = new HttpClient(config.http, options.http);
    this.#source = options.source ?? httpSource(config, this.#client);
    this.#discoveries = discoveriesOf(config, options);
  }

  get loops(): readonly ScrapeLoop[] {
    return [...this.#loops.values()];
  }

  /** Labels before relabelling of targets that it dropped, as many as `keep_dropped_targets` keeps. */
  get dropped(): readonly Labels[] {
    return this.#dropped;
  }

  get droppedCount(): number {
    return this.#droppedCount;
  }

  start(): void {
    for (const [index, discovery] of this.#discoveries.entries()) {
      discovery.start((groups) => {
        this.#groups[index] = groups;
        if (!this.#isStopped) this.#sync();
      });
    }
  }

  /** Ends discoveries and loops; the loops are handed to `ended`. Resolves when no scrape is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const discovery of this.#discoveries) discovery.stop();
    const loops = this.loops;
    this.#loops.clear();
    for (const loop of loops) this.#options.ended(loop);
    await Promise.all(loops.map(async (loop) => loop.stop()));
    this.#client.close();
  }

  #sync(): void {
    const found = this.#groups.flat().flatMap((group) => targetsOfGroup(group, this.config, this.#relabeling));
    const targets = new Map(found.flatMap((each) => (each.kind === 'target' ? [[each.target.key, each.target] as const] : [])));
    const dropped = found.flatMap((each) => (each.kind === 'dropped' ? [each.discovered] : []));
    const kept = this.config.keepDroppedTargets;
    this.#dropped = kept === 0 ? dropped : dropped.slice(0, kept);
    this.#droppedCount = dropped.length;
    const failed = found.flatMap((each) => (each.kind === 'failed' ? [each.message] : []));
    if (failed.length > 0) {
      this.#options.context.log.warn('targets could not be built', { job: this.config.jobName, count: failed.length, first: failed[0] });
    }
    for (const [key, loop] of this.#loops) {
      if (targets.has(key)) continue;
      this.#loops.delete(key);
      this.#options.ended(loop);
      void loop.stop();
    }
    for (const [key, target] of targets) {
      const known = this.#loops.get(key);
      if (known === undefined) this.#begin(key, new ScrapeLoop(target, this.#loopOptions(target.labels)));
      else known.rediscover(target.discovered);
    }
    this.#applyTargetLimit();
  }

  #loopOptions(targetLabels: Labels): LoopOptions {
    const rules = { config: this.config, metricRelabeling: this.#metricRelabeling, targetLabels };
    return { context: this.#options.context, source: this.#source, rules, claim: this.#options.claim };
  }

  #begin(key: string, loop: ScrapeLoop): void {
    this.#loops.set(key, loop);
    loop.start();
  }

  #applyTargetLimit(): void {
    const limit = this.config.targetLimit;
    const count = this.#loops.size;
    const error = limit > 0 && count > limit ? `target_limit exceeded (number of targets: ${count}, limit: ${limit})` : '';
    for (const loop of this.#loops.values()) loop.forceError(error);
  }
}

function discoveriesOf({ discovery }: ScrapeConfig, { context, http }: PoolOptions): readonly Discovery[] {
  const resolver = new Resolver();
  return [
    staticDiscovery(discovery.static_configs),
    ...discovery.file_sd_configs.map((config) => new FileDiscovery(config, context.log)),
    ...discovery.http_sd_configs.map((config) => httpDiscovery(config, new HttpClient(config, http), context.log)),
    ...discovery.dns_sd_configs.map((config) => dnsDiscovery(config, resolver, context.log)),
  ];
}
