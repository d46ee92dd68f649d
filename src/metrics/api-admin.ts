// `/api/v1/admin/tsdb/…`: deletion of series, per tenant.
//
// Source: Prometheus HTTP API documentation, "TSDB Admin APIs".

import { RequestError } from '../base/request-error.ts';
import { type Sql, int, ints, join, sql, text } from '../base/sql.ts';
import type { Reply, Request, Route } from '../server/route.ts';
import { noContent } from '../server/route.ts';
import { physicalTable } from '../storage/schema.ts';
import { type Handle, type MetricsApiOptions, drawError, readContext } from './api-context.ts';
import { boolParam, matchParams, rangeParams } from './api-params.ts';
import { type ReadContext, type Selection, type TimeRange, guarded, selectSeries } from './read.ts';

const DAY_MS = 86_400_000;
/** Series per statement: a list of them is part of its text. */
const SERIES_PER_DELETE = 20_000;

/** The administration routes, for POST and PUT. */
export function adminRoutes(options: MetricsApiOptions): readonly Route[] {
  return [
    ...admin('/api/v1/admin/tsdb/delete_series', 'Deletes samples of the series that selectors match.', (request) =>
      deleteSeries(options, request),
    ),
    // Deleted rows are never shown and leave the disk as parts merge; there is nothing left to clean.
    ...admin('/api/v1/admin/tsdb/clean_tombstones', 'Does nothing: deletions leave no tombstones.', () => noContent),
    ...admin('/api/v1/admin/tsdb/snapshot', 'Not offered; says what to do instead.', ({ query }) => refuseSnapshot(query)),
  ];
}

// A snapshot of Prometheus's blocks is a directory that Prometheus starts on; this store has no blocks.
function refuseSnapshot(query: URLSearchParams): never {
  boolParam(query, 'skip_head');
  throw new RequestError(
    'unavailable',
    'snapshots are not offered: stop the program and copy its data directory (dataDir), or, where storage.url is set, use BACKUP of that ClickHouse server',
  );
}

function admin(path: string, summary: string, handle: Handle): readonly Route[] {
  return (['POST', 'PUT'] as const).map((method) => ({ method, path, summary, access: 'admin', error: drawError, handle }));
}

async function deleteSeries(options: MetricsApiOptions, request: Request): Promise<Reply> {
  const matches = matchParams(request.query);
  if (matches.length === 0) throw new RequestError('bad_data', 'no match[] parameter provided');
  if (request.tenants.length > 1) throw new RequestError('bad_data', 'series are deleted for one tenant at a time');
  const range = rangeParams(request.query);
  const context = await readContext(options, request);
  // What waits would come into the tables after the deletion.
  if (context.warnings.length > 0)
    throw new RequestError('unavailable', 'nothing was deleted: the store cannot take in the newest samples at the moment', {
      retryAfterS: 5,
    });
  for (const matchers of matches) {
    for (const selection of await selectSeries(context, matchers, range)) await deleteSelection(options, context, selection, range);
  }
  return noContent;
}

async function deleteSelection(options: MetricsApiOptions, context: ReadContext, selection: Selection, range: TimeRange): Promise<void> {
  const ids = Array.from({ length: selection.size }, (_, number) => selection.id(number));
  for (let from = 0; from < ids.length; from += SERIES_PER_DELETE) {
    const some = ids.slice(from, from + SERIES_PER_DELETE);
    const own = sql`tenant = ${text(selection.tenant)} AND series IN ${ints(some)}`;
    for (const table of ['samples', 'histograms', 'exemplars', 'starts'])
      await remove(options, context, table, join([own, ...timeConditions(range)], sql` AND `));
    await remove(options, context, 'series', join([own, ...wholeDays(range)], sql` AND `));
    options.onSeriesDeleted(selection.tenant);
  }
}

async function remove({ form }: MetricsApiOptions, context: ReadContext, name: string, where: Sql): Promise<void> {
  const { table, on } = physicalTable(name, form);
  await guarded(context, () => context.client.exec(sql`DELETE FROM ${table} ${on} WHERE ${where}`));
}

function timeConditions({ fromMs, toMs }: TimeRange): readonly Sql[] {
  return [...(Number.isFinite(fromMs) ? [sql`ts >= ${int(fromMs)}`] : []), ...(Number.isFinite(toMs) ? [sql`ts <= ${int(toMs)}`] : [])];
}

/** A day's row goes when the whole day does; on a day that keeps some samples the series still stands. */
function wholeDays({ fromMs, toMs }: TimeRange): readonly Sql[] {
  const first = Number.isFinite(fromMs) ? [sql`day >= ${int(Math.ceil(fromMs / DAY_MS))}`] : [];
  const last = Number.isFinite(toMs) ? [sql`day <= ${int(Math.floor((toMs + 1) / DAY_MS) - 1)}`] : [];
  return [...first, ...last];
}
