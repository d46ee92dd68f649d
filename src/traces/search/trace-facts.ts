// What a search says of a trace beside the spans that match: its root, its times, and how many spans and errors each service has in it.

import { type Sql, sql } from '../../base/sql.ts';
import { guarded } from '../../metrics/read.ts';
import type { Block } from '../../storage/native.ts';
import type { Catalogue } from '../catalogue.ts';
import { type SpanReadContext, plainOptions } from '../read.ts';
import { type TraceKey, traceIdText, spansOf } from './trace-ids.ts';

/** In place of the name and the service of a root that is not there. Source: Tempo, `pkg/search`. */
export const NO_ROOT = '<root span not yet received>';

export interface TraceFacts {
  readonly rootName: string;
  readonly rootServiceName: string;
  readonly startNs: bigint;
  /** From the first start to the last end. */
  readonly durationNs: bigint;
  readonly services: ReadonlyMap<string, { readonly spans: number; readonly errors: number }>;
  readonly spans: number;
  /** Spans that a condition lets pass. */
  readonly matched: number;
}

export interface FactsOptions {
  readonly catalogue: Catalogue;
  /** Spans that count as matched. */
  readonly matched: Sql;
}

/** By id in hex. The spans of a source are one row, so that a trace of any length is a few. */
export async function readTraceFacts(
  context: SpanReadContext,
  traces: readonly TraceKey[],
  { catalogue, matched }: FactsOptions,
): Promise<ReadonlyMap<string, TraceFacts>> {
  if (traces.length === 0) return new Map();
  const counted = sql`count() AS spans, countIf(status = 2) AS errors, countIf(${matched}) AS matching`;
  const times = sql`min(ts) AS first, max(ts + duration) AS last`;
  const root = sql`countIf(parent_id = 0) AS roots, argMinIf(name, ts, parent_id = 0) AS root, minIf(ts, parent_id = 0) AS root_ts`;
  const columns = sql`trace_high, trace_low, source, ${counted}, ${times}, ${root}`;
  const statement = sql`SELECT ${columns} FROM spans WHERE ${spansOf(context, traces)} GROUP BY trace_high, trace_low, source`;
  const parts: Part[] = [];
  await guarded(context, async () => {
    for await (const block of context.client.stream(statement, plainOptions(context))) parts.push(...partsOf(block));
  });
  return factsOfParts(context, catalogue, parts);
}

/** By trace. */
export async function factsOfParts(
  context: SpanReadContext,
  catalogue: Catalogue,
  parts: readonly Part[],
): Promise<ReadonlyMap<string, TraceFacts>> {
  const known = await catalogueOf(context, catalogue, parts);
  const byTrace = Map.groupBy(parts, ({ traceId }) => traceId);
  return new Map([...byTrace].map(([traceId, those]) => [traceId, factsOf(those, known)]));
}

/** What some spans of one source in a trace are. */
export interface Part {
  readonly traceId: string;
  readonly source: bigint;
  readonly spans: number;
  readonly errors: number;
  readonly matched: number;
  readonly firstNs: bigint;
  readonly lastNs: bigint;
  /** The first span without a parent. */
  readonly root: { readonly name: string; readonly ns: bigint } | undefined;
}

function partsOf({ rows, columns }: Block): readonly Part[] {
  const number = (name: string, row: number): bigint => {
    const value = columns[name]?.[row];
    return typeof value === 'bigint' ? value : 0n;
  };
  return Array.from({ length: rows }, (_, row) => ({
    traceId: traceIdText({ high: number('trace_high', row), low: number('trace_low', row) }),
    source: number('source', row),
    spans: Number(number('spans', row)),
    errors: Number(number('errors', row)),
    matched: Number(number('matching', row)),
    firstNs: number('first', row),
    lastNs: number('last', row),
    root: number('roots', row) === 0n ? undefined : { name: String(columns['root']?.[row]), ns: number('root_ts', row) },
  }));
}

/** A trace may be older than the time that is searched, and so may its sources be. */
async function catalogueOf(context: SpanReadContext, catalogue: Catalogue, parts: readonly Part[]): Promise<Catalogue> {
  const unknown = parts.filter(({ source }) => catalogue.source(source) === undefined);
  const [first] = unknown;
  if (first === undefined) return catalogue;
  let { firstNs, lastNs } = first;
  for (const part of unknown) {
    if (part.firstNs < firstNs) ({ firstNs } = part);
    if (part.lastNs > lastNs) ({ lastNs } = part);
  }
  return context.catalogue({ fromNs: firstNs, toNs: lastNs + 1n });
}

function factsOf(parts: readonly Part[], catalogue: Catalogue): TraceFacts {
  const services = new Map<string, { spans: number; errors: number }>();
  let [startNs, endNs] = [parts[0]?.firstNs ?? 0n, parts[0]?.lastNs ?? 0n];
  let root: Part | undefined;
  for (const part of parts) {
    if (part.firstNs < startNs) startNs = part.firstNs;
    if (part.lastNs > endNs) endNs = part.lastNs;
    if (part.root !== undefined && (root?.root === undefined || part.root.ns < root.root.ns)) root = part;
    const name = serviceOf(part, catalogue);
    const service = services.get(name) ?? { spans: 0, errors: 0 };
    services.set(name, { spans: service.spans + part.spans, errors: service.errors + part.errors });
  }
  return {
    rootName: root?.root?.name ?? NO_ROOT,
    rootServiceName: root === undefined ? NO_ROOT : serviceOf(root, catalogue),
    startNs,
    durationNs: endNs - startNs,
    services,
    spans: parts.reduce((sum, { spans }) => sum + spans, 0),
    matched: parts.reduce((sum, { matched }) => sum + matched, 0),
  };
}

function serviceOf({ source }: Part, catalogue: Catalogue): string {
  return catalogue.source(source)?.service ?? '';
}
