// Metrics whose spans must be looked at one by one: structure, scalar filters, parents, and what SQL cannot decide.
//
//   spans that any filter may let pass ─▶ all alone                          blocks of spans, each evaluated as it comes
//                                     └▶ with others, or whole traces        shares of the traces, each in the order of their ids ─▶ one trace after another
//
// What SQL says loses no span; the evaluation of the language decides. Memory holds a block and a trace. Queries that need no more of a trace than
// its root and its duration are counted by ClickHouse after all (metrics-with-traces.ts).

import { type Sql, sql } from '../../base/sql.ts';
import { RequestError } from '../../base/request-error.ts';
import type { Catalogue } from '../catalogue.ts';
import { COMPARED_INTRINSICS, countMapAttributes, isOptional, mapKeysOf, NESTED_SCOPES } from './compare-attributes.ts';
import { compareQuery, countCompared, sideField } from './compare-sql.ts';
import { addExemplars, type ExemplarSink, type ExemplarsWanted, shownFields } from './metrics-exemplars.ts';
import { countGrouped, groupedQuery, type Place } from './metrics-sql.ts';
import { around, joinedSpans, shareOf, sharesWithTraces, tracesShares, withTraces } from './metrics-with-traces.ts';
import { TRUE } from '../plan/bounds.ts';
import { compileSearch } from '../plan/compile-search.ts';
import { ROOT_NAME, ROOT_SOURCE, rootServiceOf, TRACE_DURATION, withTraceColumns } from '../plan/trace-columns.ts';
import { statementOptions } from '../read.ts';
import { MAP_COLUMNS, mapOf, type RowSpan, SpanRows, type SpanRowsOptions } from '../search/span-rows.ts';
import { NO_ROOT } from '../search/trace-facts.ts';
import type { Compare, Field, MetricsPipeline, Pipeline, RangeAggregate } from '../traceql/ast.ts';
import { compileFilter } from '../traceql/eval/expression.ts';
import { compileField } from '../traceql/eval/field.ts';
import { type NeededFields, neededFields } from '../traceql/eval/needed-fields.ts';
import { compilePipeline } from '../traceql/eval/pipeline.ts';
import type { EvalSpan } from '../traceql/eval/span.ts';
import type { Accumulator } from '../traceql/metrics/accumulator.ts';
import type { Comparison } from '../traceql/metrics/compare.ts';
import { printField } from '../traceql/print.ts';
import { stepOf } from '../traceql/metrics/steps.ts';
import type { TraceView } from '../traceql/span-view.ts';
import { NIL, type Value } from '../traceql/value.ts';

/** Spans that ClickHouse puts into the order of their traces at a time. */
const SHARE_SPANS = 250_000;

/** Spans of one trace that are looked at together: some 100 bytes each, beside the columns that they stand in. */
const TRACE_SPANS_MAX = 1_000_000;

export interface ObserveOptions {
  readonly into: Accumulator;
  readonly aggregate: RangeAggregate;
  readonly wanted: ExemplarsWanted;
}

/** Adds the spans of a query to its series; resolves to how many there were. */
export async function observeTraces(query: MetricsPipeline, place: Place, options: ObserveOptions): Promise<number> {
  if (ofTraceAlone(neededFields({ root: query, hints: [] }))) {
    const counted = await countWithTraces(query, place, options);
    if (counted !== undefined) return counted;
  }
  const { into, aggregate, wanted } = options;
  const groups = aggregate.by.map(compileField);
  const measure = aggregate.field === undefined ? () => NIL : compileField(aggregate.field);
  return evaluated(query, place, { fields: [], wanted }, (span, exemplarOf) => {
    const values = groups.map((group) => group(span));
    const measured = measure(span);
    into.observe(values, stepOf(place.steps, span.view.startNs), measured);
    const exemplar = exemplarOf();
    if (exemplar !== undefined) into.exemplar(values, exemplar, measured);
  });
}

/** Whether spans are asked about by themselves, but for facts of their traces. */
function ofTraceAlone({ usesTrace, usesStructure, usesSeveralSpans }: NeededFields): boolean {
  return usesTrace && !usesStructure && !usesSeveralSpans;
}

/** Undefined where SQL does not decide all of it. */
async function countWithTraces(
  query: MetricsPipeline,
  place: Place,
  { into, aggregate, wanted }: ObserveOptions,
): Promise<number | undefined> {
  if (groupedQuery(query.pipeline, aggregate, withTraceColumns(place.catalogue)) === undefined) return undefined;
  let total = 0;
  for (const share of await sharesWithTraces(place)) {
    const grouped = groupedQuery(query.pipeline, aggregate, share.catalogue);
    if (grouped === undefined) return undefined;
    const spans = await countGrouped(grouped, share, into);
    await addExemplars({ ...grouped, measured: aggregate.field }, share, { ...wanted, spans }, into);
    total += spans;
  }
  return total;
}

export interface CompareOptions {
  readonly into: Comparison;
  readonly compare: Compare;
  readonly wanted: ExemplarsWanted;
}

/** The same for `compare`. */
export async function compareTraces(query: MetricsPipeline, place: Place, options: CompareOptions): Promise<number> {
  if (ofTraceAlone(neededFields({ root: query, hints: [] }))) {
    const counted = await compareWithTraces(query, place, options);
    if (counted !== undefined) return counted;
  }
  const { into, compare, wanted } = options;
  const { startNs, endNs, filter } = compare;
  const passes = compileFilter(filter.expr);
  const hasWindow = startNs > 0n && endNs > 0n;
  const fields = comparedFields(place.catalogue);
  const maps = [
    { scope: 'span', known: new Set(mapKeysOf(place.catalogue)) },
    ...NESTED_SCOPES.map((scope) => ({ scope, known: new Set(place.catalogue.keys(scope)) })),
  ] as const;
  const attributes = fields.map((field) => ({ label: printField(field), value: compileField(field) }));
  return evaluated(query, place, { fields, wanted }, (span, exemplarOf) => {
    const start = span.view.startNs;
    const side = (!hasWindow || (start >= startNs && start < endNs)) && passes(span) ? 'selection' : 'baseline';
    const step = stepOf(place.steps, start);
    for (const { label, value } of attributes) {
      const found = value(span);
      if (found.type !== 'string' || found.value !== '' || !isOptional(label)) into.count(side, label, { value: found, step, count: 1 });
    }
    for (const { scope, known } of maps) countMapAttributes(into, side, { scope, step, known, attributes: mapOf(span.view, scope) });
    const exemplar = exemplarOf();
    if (exemplar !== undefined) into.exemplar(side, { ...exemplar, value: NaN });
  });
}

/** Undefined where SQL does not decide all of it. */
async function compareWithTraces(
  query: MetricsPipeline,
  place: Place,
  { into, compare, wanted }: CompareOptions,
): Promise<number | undefined> {
  const joined = await withTraces(place);
  const grouped = compareQuery(query.pipeline, compare, joined.catalogue);
  if (grouped === undefined) return undefined;
  const spans = await countCompared(grouped, joined, into);
  const chosen = { condition: grouped.condition, groups: [sideField(grouped)], measured: undefined };
  await addExemplars(chosen, joined, { ...wanted, spans }, exemplarsOfSides(into));
  return spans;
}

function exemplarsOfSides(into: Comparison): ExemplarSink {
  return {
    exemplar: ([side], candidate) =>
      into.exemplar(side?.type === 'bool' && side.value ? 'selection' : 'baseline', { ...candidate, value: NaN }),
  };
}

const NO_PLACE = { from: 0, to: 0 } as const;
const NAME: Field = { type: 'intrinsic', name: 'name', ofParent: false, spelling: 'name', place: NO_PLACE };
const SERVICE: Field = { type: 'attribute', scope: 'resource', ofParent: false, name: 'service.name', place: NO_PLACE };

/** But for attributes that stand in maps: those are looked at there, for they may be many. */
function comparedFields(catalogue: Catalogue): readonly Field[] {
  const ofScope = (scope: 'span' | 'resource' | 'instrumentation', names: readonly string[]): readonly Field[] =>
    names.map((name) => ({ type: 'attribute', scope, ofParent: false, name, place: NO_PLACE }));
  const inMap = new Set(mapKeysOf(catalogue));
  return [
    ...COMPARED_INTRINSICS,
    ...ofScope(
      'span',
      catalogue.keys('span').filter((name) => !inMap.has(name)),
    ),
    ...ofScope('resource', catalogue.keys('resource')),
    ...ofScope('instrumentation', catalogue.keys('instrumentation')),
  ];
}

interface Wanted {
  /** Fields beside those that the query names. */
  readonly fields: readonly Field[];
  readonly wanted: ExemplarsWanted;
}

interface Exemplar {
  readonly tsMs: number;
  readonly traceId: string;
  readonly attributes: readonly (readonly [string, Value])[];
}

/** Calls back with every span that the pipeline lets pass; an exemplar is made where it is asked for and may be one. */
type Observe = (span: EvalSpan, exemplarOf: () => Exemplar | undefined) => void;

async function evaluated(query: MetricsPipeline, place: Place, { fields, wanted }: Wanted, observe: Observe): Promise<number> {
  const evaluate = compilePipeline(query.pipeline);
  const shownList = wanted.limit === 0 ? [] : shownFields(wanted.fields);
  const shown = shownList.map((field) => ({ label: printField(field), value: compileField(field) }));
  const choose = (span: EvalSpan): Exemplar | undefined => {
    const { traceId, startNs } = span.view;
    const tsMs = Number(startNs / 1_000_000n);
    if (!wanted.choice.take(traceId, tsMs)) return undefined;
    const attributes = shown.map(({ label, value }) => [label, value(span)] as const).filter(([, value]) => value.type !== 'nil');
    return { tsMs, traceId, attributes };
  };
  let spans = 0;
  for await (const trace of traces(query, place, { more: [...fields, ...shownList], isCompared: fields.length > 0 })) {
    for (const set of evaluate(trace)) {
      for (const span of set.spans) observe(span, () => choose(span));
      spans += set.spans.length;
    }
  }
  return spans;
}

interface TracesOptions {
  readonly more: readonly Field[];
  /** All that there is of the spans is asked for, of their events and their traces too. */
  readonly isCompared: boolean;
}

/** The traces that a pipeline may let spans of pass. Where spans do not matter to one another, what comes together is taken for one. */
async function* traces(query: MetricsPipeline, given: Place, { more, isCompared }: TracesOptions): AsyncGenerator<TraceView> {
  const named = neededFields({ root: query, hints: [] });
  const needed = { ...named, usesTrace: named.usesTrace || isCompared };
  // Traces may be of the day before, and so may their roots' sources.
  const place = { ...given, catalogue: await given.context.catalogue(around(given.range)) };
  const rows = (extra: SpanRowsOptions['extra'] = []): SpanRows =>
    new SpanRows({
      fields: [...needed.fields, NAME, SERVICE, ...more],
      catalogue: place.catalogue,
      range: place.range,
      extra: [...extra, ...(isCompared ? MAP_COLUMNS : [])],
    });
  if (needed.usesStructure || needed.usesSeveralSpans) {
    yield* wholeTraces(place, rows(), spansOfTraces(place, query.pipeline, needed));
    return;
  }
  if (needed.usesTrace) {
    yield* aloneWithTraces(place, rows(TRACE_FACTS), query.pipeline);
    return;
  }
  const reader = rows();
  const source = spansOfTraces(place, query.pipeline, needed);
  await countSpans(place, sql`FROM spans WHERE ${source}`);
  const statement = sql`SELECT ${reader.columns} FROM spans WHERE ${source}`;
  for await (const block of place.context.client.stream(statement, statementOptions(place.context))) yield traceOf(reader.spans(block));
}

/** One trace after another. */
async function* wholeTraces(place: Place, rows: SpanRows, source: Sql): AsyncGenerator<TraceView> {
  const { context } = place;
  const shares = Math.ceil((await countSpans(place, sql`FROM spans WHERE ${source}`)) / SHARE_SPANS);
  for (let share = 0; share < shares; share++) {
    const part = shareOf(share, shares);
    const statement = sql`SELECT ${rows.columns} FROM spans WHERE ${source}${part} ORDER BY trace_high, trace_low, ts, span_id`;
    let open: RowSpan[] = [];
    for await (const block of context.client.stream(statement, statementOptions(context))) {
      for (const span of rows.spans(block)) {
        const [first] = open;
        if (first !== undefined && (first.traceLow !== span.traceLow || first.traceHigh !== span.traceHigh)) {
          yield traceOf(open);
          open = [];
        }
        if (open.length >= TRACE_SPANS_MAX)
          throw new RequestError(
            'execution',
            `the query has to look at a trace of more than ${TRACE_SPANS_MAX} spans as a whole: narrow the range`,
          );
        open.push(span);
      }
    }
    if (open.length > 0) yield traceOf(open);
  }
}

const TRACE_FACTS = [
  ['of_trace_name', ROOT_NAME],
  ['of_trace_source', ROOT_SOURCE],
  ['of_trace_duration', TRACE_DURATION],
] as const;

/** Each span by itself, with what its trace is. */
async function* aloneWithTraces(place: Place, rows: SpanRows, pipeline: Pipeline): AsyncGenerator<TraceView> {
  const { context } = place;
  const { condition } = compileSearch(pipeline, withTraceColumns(place.catalogue));
  const shares = (await tracesShares(place)).map((share) => sql`FROM (${joinedSpans(place, share)}) AS joined WHERE ${condition}`);
  let found = 0;
  for (const from of shares) found = await countSpans(place, from, found);
  for (const from of shares) {
    for await (const block of context.client.stream(sql`SELECT ${rows.columns} ${from}`, statementOptions(context))) {
      for (const span of rows.spans(block)) yield aloneIn(span, place.catalogue);
    }
  }
}

function aloneIn(span: RowSpan, catalogue: Catalogue): TraceView {
  const rootServiceName = textOf(rootServiceOf(String(span.cell('of_trace_source')), catalogue));
  const duration = span.cell('of_trace_duration');
  const facts = { rootName: String(span.cell('of_trace_name')), rootServiceName, durationNs: typeof duration === 'bigint' ? duration : 0n };
  return { traceId: span.traceId, startNs: span.startNs, spans: [span], ...facts };
}

/** How many rows a relation has, which is given with its FROM, and others before it; no more than may be looked at. */
async function countSpans({ context }: Place, from: Sql, before = 0): Promise<number> {
  const [row] = await context.client.query(sql`SELECT count() AS spans ${from}`, statementOptions(context));
  const spans = before + Number(row?.['spans'] ?? 0);
  if (spans > context.limits.spansMax)
    throw new RequestError(
      'execution',
      `the query has to look at ${spans} spans one by one, more than limits.query.rowsMax (${context.limits.spansMax}): narrow its first filter, or the range`,
    );
  return spans;
}

/**
 * The spans of traces that may have what the pipeline looks for: those that it may look at, or, where all of a trace matters, all of them; those of the
 * blocks around the range too, which connect others.
 */
function spansOfTraces(place: Place, pipeline: Pipeline, { usesStructure, usesTrace }: NeededFields): Sql {
  const { context, range } = place;
  const isWhole = usesStructure || usesTrace;
  const plan = compileSearch(pipeline, usesTrace ? withTraceColumns(place.catalogue) : place.catalogue);
  const having = plan.kind === 'traces' ? plan.having : TRUE;
  const read = isWhole ? context.within(around(range)) : sql`${context.within(range)} AND (${plan.condition})`;
  if (having === TRUE && (!isWhole || plan.condition === TRUE)) return read;
  const from = usesTrace ? sql`(${joinedSpans(place)}) AS joined` : sql`spans`;
  const ids = sql`SELECT trace_high, trace_low FROM ${from} WHERE ${context.within(range)} AND (${plan.condition}) GROUP BY trace_high, trace_low HAVING ${having}`;
  // Once for all shards of a cluster, each of which would ask all others.
  return sql`${read} AND (trace_high, trace_low) GLOBAL IN (${ids})`;
}

function traceOf(spans: readonly RowSpan[]): TraceView {
  const root = spans.find(({ parentId }) => parentId === '');
  let [startNs, endNs] = [spans[0]?.startNs ?? 0n, 0n];
  for (const span of spans) {
    if (span.startNs < startNs) ({ startNs } = span);
    if (span.startNs + span.durationNs > endNs) endNs = span.startNs + span.durationNs;
  }
  const of = (field: Field): string => (root === undefined ? NO_ROOT : textOf(root.value(field)));
  const durationNs = endNs - startNs;
  return { traceId: spans[0]?.traceId ?? '', rootName: of(NAME), rootServiceName: of(SERVICE), startNs, durationNs, spans };
}

function textOf(value: Value): string {
  return value.type === 'string' ? value.value : '';
}
