// Logs as a part of the program: their store, the roads in, live tails, and the API that answers about them.

import { join, resolve } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { RequestError } from '../base/request-error.ts';
import { logsApiRoutes } from '../logs/api.ts';
import type { LogsApiOptions } from '../logs/api-context.ts';
import { deleteLines } from '../logs/delete-lines.ts';
import { DeleteRequests } from '../logs/delete-requests.ts';
import type { LogStore } from '../logs/log-store.ts';
import { openLogStore } from '../logs/open-log-store.ts';
import { runLogQuery } from '../logs/run-query.ts';
import { LOG_TABLES } from '../logs/table.ts';
import { tailRoutes } from '../logs/tail.ts';
import { readVolumes } from '../logs/volumes.ts';
import type { QueryLimitSettings, ReadContexts } from '../metrics/api-context.ts';
import type { ReadContext } from '../metrics/read.ts';
import { gated } from '../server/gated.ts';
import type { Request } from '../server/route.ts';
import { type Core, type Signal, version } from './core.ts';

/** How long a request to delete lines may still be cancelled. */
const DELETE_CANCEL_MS = 0;
const INCOMPLETE = 'the newest lines may be missing: the store cannot take them in at the moment';

export async function startLogs(core: Core, stack: AsyncDisposableStack): Promise<Signal> {
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
  return {
    kind: 'logs',
    tables: LOG_TABLES,
    routes: [...gated(logsApiRoutes(api), enter)],
    grpcRoutes: [],
    socketRoutes: tailRoutes({ ...api, enter, metrics, log, limitsOf: limits.of, follow: (tenant, tell) => logStore.follow(tenant, tell) }),
    begin: () => undefined,
    retentionApplied: (nowMs, retentionMsOf) => logStore.index?.retain(nowMs, retentionMsOf),
  };
}

async function apiOptions(core: Core, logStore: LogStore, stack: AsyncDisposableStack): Promise<LogsApiOptions> {
  const { settings, limits, log } = core;
  const contexts = readContexts(core, logStore);
  const deletions = stack.use(
    await DeleteRequests.open({
      file: join(resolve(settings.current.dataDir), 'log-deletions.json'),
      clock: systemClock,
      log,
      cancelMs: () => DELETE_CANCEL_MS,
      deleteLines: async (tenant, expr, range) => {
        const signal = new AbortController().signal;
        const context = await flushed(logStore, contextOf(core, logStore, { tenants: [tenant], signal }));
        // What waits would come into the table after the deletion.
        if (context.warnings.length > 0) throw new RequestError('unavailable', INCOMPLETE, { retryAfterS: 5 });
        return deleteLines(context, core.store.form, expr, range);
      },
    }),
  );
  return {
    clock: systemClock,
    status: { version: version(), revision: '', patterns: true },
    limitsOf: limits.of,
    contexts,
    runQuery: runLogQuery,
    volumes: readVolumes,
    deletions,
  };
}

function readContexts(core: Core, logStore: LogStore): ReadContexts {
  const lookUp = (request: Request): ReadContext => contextOf(core, logStore, request);
  return { lookUp, read: (request) => flushed(logStore, lookUp(request)) };
}

/** A read that sees all that was acknowledged, or says that it does not. */
async function flushed(logStore: LogStore, context: ReadContext): Promise<ReadContext> {
  return (await logStore.flush()) ? context : { ...context, warnings: [INCOMPLETE] };
}

type Reader = Pick<Request, 'tenants' | 'signal' | 'waitedMs'>;

/** The strictest limits of the tenants, and a signal that also fires when time is up. */
function contextOf({ store, limits }: Core, logStore: LogStore, { tenants, signal, waitedMs = 0 }: Reader): ReadContext {
  const least = (of: (query: QueryLimitSettings) => number): number => Math.min(...tenants.map((tenant) => of(limits.of(tenant).query)));
  // Waiting for a place is part of a query's time.
  const timeoutMs = Math.floor(least(({ timeout }) => timeout) - waitedMs);
  if (timeoutMs <= 0) throw new RequestError('timeout', 'query timed out in query queue (limits.query.timeout)');
  return {
    client: store.client,
    table: 'streams',
    index: logStore.index,
    tenants,
    oldestMs: (tenant) => {
      const { logs } = limits.of(tenant).retention;
      return logs === 0 ? Number.NEGATIVE_INFINITY : systemClock.now() - logs;
    },
    warnings: [],
    limits: {
      timeoutMs,
      memoryBytesMax: least(({ memoryBytes }) => memoryBytes),
      seriesMax: least(({ seriesMax }) => seriesMax),
      samplesMax: least(({ rowsMax }) => rowsMax),
    },
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  };
}
