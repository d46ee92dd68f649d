// Both ways agree: what spans in memory answer is what the store answers of the same spans.
//
//   generated spans ─▶ store ─┬─▶ ClickHouse                  ─▶ answer
//                             └─▶ held/ (the second question) ─▶ the same answer

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import fc from 'fast-check';

import { RequestError } from '../../base/request-error.ts';
import { SelfMetrics } from '../../base/self-metrics.ts';
import { loadConfig } from '../../config.ts';
import { RecentWrites } from '../../metrics/recent-writes.ts';
import { openTestStore } from '../../metrics/test-store.ts';
import type { FoundTrace, TraceSeries } from '../answers.ts';
import { LargeRanges, readTagValues } from '../api/tag-values.ts';
import { runMetrics } from '../metrics/run-metrics.ts';
import { metricsQueries, START_NS as WRITTEN_NS, writtenSpans } from '../metrics/run-metrics-data.ts';
import { spanRead } from '../read-context.ts';
import type { SpanReadContext } from '../read.ts';
import { runSearch } from '../search/run-search.ts';
import { conditions, madeSpans, pipelines, SEED, START_NS } from '../search/search-data.ts';
import { openSpanStore } from '../store/open-span-store.ts';
import { TRACE_MIGRATIONS } from '../table.ts';
import type { Query } from '../traceql/ast.ts';
import { checkTraceql } from '../traceql/check.ts';
import { parseIdentifier } from '../traceql/parse-identifier.ts';
import { parseTraceql } from '../traceql/parse.ts';
import { HeldSpans } from './held-spans.ts';

const directory = await mkdtemp(join(tmpdir(), 'traces-held-'));
const stack = new AsyncDisposableStack();
const { limits } = loadConfig({ file: undefined, flags: [] }, {});
const MINUTE_NS = 60_000_000_000n;

/** How often a question found something in memory. */
let fromMemory = 0;

class CountedSpans extends HeldSpans {
  override async range(...asked: Parameters<HeldSpans['range']>): ReturnType<HeldSpans['range']> {
    const found = await super.range(...asked);
    if (found !== undefined) fromMemory++;
    return found;
  }
}

/** By tenant: the way through the store, and the one that looks into memory first. */
const contexts = new Map<string, { readonly stored: SpanReadContext; readonly held: SpanReadContext }>();

before(async () => {
  const store = stack.use(await openTestStore(directory, TRACE_MIGRATIONS));
  const unbounded = { ...limits, traces: { ...limits.traces, ageMax: 0, futureWindow: 0 }, retention: { ...limits.retention, traces: 0 } };
  const clock = { now: () => Number(START_NS / 1_000_000n) + 7_200_000 };
  const spans = stack.use(await openSpanStore({ store, limitsOf: () => unbounded, clock, metrics: new SelfMetrics() }));
  const flush = (): Promise<boolean> => spans.flush();
  // Of writes that are long past.
  const held = new CountedSpans({ writes: new RecentWrites(() => 0), bytesMax: () => 1 << 26, flush });
  for (const [tenant, made] of [
    ['searched', madeSpans(150)],
    ['measured', writtenSpans()],
  ] as const) {
    const write = spans.begin(tenant);
    for (const { source, span } of made) assert.ok(write.span(source, span, 100));
    assert.deepEqual((await write.commit()).refusals, []);
    const { signal } = new AbortController();
    const read = { client: store.client, catalogues: spans.options.catalogues, clock, limitsOf: () => unbounded, flush };
    const request = { tenants: [tenant], query: new URLSearchParams(), signal };
    contexts.set(tenant, {
      stored: { ...(await spanRead({ ...read, held: undefined }, request)), signal },
      held: { ...(await spanRead({ ...read, held }, request)), signal },
    });
  }
});

after(async () => {
  await stack.disposeAsync();
  await rm(directory, { recursive: true, force: true });
});

/** The answers of both ways; from memory that of the third time. */
async function bothWays<T>(tenant: string, ask: (context: SpanReadContext) => Promise<T>): Promise<readonly [T | string, T | string]> {
  const of = contexts.get(tenant);
  assert.ok(of !== undefined);
  const tell = (context: SpanReadContext): Promise<T | string> =>
    ask(context).catch((error: unknown) => {
      if (error instanceof RequestError) return error.message;
      throw error;
    });
  const stored = await tell(of.stored);
  // The second reads, and counts; the third finds the counts.
  await tell(of.held);
  await tell(of.held);
  return [stored, await tell(of.held)];
}

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

test('a search', async () => {
  const range = { fromNs: START_NS + 10n * MINUTE_NS, toNs: START_NS + 90n * MINUTE_NS + 1n };
  const search = fc.oneof({ weight: 1, arbitrary: conditions.map((condition) => `{ ${condition} }`) }, { weight: 2, arbitrary: pipelines });
  const before = fromMemory;
  const property = fc.asyncProperty(search, fc.constantFrom(5, 10_000), async (text, limit) => {
    const query = parsed(text);
    if (query?.root.type !== 'pipeline') return;
    const [stored, held] = await bothWays('searched', async (context) => {
      let traces: readonly FoundTrace[] = [];
      for await (const part of runSearch(context, query, { range, limit, spansPerSpanset: Infinity })) ({ traces } = part);
      return traces.map(saidTrace);
    });
    // Of traces that end together any may be the last.
    if (limit === 5 && Array.isArray(stored)) assert.equal(held.length, stored.length, text);
    else assert.deepEqual(sorted(held), sorted(stored), text);
  });
  await fc.assert(property, { numRuns: 30, seed: SEED });
  assert.ok(fromMemory - before > 8, `only ${fromMemory - before} questions were answered from memory`);
});

test('a metrics query', async () => {
  const before = fromMemory;
  const question = fc.record({
    startNs: fc.bigInt({ min: 0n, max: 5n * MINUTE_NS }).map((later) => WRITTEN_NS + later),
    lengthNs: fc.bigInt({ min: 1n, max: 25n * MINUTE_NS }),
    stepNs: fc.constantFrom(30_000_000_000n, MINUTE_NS, 7_000_000_000n),
    isInstant: fc.boolean(),
  });
  const property = fc.asyncProperty(metricsQueries, question, async (text, { startNs, lengthNs, stepNs, isInstant }) => {
    const query = parsed(text);
    assert.ok(query !== undefined);
    const grid = { startNs, endNs: startNs + lengthNs, stepNs };
    const [stored, held] = await bothWays('measured', async (context) =>
      (await runMetrics([context], query, { grid, isInstant, exemplarsMax: 20 })).series.map(saidSeries),
    );
    assert.deepEqual(held, stored, text);
  });
  await fc.assert(property, { numRuns: 60, seed: SEED });
  assert.ok(fromMemory - before > 8, `only ${fromMemory - before} questions were answered from memory`);
});

test('the values of a field', async () => {
  const fields = ['span.http.status_code', 'span.mix', 'span.list', '.foo', 'resource.service.name', 'name', 'statusMessage', 'span.none'];
  const large = new LargeRanges();
  for (const name of fields) {
    for (const filter of ['', '{ status = error }', '{ span.http.method = "GET" && duration > 1ms }', '{ event.code = 5 }']) {
      const range = { fromNs: START_NS + 15n * MINUTE_NS, toNs: START_NS + 71n * MINUTE_NS };
      const [stored, held] = await bothWays('searched', (context) =>
        readTagValues(context, { range, field: parseIdentifier(name), filter, limit: 0, large }),
      );
      assert.deepEqual(held, stored, `${name} ${filter}`);
    }
  }
});

function sorted(answer: readonly string[] | string): readonly string[] | string {
  return typeof answer === 'string' ? answer : answer.toSorted();
}

function saidTrace({ spansets, services, ...trace }: FoundTrace): string {
  const sets = spansets.map(({ spans, ...set }) => ({ ...set, spans: spans.toSorted((a, b) => (a.spanId < b.spanId ? -1 : 1)) }));
  return json([trace, [...services].toSorted(([a], [b]) => (a < b ? -1 : 1)), sets]);
}

function saidSeries({ labels, values }: TraceSeries): string {
  // Sums of the store are of whole numbers, those of memory of doubles.
  return json([labels, [...values].map((value) => Number(value.toPrecision(12)))]);
}

function json(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'bigint' ? `${each}n` : typeof each === 'number' ? String(each) : each,
  );
}
