// Logs as a part of the program: their store, the roads in, live tails, and the API that answers about them.

import { join, resolve } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { RequestError } from '../base/request-error.ts';
import type { OwnLog } from '../agent/logs/own-log.ts';
import { logsApiRoutes } from '../logs/api.ts';
import type { LogsApiOptions } from '../logs/api-context.ts';
import { patternRoutes } from '../logs/api-patterns.ts';
import { deleteLines } from '../logs/delete-lines.ts';
import { DeleteRequests } from '../logs/delete-requests.ts';
import { otlpLogsRoutes } from '../logs/ingest/otlp-logs.ts';
import { elasticBulkRoutes } from '../logs/ingest/elastic-bulk.ts';
import { elasticProbeRoutes } from '../logs/ingest/elastic-probes.ts';
import { jsonLinesRoutes } from '../logs/ingest/json-lines.ts';
import { decodePushRequest } from '../logs/ingest/push-protobuf.ts';
import { lokiPushRoutes } from '../logs/ingest/push-routes.ts';
import { SyslogServer } from '../logs/ingest/syslog-server.ts';
import type { LogStore } from '../logs/log-store.ts';
import { withLateLines } from '../logs/late-lines.ts';
import { openLogStore } from '../logs/open-log-store.ts';
import { readPatternLines } from '../logs/pattern-lines.ts';
import { runLogQuery } from '../logs/run-query.ts';
import { LOG_TABLES } from '../logs/table.ts';
import { tailRoutes } from '../logs/tail.ts';
import { readVolumes } from '../logs/volumes.ts';
import { type Reader, readContextsOf } from '../metrics/api-context.ts';
import { gated } from '../server/gated.ts';
import { type Core, type Signal, version } from './core.ts';
import { startHostLogs } from './start-host-logs.ts';

export async function startLogs(core: Core, stack: AsyncDisposableStack, ownLog: OwnLog): Promise<Signal> {
  const { settings, log, metrics, limits, store } = core;
  const logStore = stack.use(
    await openLogStore({
      store,
      limitsOf: limits.of,
      clock: systemClock,
      metrics,
      indexSeriesMax: () => settings.current.query.indexSeriesMax,
      onIndexError: (tenant, error) => log.warn('labels could not be loaded into memory; the store is asked instead', { tenant, error }),
    }),
  );
  const enter = (tenants: readonly string[], signal: AbortSignal): Promise<() => void> => core.gate.enter(tenants, signal);
  const api = await apiOptions(core, logStore, stack);
  const otlp = otlpLogsRoutes({ beginWrite: logStore.begin, settingsOf: (tenant) => limits.of(tenant).logs, clock: systemClock });
  const road = { begin: logStore.begin, clock: systemClock };
  const { tcp, udp, tenant } = settings.current.syslog;
  const syslog = stack.use(new SyslogServer({ tcp, udp, tenant, ...road, metrics, log }));
  await syslog.listen();
  return {
    kind: 'logs',
    tables: LOG_TABLES,
    routes: [
      ...lokiPushRoutes({ open: (tenant) => logStore.open(tenant), readProtobuf: decodePushRequest }),
      ...otlp.http,
      ...elasticBulkRoutes(road),
      ...elasticProbeRoutes(),
      ...jsonLinesRoutes(road),
      ...gated([...logsApiRoutes(api), ...patternRoutes({ ...api, lines: readPatternLines })], enter),
    ],
    grpcRoutes: otlp.grpc,
    socketRoutes: tailRoutes({ ...api, enter, metrics, log, limitsOf: limits.of, follow: (tenant, tell) => logStore.follow(tenant, tell) }),
    begin: () => startHostLogs(core, logStore.begin, ownLog, stack),
    retentionApplied: (nowMs, retentionMsOf) => {
      logStore.index?.retain(nowMs, retentionMsOf);
      logStore.options.late.retain(nowMs, retentionMsOf);
    },
  };
}

async function apiOptions(core: Core, logStore: LogStore, stack: AsyncDisposableStack): Promise<LogsApiOptions> {
  const { settings, limits, log } = core;
  const reads = readContextsOf({
    client: core.store.client,
    table: 'streams',
    clock: systemClock,
    index: logStore.index,
    limitsOf: limits.of,
    retentionMsOf: (tenant) => limits.of(tenant).retention.logs,
    flush: () => logStore.flush(),
  });
  const contexts = { lookUp: reads.lookUp, read: (reader: Reader) => withLateLines(logStore.options.late, () => reads.read(reader)) };
  const deletions = stack.use(
    await DeleteRequests.open({
      file: join(resolve(settings.current.dataDir), 'log-deletions.json'),
      clock: systemClock,
      log,
      cancelMs: () => settings.current.logDeletion.cancelPeriod,
      deleteLines: async (tenant, expr, range) => {
        const context = await contexts.read({ tenants: [tenant], query: new URLSearchParams(), signal: new AbortController().signal });
        // What waits would come into the table after the deletion.
        if (context.warnings.length > 0) throw new RequestError('unavailable', 'the store cannot take in the newest lines at the moment');
        return deleteLines(context, core.store.form, expr, range);
      },
    }),
  );
  return {
    clock: systemClock,
    log,
    slowQueryMs: () => settings.current.query.slowLog,
    status: { version: version(), revision: '', patterns: true },
    limitsOf: limits.of,
    contexts,
    runQuery: runLogQuery,
    volumes: readVolumes,
    deletions,
  };
}
