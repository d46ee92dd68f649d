// The program: starts everything in order, stops it in reverse. Read this first.
//
//   settings ─▶ log, own metrics ─▶ store ─▶ metrics in and out ─▶ server ─▶ what runs by itself (scrapes, this host)

import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { EXPOSITION_TYPE } from './agent/host/exposition.ts';
import { HostCollector } from './agent/host/host-collector.ts';
import { hostRoutes } from './agent/host/host-routes.ts';
import { systemClock } from './base/clock.ts';
import { createLog, type Log } from './base/log.ts';
import { collectProcessMetrics } from './base/process-metrics.ts';
import { RequestError } from './base/request-error.ts';
import { SELF_METRICS_CONTENT_TYPE, SelfMetrics } from './base/self-metrics.ts';
import { checkConfigFiles } from './cli/check-config.ts';
import { configFiles } from './cli/config-files.ts';
import { helpText } from './cli/help-text.ts';
import { settingsYaml } from './cli/settings-yaml.ts';
import { changedSettings, environment, loadConfig, parseCommand, settingsInForce, type Config, type ConfigSources } from './config.ts';
import { RETENTION_INTERVAL_MS, STOP_TIMEOUT_MS } from './limits.ts';
import type { EvaluationSettings } from './metrics/promql/steps/evaluation.ts';
import type { MetricStore } from './metrics/metric-store.ts';
import { metricsApiRoutes } from './metrics/api.ts';
import type { ProgramStatus } from './metrics/api-context.ts';
import { otlpMetricsRoutes } from './metrics/ingest/otlp-ingest.ts';
import { importPrometheusRoutes } from './metrics/ingest/import-prometheus.ts';
import { influxRoutes } from './metrics/ingest/influx-write.ts';
import { openPushgateway } from './metrics/ingest/pushgateway.ts';
import { remoteWriteRoutes } from './metrics/ingest/remote-write.ts';
import { openMetricStore } from './metrics/open-metric-store.ts';
import type { PageSource } from './metrics/scrape/page-source.ts';
import { parseScrapeConfigs } from './metrics/scrape/prometheus-config.ts';
import { checkRunnable, ScrapeManager, type OwnJob } from './metrics/scrape/scrape-manager.ts';
import { targetRoutes } from './metrics/scrape/targets-api.ts';
import { METRIC_MIGRATIONS, METRIC_TABLES } from './metrics/table.ts';
import type { GrpcRoute, Route } from './server/route.ts';
import { gated } from './server/gated.ts';
import { atBase } from './server/router.ts';
import { Server } from './server/server.ts';
import { controlRoutes, statusRoutes, type StatusOptions } from './server/status.ts';
import { uiFallback } from './server/ui-files.ts';
import { applyRetention } from './storage/retention.ts';
import { Store } from './storage/store.ts';
import { watchStore } from './storage/store-metrics.ts';
import { QueryGate } from './tenant/query-gate.ts';
import { TenantLimitsTable } from './tenant/tenant-limits.ts';
import { ANONYMOUS } from './tenant/tenant.ts';

const ROOT = resolve(import.meta.dirname, '..');
const EXIT_USAGE = 2;
/** Base paths under which plain Prometheus and Mimir answer. */
const PROMETHEUS_BASES = ['/prom', '/prometheus'];

async function serve(sources: ConfigSources): Promise<void> {
  const config = loadConfig(sources);
  const log = createLog(config.log.level);
  const metrics = new SelfMetrics();
  collectProcessMetrics(metrics);
  metrics.gauge('sightline_build_info', 'Version of the program.', ['version']).set(1, version());
  surviveUnexpected(log, metrics);
  const stopped = stopSignal(log);

  await using stack = new AsyncDisposableStack();
  const settings = new LiveSettings(sources, { config, log, metrics });
  const limits = new TenantLimitsTable(config);
  const store = stack.use(await openStore(config, log));
  watchStore(store, metrics);
  const core: Core = { settings, log, metrics, limits, gate: queryGate(settings, limits, metrics), store };
  settings.follow((next) => () => {
    log.setLevel(next.log.level);
    limits.apply(next);
  });
  const metricsSignal = await startMetrics(core, stack);
  stack.use(keepRetention(core, metricsSignal.retentionApplied));

  const server = new Server({
    settings: config.server,
    routes: [...controlledRoutes({ notReady: () => undefined, reload: () => settings.reload(), metrics }), ...metricsSignal.routes],
    grpcRoutes: metricsSignal.grpcRoutes,
    fallback: uiFallback(join(ROOT, 'dist', 'ui')),
    metrics,
    log,
  });
  stack.defer(() => server.stop());
  settings.follow((next) => () => server.apply(next.server));
  await server.listen();
  metricsSignal.begin(instanceOf(server));

  process.on('SIGHUP', () => {
    settings.reload().catch((error: unknown) => log.error('reload refused; nothing was changed', { error }));
  });
  announce(log, config, server);
  await stopped;
}

/** What every signal is given. */
interface Core {
  readonly settings: LiveSettings;
  readonly log: Log;
  readonly metrics: SelfMetrics;
  readonly limits: TenantLimitsTable;
  /** Bounds how many queries of a tenant run at the same time, of all languages together. */
  readonly gate: QueryGate;
  readonly store: Store;
}

/** A signal that has been started. */
interface Signal {
  readonly routes: readonly Route[];
  readonly grpcRoutes: readonly GrpcRoute[];
  /** Begins what runs by itself; `instance` is the address of this program. */
  readonly begin: (instance: string) => void;
  /** Told when what was older than its retention at that time has been deleted. */
  readonly retentionApplied: (nowMs: number, retentionMsOf: (tenant: string) => number) => void;
}

async function startMetrics(core: Core, stack: AsyncDisposableStack): Promise<Signal> {
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

function queryGate(settings: LiveSettings, { of: limitsOf }: TenantLimitsTable, metrics: SelfMetrics): QueryGate {
  return new QueryGate({ limitsOf, concurrency: () => settings.current.query.concurrency, metrics });
}

/** Deletes what is older than its retention: now, every hour, and when a reload changes it. */
function keepRetention({ settings, store, log }: Core, applied: Signal['retentionApplied']): Disposable {
  let running: Promise<unknown> = Promise.resolve();
  const run = ({ limits, tenants }: Config): void => {
    const own = new Map([...tenants].map(([tenant, { retention }]) => [tenant, retention.metrics]));
    const apply = async (): Promise<void> => {
      const nowMs = systemClock.now();
      await applyRetention(store, METRIC_TABLES, { defaultMs: limits.retention.metrics, tenants: own }, nowMs);
      applied(nowMs, (tenant) => own.get(tenant) ?? limits.retention.metrics);
    };
    running = running
      .then(apply)
      .catch((error: unknown) => log.error('retention could not be applied; it is tried again within the hour', { error }));
  };
  run(settings.current);
  settings.follow((next) => () => run(next));
  const timer = setInterval(() => run(settings.current), RETENTION_INTERVAL_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Checks settings that were read again, and may throw; what it returns applies them, and may not. */
type Prepare = (next: Config) => () => void;

/** The settings in force, and how they change while the program runs. */
class LiveSettings {
  readonly #sources: ConfigSources;
  readonly #log: Log;
  readonly #prepares: Prepare[] = [];
  readonly #count: (outcome: string) => void;
  #current: Config;
  #last = { success: true, ms: Date.now() };

  constructor(
    sources: ConfigSources,
    { config, log, metrics }: { readonly config: Config; readonly log: Log; readonly metrics: SelfMetrics },
  ) {
    this.#sources = sources;
    this.#current = config;
    this.#log = log;
    const reloads = metrics.counter('sightline_reloads_total', 'Reloads of the settings.', ['outcome']);
    this.#count = (outcome) => reloads.add(1, outcome);
  }

  get current(): Config {
    return this.#current;
  }

  get lastReload(): { readonly success: boolean; readonly ms: number } {
    return this.#last;
  }

  /** Adds a part that follows the settings. */
  follow(prepare: Prepare): void {
    this.#prepares.push(prepare);
  }

  /** Reads the settings again; resolves to what was done, a line each. Rejects, with nothing changed, when there is a mistake in them. */
  async reload(): Promise<readonly string[]> {
    this.#last = { success: false, ms: Date.now() };
    try {
      const next = loadConfig(this.#sources);
      const applies = this.#prepares.map((prepare) => prepare(next));
      for (const apply of applies) apply();
      const { live, restart } = changedSettings(this.#current, next);
      this.#current = next;
      this.#last = { success: true, ms: Date.now() };
      this.#count('ok');
      this.#log.info('settings reloaded', { applied: live, needRestart: restart });
      const lines = [...live.map((path) => `applied: ${path}`), ...restart.map((path) => `needs a restart: ${path}`)];
      return await Promise.resolve(lines.length === 0 ? ['nothing has changed'] : lines);
    } catch (error) {
      this.#count('refused');
      throw error;
    }
  }
}

function openStore({ dataDir, storage, limits }: Config, log: Log): Promise<Store> {
  return Store.open({
    dataDir: resolve(dataDir),
    url: storage.url?.reveal(),
    cluster: storage.cluster,
    readers: storage.readers,
    insertDelayMs: storage.insertDelay,
    batchRowsMax: storage.batchRowsMax,
    pendingBytesMax: storage.pendingBytesMax,
    engineArguments: storage.engineArguments,
    defaults: { timeoutMs: limits.query.timeout, memoryBytesMax: limits.query.memoryBytes, rowsReadMax: Number.MAX_SAFE_INTEGER },
    migrations: METRIC_MIGRATIONS,
    onInsertError: (table, error, attempt) => log.error('insert failed; it is tried again', { table, error, attempt }),
  });
}

/** The program's state, under the root and under the bases of the peers that have it. */
function controlledRoutes(status: StatusOptions): readonly Route[] {
  return [...statusRoutes(status), ...['/prom', '/am'].flatMap((base) => atBase(base, controlRoutes(status)))];
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

function instanceOf({ addresses: [main] }: Server): string {
  return main === undefined ? hostname() : `${main.host}:${main.port}`;
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

/** Says where the program listens, and warns when others can reach it. */
function announce(log: Log, config: Config, server: Server): void {
  const open = server.addresses.map(({ name, host, port }) => [name, host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`]);
  log.info('listening', { version: version(), dataDir: resolve(config.dataDir), addresses: Object.fromEntries(open) });
  const reachable = server.addresses.filter(({ host }) => !isLoopback(host)).map(({ name }) => name);
  if (reachable.length > 0)
    log.warn('listening beyond loopback without authentication: whoever reaches these addresses may read and write everything', {
      reachable,
    });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** Resolves at the first SIGTERM or SIGINT; a second one, or a stop that takes too long, ends the process at once. */
function stopSignal(log: Log): Promise<void> {
  const { promise, resolve: stop } = Promise.withResolvers<void>();
  let isStopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isStopping) process.exit(1);
      isStopping = true;
      log.info('stopping', { signal });
      setTimeout(() => {
        log.error('stopping took too long', { timeoutMs: STOP_TIMEOUT_MS });
        process.exit(1);
      }, STOP_TIMEOUT_MS).unref();
      stop();
    });
  }
  return promise;
}

/**
 * An error that nobody caught ends one task, not the process: what must hold together is in the store, where each change is one step, so there is
 * no state in memory that the lost task could have left half done. It is logged, and a counter tells that there is a mistake to be found.
 */
function surviveUnexpected(log: Log, metrics: SelfMetrics): void {
  const unexpected = metrics.counter('sightline_unexpected_errors_total', 'Errors that nobody caught.');
  const report = (error: unknown): void => {
    unexpected.add(1);
    log.error('unexpected error', { error });
  };
  process.on('unhandledRejection', report);
  process.on('uncaughtException', report);
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : 'unknown';
}

async function main(args: readonly string[]): Promise<number> {
  const command = parseCommand(args);
  switch (command.kind) {
    case 'help':
      process.stdout.write(helpText());
      return 0;
    case 'version':
      process.stdout.write(`sightline ${version()}\n`);
      return 0;
    case 'check-config':
      return checkConfigFiles(command.files);
    case 'serve':
      await serve(command.sources);
      return 0;
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // A mistake in the settings is the user's to read, without a stack.
  process.stderr.write(error instanceof RequestError ? `sightline: ${error.message}\n` : `sightline: ${inspectChain(error)}\n`);
  process.exitCode = error instanceof RequestError ? EXIT_USAGE : 1;
}
process.exit();

/** The message of an error and of its causes; of a mistake of ours the place too. */
function inspectChain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name !== 'Error') return error.stack ?? error.message;
  return error.cause === undefined ? error.message : `${error.message}: ${inspectChain(error.cause)}`;
}
