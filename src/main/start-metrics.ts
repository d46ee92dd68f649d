// Metrics as a part of the program: their store, the roads in, what is scraped, and the API that answers about them.

import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { EXPOSITION_TYPE } from '../agent/host/exposition.ts';
import { HostCollector } from '../agent/host/host-collector.ts';
import { hostRoutes } from '../agent/host/host-routes.ts';
import { systemClock } from '../base/clock.ts';
import { SELF_METRICS_CONTENT_TYPE, type SelfMetrics } from '../base/self-metrics.ts';
import { configFiles } from '../cli/config-files.ts';
import { settingsYaml } from '../cli/settings-yaml.ts';
import { type Config, environment, settingsInForce } from '../config.ts';
import type { ProgramStatus } from '../metrics/api-context.ts';
import { metricsApiRoutes } from '../metrics/api.ts';
import { importPrometheusRoutes } from '../metrics/ingest/import-prometheus.ts';
import { influxRoutes } from '../metrics/ingest/influx-write.ts';
import { otlpMetricsRoutes } from '../metrics/ingest/otlp-ingest.ts';
import { openPushgateway } from '../metrics/ingest/pushgateway.ts';
import { remoteWriteRoutes } from '../metrics/ingest/remote-write.ts';
import type { MetricStore } from '../metrics/metric-store.ts';
import { openMetricStore } from '../metrics/open-metric-store.ts';
import type { EvaluationSettings } from '../metrics/promql/steps/evaluation.ts';
import type { PageSource } from '../metrics/scrape/page-source.ts';
import { parseScrapeConfigs } from '../metrics/scrape/prometheus-config.ts';
import { checkRunnable, type OwnJob, ScrapeManager } from '../metrics/scrape/scrape-manager.ts';
import { targetRoutes } from '../metrics/scrape/targets-api.ts';
import { METRIC_TABLES } from '../metrics/table.ts';
import type { BeginWrite } from '../metrics/write.ts';
import { gated } from '../server/gated.ts';
import type { Route } from '../server/route.ts';
import { ANONYMOUS } from '../tenant/tenant.ts';
import { type Core, type LiveSettings, type Prepare, type Signal, version } from './core.ts';

/** Base paths under which plain Prometheus and Mimir answer. */
const PROMETHEUS_BASES = ['/prom', '/prometheus'];
/** Metrics, and how other signals write samples. */
export async function startMetrics(core: Core, stack: AsyncDisposableStack): Promise<Signal & { readonly beginWrite: BeginWrite }> {
  const { settings, log, metrics, limits, store } = core;
  const config = settings.current;
  const metricStore = stack.use(
    await openMetricStore({
      store,
      limitsOf: limits.of,
      clock: systemClock,
      metrics,
      indexSeriesMax: () => settings.current.query.indexSeriesMax,
      cacheBytesMax: () => settings.current.query.cacheBytes,
      onIndexError: (tenant, error) => log.warn('labels could not be loaded into memory; the store is asked instead', { tenant, error }),
    }),
  );
  // A retention that has become longer shows samples that were passed over when a block was read.
  settings.follow(() => () => metricStore.options.kept?.cache.clear());
  const push = { begin: metricStore.begin, now: systemClock };
  const pushgateway = stack.use(
    await openPushgateway({
      ...push,
      ...config.pushgateway,
      dir: join(resolve(config.dataDir), 'pushgateway'),
      intervalMs: config.pushgateway.interval,
      onError: (error) => log.warn('pushed values could not be stored anew', { error }),
    }),
  );
  const scrapes = new ScrapeManager({ begin: metricStore.begin, tenant: ANONYMOUS, log, version: version(), environment: environment() });
  stack.defer(() => scrapes.stop());
  const host = config.host.enabled ? new HostCollector({ ...config.host, version: version() }, log) : undefined;
  const otlp = otlpMetricsRoutes({ beginWrite: metricStore.begin, settingsOf: (tenant) => limits.of(tenant).otlp, clock: systemClock });
  watchDeltaStreams(metrics, otlp.deltaStreams);
  return {
    routes: [
      ...remoteWriteRoutes({ open: (tenant) => metricStore.open(tenant) }),
      ...otlp.http,
      ...importPrometheusRoutes(push),
      ...influxRoutes(push),
      ...pushgateway.routes(),
      ...readRoutes(core, metricStore),
      ...targetRoutes(scrapes, { prefixes: PROMETHEUS_BASES, hostname: hostname() }),
      ...(host === undefined ? [] : hostRoutes(host)),
    ],
    grpcRoutes: otlp.grpc,
    socketRoutes: [],
    beginWrite: metricStore.begin,
    kind: 'metrics',
    tables: METRIC_TABLES,
    begin: (instance) =>
      followScrapes(settings, scrapes, { self: selfPage(metrics), host: host === undefined ? undefined : hostPage(host), instance }),
    retentionApplied: (nowMs, retentionMsOf) => metricStore.index?.retain(nowMs, retentionMsOf),
  };
}

function evaluationSettings({ query }: Config): EvaluationSettings {
  const { lookback, subqueryStep, delayedNameRemoval, typeAndUnitLabels, useStartTimestamps } = query;
  return { lookbackMs: lookback, subqueryStepMs: subqueryStep, delayedNameRemoval, typeAndUnitLabels, useStartTimestamps };
}

function readRoutes(core: Core, metricStore: MetricStore): readonly Route[] {
  const { settings, limits, store } = core;
  const routes = metricsApiRoutes({
    client: store.client,
    form: store.form,
    clock: systemClock,
    limitsOf: limits.of,
    evaluation: () => evaluationSettings(settings.current),
    log: core.log,
    slowQueryMs: () => settings.current.query.slowLog,
    status: programStatus(settings, core.metrics),
    searchResultsMax: () => settings.current.query.searchResultsMax,
    flush: () => metricStore.flush(),
    index: metricStore.index,
    kept: metricStore.options.kept,
    onSeriesDeleted: (tenant) => metricStore.forget(tenant),
  });
  return gated(routes, (tenants, signal) => core.gate.enter(tenants, signal));
}

function programStatus(settings: LiveSettings, metrics: SelfMetrics): ProgramStatus {
  const print = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  return {
    version: version(),
    revision: '',
    startedMs: Date.now() - process.uptime() * 1000,
    hostname: hostname(),
    workingDirectory: process.cwd(),
    configYaml: () => settingsYaml(settings.current),
    flags: () => Object.fromEntries([...settingsInForce(settings.current)].map(([path, value]) => [path, print(value)])),
    lastReload: () => settings.lastReload,
    retentionMs: () => settings.current.limits.retention.metrics,
    selfMetrics: () => metrics.families(),
  };
}

/** What the program scrapes of itself, and as which instance. */
interface OwnPages {
  readonly self: PageSource;
  readonly host: PageSource | undefined;
  readonly instance: string;
}

/** Scrapes what the settings say, now and after every reload. */
function followScrapes(settings: LiveSettings, scrapes: ScrapeManager, pages: OwnPages): void {
  const prepare: Prepare = (next) => {
    const jobs = parseScrapeConfigs(next.scrape, configFiles);
    const own = ownJobs(next, pages, new Set(jobs.map(({ jobName }) => jobName)));
    for (const job of jobs) checkRunnable(job, own);
    return () => scrapes.apply(jobs, own);
  };
  settings.follow(prepare);
  prepare(settings.current)();
}

/** The program's own jobs. A job of the user's keeps its name: ours then gives way. */
function ownJobs({ host, selfScrape }: Config, pages: OwnPages, taken: ReadonlySet<string>): readonly OwnJob[] {
  const free = (name: string): string => (taken.has(name) ? free(`sightline-${name}`) : name);
  const own: OwnJob[] = [];
  if (selfScrape.interval > 0)
    own.push({ job: free('sightline'), instance: pages.instance, intervalMs: selfScrape.interval, read: pages.self });
  if (pages.host !== undefined) own.push({ job: free('node'), instance: hostname(), intervalMs: host.interval, read: pages.host });
  return own;
}

function selfPage(metrics: SelfMetrics): PageSource {
  return () => Promise.resolve({ contentType: SELF_METRICS_CONTENT_TYPE.openmetrics, body: Buffer.from(metrics.render('openmetrics')) });
}

function hostPage(host: HostCollector): PageSource {
  return async () => ({ contentType: EXPOSITION_TYPE, body: await host.collectText() });
}

function watchDeltaStreams(metrics: SelfMetrics, count: () => number): void {
  const gauge = metrics.gauge('sightline_otlp_delta_streams', 'Delta streams of OTLP metrics that are summed up.');
  metrics.onCollect(() => gauge.set(count()));
}
