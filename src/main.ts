// The program: starts everything in order, stops it in reverse. Read this first.
//
//   settings ─▶ log, own metrics ─▶ store ─▶ each signal, in and out (main/start-….ts) ─▶ server ─▶ what runs by itself (scrapes, this host)

import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { OwnLog } from './agent/logs/own-log.ts';
import { systemClock } from './base/clock.ts';
import { createLog, type Log } from './base/log.ts';
import { collectProcessMetrics } from './base/process-metrics.ts';
import { RequestError } from './base/request-error.ts';
import { SelfMetrics } from './base/self-metrics.ts';
import { checkConfigFiles } from './cli/check-config.ts';
import { helpText } from './cli/help-text.ts';
import { type Config, type ConfigSources, loadConfig, parseCommand } from './config.ts';
import { RETENTION_INTERVAL_MS, STOP_TIMEOUT_MS } from './limits.ts';
import { linksRoutes } from './links/api.ts';
import { LOG_MIGRATIONS } from './logs/table.ts';
import { type Core, LiveSettings, ROOT, type Signal, version } from './main/core.ts';
import { startLogs } from './main/start-logs.ts';
import { startMetrics } from './main/start-metrics.ts';
import { startTraces } from './main/start-traces.ts';
import { METRIC_MIGRATIONS } from './metrics/table.ts';
import type { Route } from './server/route.ts';
import { atBase } from './server/router.ts';
import { Server } from './server/server.ts';
import { controlRoutes, statusRoutes, type StatusOptions } from './server/status.ts';
import { uiFallback } from './server/ui-files.ts';
import { applyRetention } from './storage/retention.ts';
import { Store } from './storage/store.ts';
import { watchStore } from './storage/store-metrics.ts';
import { QueryGate } from './tenant/query-gate.ts';
import { TenantLimitsTable } from './tenant/tenant-limits.ts';
import { TRACE_MIGRATIONS } from './traces/table.ts';

const EXIT_USAGE = 2;

async function serve(sources: ConfigSources): Promise<void> {
  const config = loadConfig(sources);
  const metrics = new SelfMetrics();
  const ownLog = new OwnLog({ metrics, nowMs: () => systemClock.now() });
  const log = createLog(config.log.level, undefined, ownLog.write);
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
  const signals = [metricsSignal, await startLogs(core, stack, ownLog), await startTraces(core, stack, metricsSignal.beginWrite)];
  stack.use(keepRetention(core, signals));

  const server = new Server({
    settings: config.server,
    routes: [
      ...controlledRoutes({ notReady: () => undefined, reload: () => settings.reload(), metrics }),
      ...signals.flatMap(({ routes }) => routes),
      ...linksRoutes(systemClock),
    ],
    grpcRoutes: signals.flatMap(({ grpcRoutes }) => grpcRoutes),
    socketRoutes: signals.flatMap(({ socketRoutes }) => socketRoutes),
    fallback: uiFallback(join(ROOT, 'dist', 'ui')),
    metrics,
    log,
  });
  stack.defer(() => server.stop());
  settings.follow((next) => () => server.apply(next.server));
  await server.listen();
  for (const { begin } of signals) begin(instanceOf(server));

  process.on('SIGHUP', () => {
    settings.reload().catch((error: unknown) => log.error('reload refused; nothing was changed', { error }));
  });
  announce(log, config, server);
  await stopped;
}

function queryGate(settings: LiveSettings, { of: limitsOf }: TenantLimitsTable, metrics: SelfMetrics): QueryGate {
  return new QueryGate({ limitsOf, concurrency: () => settings.current.query.concurrency, metrics });
}

/** Deletes what is older than its retention: now, every hour, and when a reload changes it. */
function keepRetention(core: Core, signals: readonly Signal[]): Disposable {
  const { settings, log } = core;
  let running: Promise<unknown> = Promise.resolve();
  const run = (config: Config): void => {
    for (const signal of signals) {
      running = running
        .then(() => applySignalRetention(core, signal, config))
        .catch((error: unknown) => log.error('retention could not be applied; it is tried again within the hour', { error }));
    }
  };
  run(settings.current);
  settings.follow((next) => () => run(next));
  const timer = setInterval(() => run(settings.current), RETENTION_INTERVAL_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

async function applySignalRetention(
  { store }: Core,
  { kind, tables, retentionApplied }: Signal,
  { limits, tenants }: Config,
): Promise<void> {
  const own = new Map([...tenants].map(([tenant, { retention }]) => [tenant, retention[kind]]));
  const defaultMs = limits.retention[kind];
  const nowMs = systemClock.now();
  await applyRetention(store, tables, { defaultMs, tenants: own }, nowMs);
  retentionApplied(nowMs, (tenant) => own.get(tenant) ?? defaultMs);
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
    migrations: [...METRIC_MIGRATIONS, ...LOG_MIGRATIONS, ...TRACE_MIGRATIONS],
    onInsertError: (table, error, attempt) => log.error('insert failed; it is tried again', { table, error, attempt }),
  });
}

/** The program's state, under the root and under the bases of the peers that have it. */
function controlledRoutes(status: StatusOptions): readonly Route[] {
  return [...statusRoutes(status), ...['/prom', '/am'].flatMap((base) => atBase(base, controlRoutes(status)))];
}

function instanceOf({ addresses: [main] }: Server): string {
  return main === undefined ? hostname() : `${main.host}:${main.port}`;
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
