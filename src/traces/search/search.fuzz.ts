// Both ways agree: what ClickHouse decides of a filter or a search, and the evaluation of all spans in this process, come to the same answers.
//
//   generated spans ─▶ store ─┬─▶ plan/, run-search.ts                                  ─▶ answer
//                             └─▶ the same spans as they were made ─▶ traceql/eval/     ─▶ the same answer

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import fc from 'fast-check';

import { RequestError } from '../../base/request-error.ts';
import { SelfMetrics } from '../../base/self-metrics.ts';
import { identifier, join as joinSql, type Sql, sql } from '../../base/sql.ts';
import { loadConfig } from '../../config.ts';
import { openTestStore } from '../../metrics/test-store.ts';
import type { Catalogue, NsRange } from '../catalogue.ts';
import { fieldText, shownFields } from './found-trace.ts';
import { ATTRIBUTE_COLUMNS } from '../attribute-columns.ts';
import { openSpanStore } from '../store/open-span-store.ts';
import { SpanStore } from '../store/span-store.ts';
import { compileCondition } from '../plan/compile-condition.ts';
import { SPAN_ID_TEXT } from '../plan/intrinsic-condition.ts';
import { spansWithTraces, withTraceColumns } from '../plan/trace-columns.ts';
import type { SpanReadContext } from '../read.ts';
import { spanRead } from '../read-context.ts';
import { runSearch } from './run-search.ts';
import { conditions, type MadeSpan, madeSpans, pipelines, SEED, START_NS, traceConditions, traceViews } from './search-data.ts';
import { ALL_TIME } from './trace-ids.ts';
import type { FoundTrace } from '../answers.ts';
import { TRACE_MIGRATIONS } from '../table.ts';
import type { Query } from '../traceql/ast.ts';
import { checkTraceql } from '../traceql/check.ts';
import { compileExpression, compileFilter } from '../traceql/eval/expression.ts';
import { neededFields } from '../traceql/eval/needed-fields.ts';
import { compilePipeline } from '../traceql/eval/pipeline.ts';
import { traceSpans } from '../traceql/eval/span.ts';
import { parseTraceql } from '../traceql/parse.ts';
import type { Value } from '../traceql/value.ts';

const directory = await mkdtemp(join(tmpdir(), 'traces-search-'));
const stack = new AsyncDisposableStack();
const { limits } = loadConfig({ file: undefined, flags: [] }, {});
const MINUTE_NS = 60_000_000_000n;
const RANGE: NsRange = { fromNs: START_NS + 10n * MINUTE_NS, toNs: START_NS + 90n * MINUTE_NS + 1n };
const made: readonly MadeSpan[] = madeSpans(150);
let context: SpanReadContext;

before(async () => {
  const store = stack.use(await openTestStore(directory, TRACE_MIGRATIONS));
  const clock = { now: () => Number(START_NS / 1_000_000n) + 7_200_000 };
  const spanStore = stack.use(await openSpanStore({ store, limitsOf: () => limits, clock, metrics: new SelfMetrics() }));
  // Written by several processes at different times: keys stand in the map, and in columns that others use for other keys.
  const stores = GIVEN.map((keys, i) =>
    stack.use(new SpanStore({ ...spanStore.options, lineage: i + 1, given: new Map([['a', given(keys)]]) })),
  );
  for (const [i, store] of stores.entries()) {
    const write = store.begin('a');
    for (const { source, span } of made.filter((_, at) => at % stores.length === i)) assert.ok(write.span(source, span, 100));
    assert.deepEqual((await write.commit()).refusals, []);
    assert.ok(await store.flush());
  }
  const read = {
    client: store.client,
    catalogues: spanStore.options.catalogues,
    held: undefined,
    clock,
    limitsOf: () => limits,
    flush: () => spanStore.flush(),
  };
  // Without the limit of time that a request has: this is many.
  const { signal } = new AbortController();
  const request = { tenants: ['a'], query: new URLSearchParams(), signal };
  context = { ...(await spanRead(read, request)), signal };
});

after(async () => {
  await stack.disposeAsync();
  await rm(directory, { recursive: true, force: true });
});

/** The columns of keys, by process. */
const GIVEN: readonly Readonly<Record<string, string>>[] = [
  {},
  { foo: 'low_1', mix: 'any_1' },
  { 'user.id': 'low_1', foo: 'any_1', count: 'low_2' },
];

function given(keys: Readonly<Record<string, string>>): ReadonlyMap<string, number> {
  return new Map(Object.entries(keys).map(([key, column]) => [key, ATTRIBUTE_COLUMNS.findIndex(({ name }) => name === column)]));
}

/** Undefined for a query that is none: a generated one may compare what does not compare. */
function parsed(text: string): Query | undefined {
  try {
    const query = parseTraceql(text);
    checkTraceql(query);
    return query;
  } catch (error) {
    if (error instanceof RequestError) return undefined;
    throw error;
  }
}

test('a condition lets pass what the filter does, or more where it says so', async () => {
  const { exact, tried } = await tryConditions(conditions, { catalogue: await context.catalogue(RANGE), from: sql`spans`, numRuns: 30 });
  assert.ok(tried > 300 && exact > tried / 3, `${exact} of ${tried} were exact`);
});

test('so does one about traces, of spans that are joined with them', async () => {
  const catalogue = withTraceColumns(await context.catalogue(ALL_TIME));
  const from = sql`(${spansWithTraces(context.within(RANGE), context.within(ALL_TIME))}) AS joined`;
  const { exact, tried } = await tryConditions(traceConditions, { catalogue, from, numRuns: 25 });
  assert.ok(tried > 100 && exact > tried / 2, `${exact} of ${tried} were exact`);
});

interface Trial {
  readonly catalogue: Catalogue;
  readonly from: Sql;
  readonly numRuns: number;
}

async function tryConditions(texts: fc.Arbitrary<string>, { catalogue, from, numRuns }: Trial): Promise<{ exact: number; tried: number }> {
  const views = traceViews(made, RANGE);
  const spans = views.flatMap((view) => traceSpans(view)).filter(({ view }) => view.isInRange);
  let [exact, tried] = [0, 0];
  // Many in one statement: most of its time is its own.
  const property = fc.asyncProperty(fc.array(texts, { minLength: 20, maxLength: 20 }), async (some) => {
    const filters = some.flatMap((text) => {
      const root = parsed(`{ ${text} }`)?.root;
      const stage = root?.type === 'pipeline' ? root.stages[0] : undefined;
      return stage?.type === 'filter' ? [{ text, passes: compileFilter(stage.expr), ...compileCondition(stage.expr, catalogue) }] : [];
    });
    const columns = filters.map(({ condition }, at) => sql`(${condition}) AS ${identifier(`c${at}`)}`);
    const statement = sql`SELECT ${joinSql([SPAN_ID_TEXT, ...columns], sql`, `)} FROM ${from} WHERE ${context.within(RANGE)}`;
    const rows = await context.client.query(sql`SELECT * FROM (${statement})`);
    const byId = new Map(rows.map((row) => [String(Object.values(row)[0]), row]));
    assert.equal(byId.size, spans.length);
    filters.forEach(({ text, passes, exact: isExact, condition }, at) => {
      for (const span of spans) {
        const isFound = Number(byId.get(span.view.spanId)?.[`c${at}`]) === 1;
        if (passes(span)) assert.ok(isFound, `lost by ${text}: ${condition.source}`);
        else assert.ok(!isFound || !isExact, `too many by ${text}: ${condition.source}`);
      }
      tried++;
      if (isExact) exact++;
    });
  });
  await fc.assert(property, { numRuns, seed: SEED });
  return { exact, tried };
}

test('a search finds what the evaluation of all traces does', async () => {
  const views = traceViews(made, RANGE);
  await fc.assert(
    fc.asyncProperty(pipelines, async (text) => {
      const query = parsed(text);
      if (query?.root.type !== 'pipeline') return;
      const wanted = await answer(() => expected(query, views));
      const found = await answer(async () => (await searched(query, Infinity)).traces.map(said).toSorted());
      assert.deepEqual(found, wanted, text);
    }),
    { numRuns: 60, seed: SEED },
  );
});

test('the first of a search are some of all, and it says that there may be more', async () => {
  for (const text of ['{ }', '{ status = error }', '{ } > { }', '{ } | count() > 1']) {
    const query = parseTraceql(text);
    const all = new Set((await searched(query, Infinity)).traces.map(said));
    for (const limit of [1, 5]) {
      const { traces, stopped } = await searched(query, limit);
      assert.equal(traces.length, limit, text);
      assert.ok(
        traces.map(said).every((trace) => all.has(trace)),
        text,
      );
      assert.match(stopped ?? '', /limit/, text);
    }
  }
});

test('a search that would read too many spans says so', async () => {
  const few = { ...context, limits: { ...context.limits, spansMax: 10 } };
  let last;
  for await (const part of runSearch(few, parseTraceql('{ } >> { }'), { range: RANGE, limit: 100, spansPerSpanset: 3 })) last = part;
  assert.match(last?.stopped ?? '', /limits\.query\.rowsMax/);
});

async function answer(run: () => Promise<readonly string[]> | readonly string[]): Promise<readonly string[]> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof RequestError) return [error.code];
    throw error;
  }
}

async function searched(
  query: Query,
  limit: number,
): Promise<{ readonly traces: readonly FoundTrace[]; readonly stopped: string | undefined }> {
  let last: { readonly traces: readonly FoundTrace[]; readonly stopped: string | undefined } = { traces: [], stopped: undefined };
  const question = { range: RANGE, limit: Math.min(limit, 10_000), spansPerSpanset: Infinity };
  for await (const part of runSearch(context, query, question)) last = part;
  return last;
}

/** A trace in words, whatever the order of its spans. */
function said({ traceId, rootName, startNs, durationNs, spansets }: Omit<FoundTrace, 'services' | 'rootServiceName'>): string {
  const sets = spansets.map(({ spans, matched, attributes }) => {
    const those = spans.map(({ spanId, name, attributes: own }) => `${spanId} ${name} ${own.map(saidValue).toSorted().join()}`).toSorted();
    return `${matched} ${attributes.map(saidValue).join()}\n    ${those.join('\n    ')}`;
  });
  return `${traceId} ${rootName} ${startNs} ${durationNs}\n  ${sets.toSorted().join('\n  ')}`;
}

function saidValue([name, value]: readonly [string, Value]): string {
  return `${name}=${value.type}:${value.type === 'nil' ? '' : String(value.value)}`;
}

function expected(query: Query, views: ReturnType<typeof traceViews>): readonly string[] {
  assert.ok(query.root.type === 'pipeline');
  const evaluate = compilePipeline(query.root);
  const shown = shownFields(neededFields(query).fields).map((field) => ({ name: fieldText(field), value: compileExpression(field) }));
  const name = compileExpression({ type: 'intrinsic', name: 'name', ofParent: false, spelling: 'name', place: { from: 0, to: 0 } });
  return views
    .flatMap((view) => {
      const sets = evaluate(view);
      if (sets.length === 0) return [];
      const spansets = sets.map(({ spans, attributes }) => ({
        matched: spans.length,
        attributes: attributes.map((each) => [each.name, each.value] as const),
        spans: spans.map((span) => {
          const own = name(span);
          return {
            spanId: span.view.spanId,
            name: own.type === 'string' ? own.value : '',
            startNs: span.view.startNs,
            durationNs: span.view.durationNs,
            attributes: shown.flatMap((field) => (field.value(span).type === 'nil' ? [] : [[field.name, field.value(span)] as const])),
          };
        }),
      }));
      return [said({ ...view, spansets })];
    })
    .toSorted();
}
