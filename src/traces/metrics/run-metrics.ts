// Metrics queries over stored spans.
//
//   query ─▶ pipelines within it, each ─┬─ spans in memory, as far as they go    held/held-metrics.ts
//                                       ├─ ClickHouse groups and counts    metrics-sql.ts, compare-sql.ts
//                                       └─ spans come here in groups of traces    metrics-traces.ts
//         ─▶ arithmetic, topk, comparisons (traceql/metrics/algebra.ts) ─▶ series
//
// Answers are exact: the hint `sample` allows less and is met by all of it.

import { RequestError } from '../../base/request-error.ts';
import { compareText } from '../../query/labels.ts';
import type { MetricsAnswer, MetricsGrid, SearchStats, TraceSeries } from '../answers.ts';
import { countHeld } from '../held/held-metrics.ts';
import { compareQuery, countCompared, sideField } from './compare-sql.ts';
import { addExemplars, type ExemplarsWanted } from './metrics-exemplars.ts';
import { countGrouped, groupedQuery, type Place } from './metrics-sql.ts';
import { compareTraces, observeTraces } from './metrics-traces.ts';
import type { SpanReadContext } from '../read.ts';
import type { Compare, Field, Hint, MetricsPipeline, Query, RangeAggregate } from '../traceql/ast.ts';
import { neededFields } from '../traceql/eval/needed-fields.ts';
import { Accumulator } from '../traceql/metrics/accumulator.ts';
import { evaluateExpression, pipelinesOf } from '../traceql/metrics/algebra.ts';
import { Comparison } from '../traceql/metrics/compare.ts';
import { ExemplarChoice, exemplarLimit, withExemplarValues } from '../traceql/metrics/exemplars.ts';
import { printField } from '../traceql/print.ts';
import { seriesKey } from '../traceql/metrics/series-key.ts';
import { type Steps, stepsOf } from '../traceql/metrics/steps.ts';
import { treeText } from '../traceql/tree-text.ts';

export interface MetricsQuestion {
  readonly grid: MetricsGrid;
  /** One value for all of the range, which includes its start. */
  readonly isInstant: boolean;
  /** Of the whole answer at most; 0 for none. The hint `exemplars` goes before. */
  readonly exemplarsMax: number;
}

/** Values of an attribute that `compare` may be asked for. */
const COMPARED_MAX = 1000;

interface Run {
  readonly contexts: readonly SpanReadContext[];
  readonly steps: Steps;
  readonly exemplars: number;
  readonly seriesMax: number;
}

/** The series of a metrics query over the spans of all tenants of a read, in the order of their labels. */
export async function runMetrics(contexts: readonly SpanReadContext[], query: Query, question: MetricsQuestion): Promise<MetricsAnswer> {
  const { root, hints } = query;
  if (root.type === 'pipeline')
    throw new RequestError('bad_data', 'not a metrics query: it selects traces, and ends in no rate() or the like');
  const steps = stepsOf(question.grid, question.isInstant);
  const seriesMax = Math.min(...contexts.map(({ limits }) => limits.seriesMax));
  const run = { contexts, steps, exemplars: exemplarsOf(hints, question.exemplarsMax), seriesMax };
  const answers = new Map<MetricsPipeline, readonly TraceSeries[]>();
  const known = new Map<string, readonly TraceSeries[]>();
  let inspectedSpans = 0;
  for (const pipeline of pipelinesOf(root)) {
    // The same query may stand in an expression more than once.
    const key = treeText({ ...pipeline, second: [] });
    let series = known.get(key);
    if (series === undefined) {
      const answer = await firstStage(run, pipeline);
      inspectedSpans += answer.spans;
      known.set(key, (series = answer.series));
    }
    answers.set(pipeline, series);
  }
  const stats: SearchStats = { inspectedTraces: 0, inspectedBytes: 0, inspectedSpans };
  const series = evaluateExpression(root, answers).filter(({ values }) => values.some((value) => !Number.isNaN(value)));
  return { times: steps.times, series: inOrder(series.map((each) => withExemplarValues(each, steps))), stats };
}

/** `with(exemplars=false)`, `with(exemplars=10)`. */
function exemplarsOf(hints: readonly Hint[], asked: number): number {
  const value = hints.findLast(({ name }) => name === 'exemplars')?.value;
  if (value?.type === 'int') return exemplarLimit(Number(value.value));
  return value?.type === 'bool' && !value.value ? 0 : exemplarLimit(asked);
}

function inOrder(series: readonly TraceSeries[]): readonly TraceSeries[] {
  return series.toSorted((a, b) => compareText(seriesKey(a.labels), seriesKey(b.labels)));
}

interface FirstStage {
  readonly series: readonly TraceSeries[];
  readonly spans: number;
}

function firstStage(run: Run, query: MetricsPipeline): Promise<FirstStage> {
  return query.first.type === 'compare' ? compared(run, query, query.first) : aggregated(run, query, query.first);
}

async function aggregated(run: Run, query: MetricsPipeline, aggregate: RangeAggregate): Promise<FirstStage> {
  const { steps, seriesMax } = run;
  const into = new Accumulator({ aggregate, labels: aggregate.by.map(printField), steps, seriesMax });
  const wanted = wantedExemplars(run, query);
  let total = 0;
  for (const context of run.contexts) {
    const catalogue = await context.catalogue(steps);
    const held = await countHeld(query.pipeline, aggregate, { context, catalogue, steps, wanted }, into);
    total += held?.spans ?? 0;
    const range = { fromNs: held?.fromNs ?? steps.fromNs, toNs: steps.toNs };
    if (range.fromNs >= range.toNs) continue;
    const place: Place = { context, steps, range, catalogue };
    const grouped = groupedQuery(query.pipeline, aggregate, place.catalogue);
    if (grouped === undefined) {
      total += await observeTraces(query, place, { into, aggregate, wanted });
      continue;
    }
    const spans = await countGrouped(grouped, place, into);
    await addExemplars({ ...grouped, measured: aggregate.field }, place, { ...wanted, spans }, into);
    total += spans;
  }
  return { series: into.series(), spans: total };
}

async function compared(run: Run, query: MetricsPipeline, compare: Compare): Promise<FirstStage> {
  if (compare.topN > COMPARED_MAX)
    throw new RequestError('bad_data', `compare() shows at most ${COMPARED_MAX} values of an attribute: ${compare.topN}`);
  const into = new Comparison(compare.topN, run.steps.count);
  const wanted = wantedExemplars(run, query);
  let total = 0;
  for (const context of run.contexts) {
    const place: Place = { context, steps: run.steps, range: run.steps, catalogue: await context.catalogue(run.steps) };
    const grouped = compareQuery(query.pipeline, compare, place.catalogue);
    if (grouped === undefined) {
      total += await compareTraces(query, place, { into, compare, wanted });
      continue;
    }
    const spans = await countCompared(grouped, place, into);
    const chosen = { condition: grouped.condition, groups: [sideField(grouped)], measured: undefined };
    await addExemplars(
      chosen,
      place,
      { ...wanted, spans },
      {
        exemplar: ([side], candidate) =>
          into.exemplar(side?.type === 'bool' && side.value ? 'selection' : 'baseline', { ...candidate, value: NaN }),
      },
    );
    total += spans;
  }
  return { series: into.series(), spans: total };
}

function wantedExemplars({ exemplars, steps }: Run, query: MetricsPipeline): ExemplarsWanted {
  const fields: readonly Field[] = neededFields({ root: query, hints: [] }).fields;
  return { choice: new ExemplarChoice(exemplars, steps), limit: exemplars, spans: 0, fields };
}
