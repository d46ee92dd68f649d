// Metrics whose spans must be looked at one by one: structure, scalar filters, parents, and what SQL cannot decide.
//
//   spans that any filter may let pass ─▶ all alone                          blocks of spans, each evaluated as it comes
//                                     └▶ with others, or whole traces        shares of the traces, each in the order of their ids ─▶ one trace after another
//
// What SQL says loses no span; the evaluation of the language decides. Memory holds a block and a trace.

import { type Sql, int, sql } from '../../base/sql.ts';
import { RequestError } from '../../base/request-error.ts';
import type { Catalogue, NsRange } from '../catalogue.ts';
import { type ExemplarsWanted, shownFields } from './metrics-exemplars.ts';
import type { Place } from './metrics-sql.ts';
import { TRUE } from '../plan/bounds.ts';
import { compileSearch } from '../plan/compile-search.ts';
import { statementOptions } from '../read.ts';
import { type RowSpan, SpanRows } from '../search/span-rows.ts';
import { BLOCK_NS } from '../table.ts';
import { NO_ROOT } from '../search/trace-facts.ts';
import type { Compare, Field, MetricsPipeline, Pipeline, RangeAggregate } from '../traceql/ast.ts';
import { compileFilter } from '../traceql/eval/expression.ts';
import { compileField } from '../traceql/eval/field.ts';
import { neededFields } from '../traceql/eval/needed-fields.ts';
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

export interface ObserveOptions {
  readonly into: Accumulator;
  readonly aggregate: RangeAggregate;
  readonly wanted: ExemplarsWanted;
}

/** Adds the spans of a query to its series; resolves to how many there were. */
export async function observeTraces(query: MetricsPipeline, place: Place, { into, aggregate, wanted }: ObserveOptions): Promise<number> {
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

export interface CompareOptions {
  readonly into: Comparison;
  readonly compare: Compare;
  readonly wanted: ExemplarsWanted;
}

/** The same for `compare`. */
export async function compareTraces(query: MetricsPipeline, place: Place, { into, compare, wanted }: CompareOptions): Promise<number> {
  const { startNs, endNs, filter } = compare;
  const passes = compileFilter(filter.expr);
  const hasWindow = startNs > 0n && endNs > 0n;
  const fields = comparedFields(place.catalogue);
  const attributes = fields.map((field) => ({ label: printField(field), value: compileField(field) }));
  return evaluated(query, place, { fields, wanted }, (span, exemplarOf) => {
    const start = span.view.startNs;
    const side = (!hasWindow || (start >= startNs && start < endNs)) && passes(span) ? 'selection' : 'baseline';
    const step = stepOf(place.steps, start);
    for (const { label, value } of attributes) {
      const found = value(span);
      if (found.type !== 'string' || found.value !== '' || label !== 'statusMessage')
        into.count(side, label, { value: found, step, count: 1 });
    }
    const exemplar = exemplarOf();
    if (exemplar !== undefined) into.exemplar(side, { ...exemplar, value: NaN });
  });
}

const NO_PLACE = { from: 0, to: 0 } as const;
const NAME: Field = { type: 'intrinsic', name: 'name', ofParent: false, spelling: 'name', place: NO_PLACE };
const SERVICE: Field = { type: 'attribute', scope: 'resource', ofParent: false, name: 'service.name', place: NO_PLACE };

function comparedFields(catalogue: Catalogue): readonly Field[] {
  const intrinsics = ['name', 'status', 'kind', 'statusMessage'] as const;
  const scopes = ['span', 'resource', 'instrumentation'] as const;
  return [
    ...intrinsics.map((name): Field => ({ type: 'intrinsic', name, ofParent: false, spelling: name, place: NO_PLACE })),
    ...scopes.flatMap((scope) =>
      catalogue.keys(scope).map((name): Field => ({ type: 'attribute', scope, ofParent: false, name, place: NO_PLACE })),
    ),
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
  for await (const trace of traces(query, place, [...fields, ...shownList])) {
    for (const set of evaluate(trace)) {
      for (const span of set.spans) observe(span, () => choose(span));
      spans += set.spans.length;
    }
  }
  return spans;
}

/** The traces that a pipeline may let spans of pass. Where spans do not matter to one another, what comes together is taken for one. */
async function* traces(query: MetricsPipeline, place: Place, more: readonly Field[]): AsyncGenerator<TraceView> {
  const { context, catalogue, steps } = place;
  const needed = neededFields({ root: query, hints: [] });
  const rows = new SpanRows({ fields: [...needed.fields, NAME, SERVICE, ...more], catalogue, range: steps });
  const isWhole = needed.usesStructure || needed.usesTrace;
  const source = spansOfTraces(place, query.pipeline, isWhole);
  const found = await countSpans(place, source);
  if (!isWhole && !needed.usesSeveralSpans) {
    const statement = sql`SELECT ${rows.columns} FROM spans WHERE ${source}`;
    for await (const block of context.client.stream(statement, statementOptions(context))) yield traceOf(rows.spans(block));
    return;
  }
  const shares = Math.ceil(found / SHARE_SPANS);
  for (let share = 0; share < shares; share++) {
    const part = shares === 1 ? sql`` : sql` AND modulo(intHash64(trace_low), ${int(shares)}) = ${int(share)}`;
    const statement = sql`SELECT ${rows.columns} FROM spans WHERE ${source}${part} ORDER BY trace_high, trace_low, ts, span_id`;
    let open: RowSpan[] = [];
    for await (const block of context.client.stream(statement, statementOptions(context))) {
      for (const span of rows.spans(block)) {
        const [first] = open;
        if (first !== undefined && (first.traceLow !== span.traceLow || first.traceHigh !== span.traceHigh)) {
          yield traceOf(open);
          open = [];
        }
        open.push(span);
      }
    }
    if (open.length > 0) yield traceOf(open);
  }
}

async function countSpans({ context }: Place, source: Sql): Promise<number> {
  const [row] = await context.client.query(sql`SELECT count() AS spans FROM spans WHERE ${source}`, statementOptions(context));
  const spans = Number(row?.['spans'] ?? 0);
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
function spansOfTraces({ context, catalogue, steps }: Place, pipeline: Pipeline, isWhole: boolean): Sql {
  const plan = compileSearch(pipeline, catalogue);
  const looked = sql`${context.within(steps)} AND (${plan.condition})`;
  const having = plan.kind === 'traces' ? plan.having : TRUE;
  const around: NsRange = { fromNs: steps.fromNs > BLOCK_NS ? steps.fromNs - BLOCK_NS : 0n, toNs: steps.toNs + BLOCK_NS };
  const read = isWhole ? context.within(around) : looked;
  if (having === TRUE && (!isWhole || plan.condition === TRUE)) return read;
  const ids = sql`SELECT trace_high, trace_low FROM spans WHERE ${looked} GROUP BY trace_high, trace_low HAVING ${having}`;
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
