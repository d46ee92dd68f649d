// Both ways agree: what ClickHouse groups and counts of a metrics query, and every span of every trace evaluated and summed up in this process.
//
//   generated spans ─┬─▶ store ─▶ runMetrics ─▶ series
//                    └─▶ compilePipeline, Accumulator, one span after another ─▶ the same series

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import fc from 'fast-check';

import { SelfMetrics } from '../../base/self-metrics.ts';
import { loadConfig } from '../../config.ts';
import { openTestStore } from '../../metrics/test-store.ts';
import type { Attributes } from '../../otlp/any-value.ts';
import { attributeValue, typedTextValue } from '../api/attribute-value.ts';
import type { MetricsAnswer, TraceSeries } from '../answers.ts';
import { ATTRIBUTE_COLUMNS } from '../attribute-columns.ts';
import { openSpanStore } from '../store/open-span-store.ts';
import { SpanStore } from '../store/span-store.ts';
import { kindValue, statusValue } from '../plan/compile-value.ts';
import { spanRead } from '../read-context.ts';
import type { SpanReadContext } from '../read.ts';
import { labelOf, NESTED_SCOPES } from './compare-attributes.ts';
import { around } from './metrics-with-traces.ts';
import { type MetricsQuestion, runMetrics } from './run-metrics.ts';
import { compares, metricsQueries, SEED, START_NS, writtenSpans } from './run-metrics-data.ts';
import { traceViews } from '../search/search-data.ts';
import { TRACE_MIGRATIONS } from '../table.ts';
import { checkTraceql } from '../traceql/check.ts';
import type { Compare, MetricsPipeline, RangeAggregate } from '../traceql/ast.ts';
import { compileFilter } from '../traceql/eval/expression.ts';
import { compileField } from '../traceql/eval/field.ts';
import { compilePipeline } from '../traceql/eval/pipeline.ts';
import type { EvalSpan } from '../traceql/eval/span.ts';
import { Accumulator } from '../traceql/metrics/accumulator.ts';
import { evaluateExpression, pipelinesOf } from '../traceql/metrics/algebra.ts';
import { Comparison } from '../traceql/metrics/compare.ts';
import { valueKey } from '../traceql/metrics/series-key.ts';
import { type Steps, stepOf, stepsOf } from '../traceql/metrics/steps.ts';
import { parseTraceql } from '../traceql/parse.ts';
import { printField } from '../traceql/print.ts';
import { typedText } from '../typed-text.ts';
import { NIL, type Value } from '../traceql/value.ts';

const directory = await mkdtemp(join(tmpdir(), 'run-metrics-'));
const stack = new AsyncDisposableStack();
const { limits } = loadConfig({ file: undefined, flags: [] }, {});
const unbounded = { ...limits, traces: { ...limits.traces, ageMax: 0, futureWindow: 0 }, retention: { ...limits.retention, traces: 0 } };
const clock = { now: () => Number(START_NS / 1_000_000n) + 3_600_000 };
const MINUTE_NS = 60_000_000_000n;
const written = writtenSpans();
let context: SpanReadContext;

before(async () => {
  const store = stack.use(await openTestStore(directory, TRACE_MIGRATIONS));
  const spans = stack.use(await openSpanStore({ store, limitsOf: () => unbounded, clock, metrics: new SelfMetrics() }));
  // Written by several processes at different times: keys stand in the map, and in columns that others use for other keys.
  const stores = GIVEN.map((keys, i) =>
    stack.use(new SpanStore({ ...spans.options, lineage: i + 1, given: new Map([['a', given(keys)]]) })),
  );
  for (const [i, store] of stores.entries()) {
    const write = store.begin('a');
    for (const { source, span } of written.filter((_, at) => at % stores.length === i)) assert.ok(write.span(source, span, 100));
    assert.deepEqual((await write.commit()).refusals, []);
    assert.ok(await store.flush());
  }
  const reads = {
    client: store.client,
    catalogues: spans.options.catalogues,
    held: undefined,
    clock,
    limitsOf: () => unbounded,
    flush: () => spans.flush(),
  };
  context = await spanRead(reads, { tenants: ['a'], query: new URLSearchParams(), signal: new AbortController().signal });
});

after(async () => {
  await stack.disposeAsync();
  await rm(directory, { recursive: true, force: true });
});

/** The columns of keys, by process. */
const GIVEN: readonly Readonly<Record<string, string>>[] = [
  {},
  { foo: 'low_1', size: 'any_1' },
  { 'rare key': 'low_1', foo: 'any_1', weight: 'low_2' },
];

function given(keys: Readonly<Record<string, string>>): ReadonlyMap<string, number> {
  return new Map(Object.entries(keys).map(([key, column]) => [key, ATTRIBUTE_COLUMNS.findIndex(({ name }) => name === column)]));
}

const questions = fc
  .record({
    startNs: fc.bigInt({ min: 0n, max: 5n * MINUTE_NS }).map((after) => START_NS + after),
    lengthNs: fc.bigInt({ min: 1n, max: 6n * MINUTE_NS }),
    stepNs: fc.constantFrom(30_000_000_000n, MINUTE_NS, 7_000_000_000n),
    isInstant: fc.boolean(),
  })
  .map(({ startNs, lengthNs, stepNs, isInstant }): MetricsQuestion => {
    return { grid: { startNs, endNs: startNs + lengthNs, stepNs }, isInstant, exemplarsMax: 20 };
  });

test('series of ClickHouse are those of all spans', async () => {
  let series = 0;
  await fc.assert(
    fc.asyncProperty(metricsQueries, questions, async (text, question) => {
      const query = parseTraceql(text);
      checkTraceql(query);
      const answer = await runMetrics([context], query, question);
      series += answer.series.length;
      checkExemplars(answer, question);
      assert.ok(query.root.type !== 'pipeline');
      const steps = stepsOf(question.grid, question.isInstant);
      const expected = evaluateExpression(query.root, new Map(pipelinesOf(query.root).map((each) => [each, firstStage(each, steps)])));
      assert.deepEqual(linesOf(answer.series), linesOf(expected), text);
    }),
    { numRuns: 60, seed: SEED },
  );
  assert.ok(series > 100);
});

test('comparisons of ClickHouse are those of all spans', async () => {
  await fc.assert(
    fc.asyncProperty(compares, questions, async (text, question) => {
      const query = parseTraceql(text);
      checkTraceql(query);
      const answer = await runMetrics([context], query, question);
      checkExemplars(answer, question);
      assert.ok(query.root.type === 'metrics' && query.root.first.type === 'compare');
      const steps = stepsOf(question.grid, question.isInstant);
      const { first } = query.root;
      const expected = comparison(query.root, first, steps);
      const every = comparison(query.root, { ...first, topN: 100_000 }, steps);
      // Of values that are equally frequent any may be shown.
      assert.deepEqual(valuesOf(answer.series).map(rankOf).toSorted(), valuesOf(expected).map(rankOf).toSorted(), text);
      const known = new Set(linesOf(every));
      assert.deepEqual(
        linesOf(valuesOf(answer.series)).filter((line) => !known.has(line)),
        [],
        text,
      );
      assert.deepEqual(linesOf(othersOf(answer.series)), linesOf(othersOf(expected)), text);
    }),
    { numRuns: 10, seed: SEED },
  );
});

/** Labels and values, in an order that is theirs; sums of fractions may differ in their last digits. Series without values are none. */
function linesOf(series: readonly TraceSeries[]): readonly string[] {
  return series
    .filter(({ values }) => values.some((value) => !Number.isNaN(value)))
    .map(
      ({ labels, values }) =>
        `${labels.map(([name, value]) => `${name}=${valueKey(value)}`).join(', ')}: ${[...values].map((value) => Number(value.toPrecision(12))).join(' ')}`,
    )
    .toSorted();
}

/** Counts of values, without those of whole attributes and of errors. */
function valuesOf(series: readonly TraceSeries[]): readonly TraceSeries[] {
  return series.filter(({ labels }) => labels[1]?.[1].type !== 'nil');
}

function othersOf(series: readonly TraceSeries[]): readonly TraceSeries[] {
  return series.filter(({ labels }) => labels[1]?.[1].type === 'nil');
}

function rankOf({ labels, values }: TraceSeries): string {
  return `${labels.map(([name, value], i) => (i === 0 ? valueKey(value) : name)).join(' ')}: ${values.reduce((sum, value) => sum + value, 0)}`;
}

function checkExemplars({ series, times }: MetricsAnswer, { isInstant }: MetricsQuestion): void {
  const exemplars = series.flatMap((each) => each.exemplars);
  assert.ok(!isInstant || exemplars.length === 0);
  for (const { tsMs, traceId, attributes } of exemplars) {
    assert.ok(tsMs <= (times.at(-1) ?? 0));
    assert.match(traceId, /^[0-9a-f]{32}$/);
    assert.ok(attributes.some(([name]) => name === 'name'));
  }
}

function firstStage({ pipeline, first }: MetricsPipeline, steps: Steps): readonly TraceSeries[] {
  assert.ok(first.type === 'rangeAggregate');
  const aggregate: RangeAggregate = first;
  const into = new Accumulator({ aggregate, labels: aggregate.by.map(printField), steps, seriesMax: 10_000 });
  const groups = aggregate.by.map(compileField);
  const measure = aggregate.field === undefined ? () => NIL : compileField(aggregate.field);
  for (const span of selected(pipeline, steps)) {
    into.observe(
      groups.map((group) => group(span)),
      stepOf(steps, span.view.startNs),
      measure(span),
    );
  }
  return into.series();
}

function comparison({ pipeline }: MetricsPipeline, { filter, topN, startNs, endNs }: Compare, steps: Steps): readonly TraceSeries[] {
  const into = new Comparison(topN, steps.count);
  const passes = compileFilter(filter.expr);
  for (const span of selected(pipeline, steps)) {
    const start = span.view.startNs;
    const isSelected = (startNs === 0n || (start >= startNs && start < endNs)) && passes(span);
    const [side, step] = [isSelected ? 'selection' : 'baseline', stepOf(steps, start)] as const;
    for (const [name, value] of attributesOf(span)) into.count(side, name, { value, step, count: 1 });
    for (const [name, texts] of NESTED_SCOPES.flatMap((scope) => [...nestedOf(span, scope)])) {
      into.total(side, name, { step, count: 1 });
      for (const text of texts) into.value(side, name, { value: typedTextValue(text), step, count: 1 });
    }
  }
  return into.series();
}

function selected(pipeline: MetricsPipeline['pipeline'], steps: Steps): readonly EvalSpan[] {
  const evaluate = compilePipeline(pipeline);
  // Of a trace the spans of the blocks around a range are looked at.
  const { fromNs, toNs } = around(steps);
  const near = written.filter(({ span }) => span.startNs >= fromNs && span.startNs < toNs);
  return traceViews(near, steps).flatMap((view) => evaluate(view).flatMap((set) => set.spans));
}

const origins = new Map(written.map((each) => [hex(each.span.traceId) + hex(each.span.spanId), each]));

function attributesOf({ view, trace }: EvalSpan): readonly (readonly [string, Value])[] {
  const { span, source } = origins.get(view.traceId + view.spanId) ?? assert.fail('a span of its own');
  const of = (scope: 'span' | 'resource', list: Attributes): (readonly [string, Value])[] =>
    list.map(({ key, value }) => [labelOf(scope, key), attributeValue(value)]);
  const unlessEmpty = (name: string, value: string): (readonly [string, Value])[] => (value === '' ? [] : [[name, string(value)]]);
  return [
    ['name', string(span.name)],
    ['status', statusValue(span.status)],
    ['kind', kindValue(span.kind)],
    ...unlessEmpty('statusMessage', span.statusMessage),
    ['rootName', string(trace.view.rootName)],
    ['rootServiceName', string(trace.view.rootServiceName)],
    ...unlessEmpty('instrumentation:name', source.scopeName),
    ...unlessEmpty('instrumentation:version', source.scopeVersion),
    ...of('span', span.attributes),
    ...of('resource', source.resource),
  ];
}

/** Values that events or links of a span have, each once. */
function nestedOf({ view }: EvalSpan, scope: 'event' | 'link'): ReadonlyMap<string, ReadonlySet<string>> {
  const { span } = origins.get(view.traceId + view.spanId) ?? assert.fail('a span of its own');
  const all = (scope === 'event' ? span.events : span.links).flatMap((each) => each.attributes);
  const set = all.filter(({ value }) => value !== null);
  return new Map(
    [...Map.groupBy(set, ({ key }) => labelOf(scope, key))].map(([name, those]) => [
      name,
      new Set(those.map(({ value }) => typedText(value))),
    ]),
  );
}

function string(value: string): Value {
  return { type: 'string', value };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
