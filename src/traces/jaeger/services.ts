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

const NS_PER_MS = 1_000_000n;
/** Operations of an answer; a service with more has ids in its names. */
const OPERATIONS_MAX = 20_000;
/** Names are looked for in the last days first, which is as far as Jaeger looks (`es.max-span-age`), and in all that is stored where there are none. */
const RECENT_NS = 72n * 3_600_000_000_000n;

/** Names of all services of all tenants, sorted. */
export async function readServices(contexts: readonly SpanReadContext[]): Promise<readonly string[]> {
  const catalogues = await Promise.all(contexts.map((context) => context.catalogue(ALL_TIME)));
  return [...new Set(catalogues.flatMap(({ sources }) => sources.map(({ service }) => shownService(service))))].sort();
}

export function shownService(service: string): string {
  return service === '' ? NO_SERVICE : service;
}

/** Whose operations. */
export interface OperationsQuestion {
  readonly service: string;
  /** In lower case; empty for all. */
  readonly kind: string;
}

/** Operations of a service in all tenants, each once. */
export async function readOperations(
  contexts: readonly SpanReadContext[],
  question: OperationsQuestion,
  nowMs: number,
): Promise<readonly Operation[]> {
  const found = await Promise.all(contexts.map((context) => operationsOf(context, question, BigInt(nowMs) * NS_PER_MS)));
  return [...new Map(found.flat().map((each) => [JSON.stringify(each), each])).values()];
}

async function operationsOf(context: SpanReadContext, question: OperationsQuestion, nowNs: bigint): Promise<readonly Operation[]> {
  const recent = { fromNs: nowNs > RECENT_NS ? nowNs - RECENT_NS : 0n, toNs: ALL_TIME.toNs };
  const found = await operationsIn(context, recent, question);
  return found.length > 0 ? found : await operationsIn(context, ALL_TIME, question);
}

async function operationsIn(
  context: SpanReadContext,
  range: NsRange,
  { service, kind }: OperationsQuestion,
): Promise<readonly Operation[]> {
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
