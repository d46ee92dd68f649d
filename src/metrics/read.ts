// From selectors to series: what every reader of metrics asks first.
//
//   matchers ─▶ SQL on `series` for the days of the range ─▶ Selection ─▶ read-samples.ts streams its samples
//
// A read of several tenants asks each by itself and marks its series with the label `__tenant_id__`, which matchers may name.

import { RequestError } from '../base/request-error.ts';
import { type Sql, NOTHING, and, identifier, int, ints, sql, text } from '../base/sql.ts';
import { type Labels, METRIC_NAME, NO_LABELS } from '../query/labels.ts';
import { type Matcher, compileMatcher } from '../query/matchers.ts';
import { type Client, ClickHouseError, type QueryOptions } from '../storage/client.ts';
import { IdTable } from './id-table.ts';
import { selectNumbers } from './index-select.ts';
import { IndexSelection } from './index-selection.ts';
import { labelsOfRow } from './labels-of-row.ts';
import { matcherConditions } from './matcher-sql.ts';
import { type IndexView, type LabelTable, type SeriesIndex, dayRange } from './series-index.ts';
import type { KeptSamples } from './sample-cache.ts';

export const TENANT_LABEL = '__tenant_id__';
const DAY_MS = 86_400_000;
const LOW_HALF = 0xffffffffn;
/** Beyond so many, the series of a statement are asked for by a sub-select instead of by a list. */
const LISTED_SERIES_MAX = 5000;

/** Bounds of one query; where a setting stands behind one, a refusal names it. */
export interface ReadLimits {
  readonly timeoutMs: number;
  readonly memoryBytesMax: number;
  /** `limits.query.seriesMax`. */
  readonly seriesMax: number;
  /** `limits.query.rowsMax`: samples that are held at once. */
  readonly samplesMax: number;
}

/** What one query reads with. */
export interface ReadContext {
  readonly client: Client;
  /** Where label sets stand: of metrics or of logs. */
  readonly table: LabelTable;
  /** The labels of stored series in memory; what it does not hold is asked of the store. */
  readonly index?: SeriesIndex | undefined;
  /** Whose metrics: one tenant or several. */
  readonly tenants: readonly string[];
  readonly limits: ReadLimits;
  /** The time before which a tenant's retention shows nothing, in milliseconds; -Infinity where everything is kept. */
  readonly oldestMs: (tenant: string) => number;
  /** What is in memory of samples, and the moment of writing as of which all that was acknowledged can be read; absent where others may write. */
  readonly kept?: (KeptSamples & { readonly asOf: number }) | undefined;
  readonly signal: AbortSignal;
  /** What the reader must be told beside any result. */
  readonly warnings: readonly string[];
}

/** From and to in milliseconds, both included; infinite ends are open. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Series of one tenant that a selector chose. */
export interface Selection {
  readonly tenant: string;
  /** How many series; they are numbered from 0. */
  readonly size: number;
  /** The label set of a series; the tenant's label is in it where several tenants are read. */
  labels(number: number): Labels;
  /** The number of a series by the halves of its 64-bit id, or -1. Cheap: it is called for every run of rows. */
  find(low: number, high: number): number;
  /** The id of a series, whole and by halves. */
  id(number: number): bigint;
  low(number: number): number;
  high(number: number): number;
  /** The hashes of their names, by which tables are sorted. */
  readonly metrics: readonly number[];
  /** Condition that picks these series' rows, within the tenant, from a table keyed by `metric` and `series`. */
  readonly condition: Sql;
}

/** The options of every statement of a query. */
export function statementOptions({ limits, signal }: ReadContext): QueryOptions {
  return { timeoutMs: limits.timeoutMs, memoryBytesMax: limits.memoryBytesMax, signal };
}

/** The series that match, tenant by tenant. Throws `execution` when there are more than the limit allows. */
export async function selectSeries(context: ReadContext, matchers: readonly Matcher[], range: TimeRange): Promise<readonly Selection[]> {
  const selections: Selection[] = [];
  let left = context.limits.seriesMax;
  for (const tenant of tenantsFor(context, matchers)) {
    const selection = await selectOfTenant(context, { tenant, matchers: ownMatchers(context, matchers), range, left });
    left -= selection.size;
    if (selection.size > 0) selections.push(selection);
  }
  return selections;
}

interface TenantSelect {
  readonly tenant: string;
  readonly matchers: readonly Matcher[];
  readonly range: TimeRange;
  readonly left: number;
}

async function selectOfTenant(context: ReadContext, select: TenantSelect): Promise<Selection> {
  const { tenant, matchers, range, left } = select;
  const view = await indexView(context, tenant, range);
  if (view === undefined) return storedSelection(context, select);
  const numbers = await guarded(context, () => selectNumbers(view, matchers, context.signal));
  if (numbers.length > left) throw tooManySeries(context.limits.seriesMax);
  return new IndexSelection(view.index, numbers, {
    extra: extraLabels(context, tenant),
    condition: (metrics, ids) => rowCondition(context, select, metrics, ids),
  });
}

/** The tenant's index over a range, or undefined where the store has to be asked. */
export async function indexView(context: ReadContext, tenant: string, range: TimeRange): Promise<IndexView | undefined> {
  return context.index?.view(tenant, dayRange(withinRetention(context, tenant, range)));
}

/** The label that tells several tenants' series apart. */
export function extraLabels({ tenants }: ReadContext, tenant: string): readonly (readonly [string, string])[] {
  return tenants.length > 1 ? [[TENANT_LABEL, tenant]] : [];
}

async function storedSelection(context: ReadContext, select: TenantSelect): Promise<Selection> {
  const { tenant, left } = select;
  const statement = sql`SELECT series, any(metric) AS metric_id, any(name) AS metric_name, any(labels) AS label_map FROM ${identifier(context.table)} WHERE ${selectCondition(context, select)} GROUP BY series LIMIT ${int(left + 1)}`;
  const labels: Labels[] = [];
  const ids = new IdTable();
  const metrics = new Set<number>();
  const extra = extraLabels(context, tenant);
  await guarded(context, async () => {
    for await (const { rows, columns } of context.client.stream(statement, statementOptions(context))) {
      const { series = [], metric_id: metric = [], metric_name: name = [], label_map: maps = [] } = columns;
      for (let row = 0; row < rows; row++) {
        const id = bigintOf(series[row]);
        ids.add(Number(id & LOW_HALF), Number(id >> 32n));
        metrics.add(Number(metric[row]));
        labels.push(labelsOfRow(String(name[row]), maps[row], extra));
      }
      if (labels.length > left) throw tooManySeries(context.limits.seriesMax);
    }
  });
  const all = Array.from({ length: ids.size }, (_, number) => ids.id(number));
  return {
    tenant,
    size: labels.length,
    labels: (number) => labels[number] ?? NO_LABELS,
    find: (low, high) => ids.find(low, high),
    id: (number) => ids.id(number),
    low: (number) => ids.low(number),
    high: (number) => ids.high(number),
    metrics: [...metrics],
    condition: rowCondition(context, select, [...metrics], isOneMetric(select.matchers) ? undefined : all),
  };
}

export function tooManySeries(seriesMax: number): RequestError {
  return new RequestError(
    'execution',
    `the query selects more than ${seriesMax} series (limits.query.seriesMax): narrow its matchers or its time range`,
  );
}

/** All series of one metric: its key range holds them and nothing else, but for a rare collision, whose rows are passed over in reading. */
function isOneMetric(matchers: readonly Matcher[]): boolean {
  const [only] = matchers;
  return matchers.length === 1 && only?.name === METRIC_NAME && only.op === '=';
}

/** The rows of all series of some metrics, or of the series with these ids only. */
function rowCondition(context: ReadContext, select: TenantSelect, metrics: readonly number[], ids: readonly bigint[] | undefined): Sql {
  const oldest = context.oldestMs(select.tenant);
  const kept = Number.isFinite(oldest) ? sql` AND ts >= ${int(Math.ceil(oldest))}` : NOTHING;
  const base = sql`tenant = ${text(select.tenant)} AND metric IN ${ints(metrics)}${kept}`;
  if (ids === undefined) return base;
  if (ids.length <= LISTED_SERIES_MAX) return sql`${base} AND series IN ${ints(ids)}`;
  return sql`${base} AND series GLOBAL IN (SELECT series FROM ${identifier(context.table)} WHERE ${selectCondition(context, select)})`;
}

function selectCondition(context: ReadContext, { tenant, matchers, range }: TenantSelect): Sql {
  return seriesCondition(tenant, matchers, withinRetention(context, tenant, range));
}

/** The part of a range that the tenant's retention shows. */
export function withinRetention(context: ReadContext, tenant: string, { fromMs, toMs }: TimeRange): TimeRange {
  return { fromMs: Math.max(fromMs, context.oldestMs(tenant)), toMs };
}

/** Condition on the table `series`: the tenant, the days of the range and the matchers. */
export function seriesCondition(tenant: string, matchers: readonly Matcher[], range: TimeRange): Sql {
  return sql`tenant = ${text(tenant)}${and([...dayConditions(range), ...matcherConditions(matchers)])}`;
}

function dayConditions({ fromMs, toMs }: TimeRange): readonly Sql[] {
  const from = Math.max(Math.floor(fromMs / DAY_MS), -(2 ** 31));
  const to = Math.min(Math.floor(toMs / DAY_MS), 2 ** 31 - 1);
  if (from > 2 ** 31 - 1 || to < -(2 ** 31)) return [sql`0`];
  const after = Number.isFinite(fromMs) ? [sql`day >= ${int(from)}`] : [];
  return Number.isFinite(toMs) ? [...after, sql`day <= ${int(to)}`] : after;
}

/** The tenants that the matchers on `__tenant_id__` leave; in a read of one tenant that label is an ordinary one. */
export function tenantsFor(context: ReadContext, matchers: readonly Matcher[]): readonly string[] {
  if (context.tenants.length === 1) return context.tenants;
  const tests = matchers.filter((matcher) => matcher.name === TENANT_LABEL).map(compileMatcher);
  return context.tenants.filter((tenant) => tests.every((test) => test(tenant)));
}

/** The matchers that ask the series themselves. */
export function ownMatchers(context: ReadContext, matchers: readonly Matcher[]): readonly Matcher[] {
  return context.tenants.length === 1 ? matchers : matchers.filter((matcher) => matcher.name !== TENANT_LABEL);
}

export function bigintOf(value: unknown): bigint {
  return typeof value === 'bigint' ? value : BigInt(String(value));
}

/** Runs statements of a query; ClickHouse's refusals become the caller's errors, with the setting that bounds them. */
export async function guarded<T>({ signal }: Pick<ReadContext, 'signal'>, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    // A signal that fired for want of time says so in its reason.
    const timedOut = signal.aborted && signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError';
    if (timedOut) throw timeoutError(error);
    if (signal.aborted) throw new RequestError('canceled', 'query was canceled in expression evaluation', { cause: error });
    throw error instanceof ClickHouseError ? queryError(error) : error;
  }
}

function timeoutError(cause: unknown): RequestError {
  return new RequestError('timeout', 'query timed out in expression evaluation (limits.query.timeout)', { cause });
}

const TIMEOUT_EXCEEDED = 159;
const MEMORY_LIMIT_EXCEEDED = 241;
const TOO_MANY_ROWS = 158;
const TOO_MANY_BYTES = 307;
const QUERY_WAS_CANCELLED = 394;
const CANNOT_COMPILE_REGEXP = 427;
const TOO_SLOW = 160;

function queryError(error: ClickHouseError): Error {
  switch (error.code) {
    case TIMEOUT_EXCEEDED:
    case TOO_SLOW:
      return timeoutError(error);
    case MEMORY_LIMIT_EXCEEDED:
      return new RequestError('execution', 'the query needs more memory in the store than limits.query.memoryBytes allows', {
        cause: error,
      });
    case TOO_MANY_ROWS:
    case TOO_MANY_BYTES:
      return new RequestError('execution', 'the query reads more rows from the store than it may: narrow its matchers or its time range', {
        cause: error,
      });
    case QUERY_WAS_CANCELLED:
      return new RequestError('canceled', 'query was canceled in expression evaluation', { cause: error });
    case CANNOT_COMPILE_REGEXP:
      return new RequestError('bad_data', 'the store cannot compile a regular expression of the query', { cause: error });
    default:
      return error;
  }
}
