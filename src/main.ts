// The program: starts everything in order, stops it in reverse. Read this first.
//
//   settings ─▶ log, own metrics ─▶ storage ─▶ tenants ─▶ signals ─▶ server ─▶ what runs by itself (scrapes, this host)

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { systemClock } from './base/clock.ts';
import { createLog, type Log } from './base/log.ts';
import { collectProcessMetrics } from './base/process-metrics.ts';
import { RequestError } from './base/request-error.ts';
import { SelfMetrics } from './base/self-metrics.ts';
import { checkConfigFiles } from './cli/check-config.ts';
import { helpText } from './cli/help-text.ts';
import { changedSettings, loadConfig, parseCommand, type Config, type ConfigSources } from './config.ts';
import { STOP_TIMEOUT_MS } from './limits.ts';
import { remoteWriteRoutes } from './metrics/ingest/remote-write.ts';
import { openMetricStore } from './metrics/open-metric-store.ts';
import { METRIC_MIGRATIONS } from './metrics/table.ts';
import type { GrpcRoute, Route } from './server/route.ts';
import { atBase } from './server/router.ts';
import { Server } from './server/server.ts';
import { controlRoutes, statusRoutes, type StatusOptions } from './server/status.ts';
import { uiFallback } from './server/ui-files.ts';
import { Store } from './storage/store.ts';
import { TenantLimitsTable } from './tenant/tenant-limits.ts';

const ROOT = resolve(import.meta.dirname, '..');
const EXIT_USAGE = 2;

async function serve(sources: ConfigSources): Promise<void> {
  let config = loadConfig(sources);
  const log = createLog(config.log.level);
  const metrics = new SelfMetrics();
  collectProcessMetrics(metrics);
  metrics.gauge('sightline_build_info', 'Version of the program.', ['version']).set(1, version());
  surviveUnexpected(log, metrics);
  const stopped = stopSignal(log);
  await using stack = new AsyncDisposableStack();

  const limits = new TenantLimitsTable(config);
  const reloads = metrics.counter('sightline_reloads_total', 'Reloads of the settings.', ['outcome']);

  const reload = async (): Promise<readonly string[]> => {
    try {
      const next = loadConfig(sources);
      const changed = changedSettings(config, next);
      limits.apply(next);
      server.apply(next.server);
      log.setLevel(next.log.level);
      config = next;
      reloads.add(1, 'ok');
      log.info('settings reloaded', { applied: changed.live, needRestart: changed.restart });
      return reloadSummary(changed);
    } catch (error) {
      reloads.add(1, 'refused');
      throw error;
    }
  };

  const store = stack.use(await openStore(config, log));
  const metricStore = stack.use(await openMetricStore({ store, limitsOf: limits.of, clock: systemClock, metrics }));

  const status: StatusOptions = { notReady: () => undefined, reload, metrics };
  const routes: readonly Route[] = [
    ...statusRoutes(status),
    ...atBase('/prom', controlRoutes(status)),
    ...atBase('/am', controlRoutes(status)),
    ...remoteWriteRoutes({ open: (tenant) => metricStore.open(tenant) }),
  ];
  const grpcRoutes: readonly GrpcRoute[] = [];

  const server = new Server({ settings: config.server, routes, grpcRoutes, fallback: uiFallback(join(ROOT, 'dist', 'ui')), metrics, log });
  stack.defer(() => server.stop());
  await server.listen();
  process.on('SIGHUP', () => {
    reload().catch((error: unknown) => log.error('reload refused; nothing was changed', { error }));
  });

  announce(log, config, server);
  await stopped;
}

function openStore({ dataDir, storage, limits }: Config, log: Log): Promise<Store> {
  return Store.open({
    dataDir: resolve(dataDir),
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

function reloadSummary({ live, restart }: ReturnType<typeof changedSettings>): readonly string[] {
  if (live.length + restart.length === 0) return ['nothing has changed'];
  return [...live.map((path) => `applied: ${path}`), ...restart.map((path) => `needs a restart: ${path}`)];
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

/** The message of an error and of its causes. */
function inspectChain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${inspectChain(error.cause)}`;
}
