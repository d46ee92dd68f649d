// Services and their operations: services from the catalogue in memory, operations from two columns of the table.

import { int, ints, sql } from '../../base/sql.ts';
import { guarded } from '../../metrics/read.ts';
import { ALL_TIME } from '../api/params.ts';
import type { NsRange } from '../catalogue.ts';
import { type SpanReadContext, statementOptions } from '../read.ts';
import { KIND_NAMES, type KindName } from '../traceql/value.ts';
import { NO_SERVICE } from './jaeger-json.ts';

export interface Operation {
  readonly name: string;
  /** Empty where the span has none. */
  readonly spanKind: KindName | '';
}

/** Operations of an answer; a service with more has ids in its names. */
const OPERATIONS_MAX = 20_000;
/** Names are looked for in the last days first, which is as far as Jaeger looks (`es.max-span-age`), and in all that is stored where there are none. */
const RECENT_NS = 72n * 3_600_000_000_000n;

/** Names of all services. */
export async function readServices(context: SpanReadContext): Promise<readonly string[]> {
  const { sources } = await context.catalogue(ALL_TIME);
  return [...new Set(sources.map(({ service }) => shownService(service)))];
}

export function shownService(service: string): string {
  return service === '' ? NO_SERVICE : service;
}

/** Operations of a service, of one kind where it is named. */
export async function readOperations(
  context: SpanReadContext,
  service: string,
  kind: string,
  nowNs: bigint,
): Promise<readonly Operation[]> {
  const recent = { fromNs: nowNs > RECENT_NS ? nowNs - RECENT_NS : 0n, toNs: ALL_TIME.toNs };
  const found = await operationsIn(context, recent, service, kind);
  return found.length > 0 ? found : await operationsIn(context, ALL_TIME, service, kind);
}

async function operationsIn(context: SpanReadContext, range: NsRange, service: string, kind: string): Promise<readonly Operation[]> {
  const { sources } = await context.catalogue(range);
  const ids = sources.filter((source) => shownService(source.service) === service).map(({ id }) => id);
  const kinds = KIND_NAMES.flatMap((name, number) => (name === kind ? [number] : []));
  if (ids.length === 0 || (kind !== '' && kinds.length === 0)) return [];
  const ofKind = kind === '' ? sql`` : sql` AND kind IN ${ints(kinds)}`;
  const statement = sql`SELECT name, kind FROM spans WHERE ${context.within(range)} AND source IN ${ints(ids)}${ofKind} GROUP BY name, kind ORDER BY name, kind LIMIT ${int(OPERATIONS_MAX)}`;
  const rows = await guarded(context, () => context.client.query(statement, statementOptions(context)));
  if (rows.length === OPERATIONS_MAX) context.warnings.push(`only ${OPERATIONS_MAX} operations are shown`);
  return rows.map((row) => ({
    name: String(row['name']),
    spanKind: Number(row['kind']) === 0 ? '' : (KIND_NAMES[Number(row['kind'])] ?? ''),
  }));
}
