// Columns that keys are given while spans come: what stood in the map before is found beside what stands in a column after, whoever wrote it.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { RequestError } from '../../base/request-error.ts';
import type { AnyValue } from '../../otlp/any-value.ts';
import { ATTRIBUTE_COLUMNS, CONVENTIONAL } from '../attribute-columns.ts';
import { runMetrics } from '../metrics/run-metrics.ts';
import type { SpanReadContext } from '../read.ts';
import { readTrace } from '../read-trace.ts';
import { runSearch } from '../search/run-search.ts';
import { parseTraceql } from '../traceql/parse.ts';
import type { Span } from '../write.ts';
import { AttributeKeys } from './attribute-keys.ts';
import { attributes, openTestSpans, spanOf, START_NS, type TestSpans, traceIdOf, writeSpans, writerLike } from './test-spans.ts';

const directory = await mkdtemp(join(tmpdir(), 'attribute-keys-'));
after(() => rm(directory, { recursive: true, force: true }));

const RANGE = { fromNs: START_NS, toNs: START_NS + 3_600_000_000_000n };
const MANY = 1100;

/** Spans of one trace, each with the same attributes but for what depends on its number. */
function many(trace: number, of: (i: number) => Readonly<Record<string, AnyValue>>, count = MANY): readonly Span[] {
  return Array.from({ length: count }, (_, i) => spanOf(trace, i, { attributes: attributes(of(i)) }));
}

async function found(context: SpanReadContext, query: string): Promise<number> {
  let spans = 0;
  for await (const { traces } of runSearch(context, parseTraceql(query), { range: RANGE, limit: 100, spansPerSpanset: 1 }))
    spans = traces.flatMap(({ spansets }) => spansets).reduce((sum, { matched }) => sum + matched, 0);
  return spans;
}

/** Spans by the value of a field, as a metrics query counts them. */
async function counted(context: SpanReadContext, by: string): Promise<Readonly<Record<string, number>>> {
  const grid = { startNs: RANGE.fromNs, endNs: RANGE.toNs, stepNs: RANGE.toNs - RANGE.fromNs };
  const { series } = await runMetrics([context], parseTraceql(`{ } | count_over_time() by (${by})`), {
    grid,
    isInstant: true,
    exemplarsMax: 0,
  });
  return Object.fromEntries(
    series.map(({ labels, values }) => [
      labels.map(([, value]) => (value.type === 'nil' ? 'nil' : String(value.value))).join(),
      values[0] ?? 0,
    ]),
  );
}

async function attributeOf(context: SpanReadContext, trace: number, key: string): Promise<readonly AnyValue[]> {
  const { groups } = (await readTrace(context, traceIdOf(trace), { spansMax: 10_000 })) ?? { groups: [] };
  return groups.flatMap(({ spans }) =>
    spans.flatMap((span) => span.attributes.filter((each) => each.key === key).map(({ value }) => value)),
  );
}

test('a key that becomes frequent is read from the map and from its column', async () => {
  await using stack = new AsyncDisposableStack();
  const home = join(directory, 'frequent');
  let traces: TestSpans = await openTestSpans(home, stack);
  const sets = (i: number) => ({ few: `f${i % 3}`, unlike: `u${i}`, number: BigInt(i % 2), mixed: i % 2 === 0 ? 'x' : 1.5 });
  for (const trace of [1, 2, 3]) await traces.write('a', many(trace, sets));
  const check = async (times: number): Promise<void> => {
    const context = await traces.context('a');
    for (const key of ['few', 'unlike', 'number', 'mixed'])
      for (const trace of [1, 2, 3])
        assert.deepEqual(
          await attributeOf(context, trace, key),
          many(trace, sets).map(({ attributes: own }) => own.find((each) => each.key === key)?.value),
        );
    assert.equal(await found(context, '{ .few = "f1" }'), 367 * times);
    assert.equal(await found(context, '{ .unlike = "u7" && span.number = 1 }'), times);
    assert.equal(await found(context, '{ .mixed = 1.5 }'), 550 * times);
    assert.deepEqual(await counted(context, 'span.few'), { f0: 367 * times, f1: 367 * times, f2: 366 * times });
    const catalogue = await context.catalogue(RANGE);
    assert.deepEqual(catalogue.keys('span'), ['few', 'mixed', 'number', 'unlike']);
    assert.match(catalogue.spanKey('few')?.columns[0]?.column ?? '', /^low_/);
    assert.match(catalogue.spanKey('unlike')?.columns[0]?.column ?? '', /^any_/);
  };
  await check(3);
  await stack.disposeAsync();
  await using later = new AsyncDisposableStack();
  traces = await openTestSpans(home, later);
  await check(3);
  await traces.write('a', many(4, sets));
  await check(4);
});

test('when all columns are given away the rest stays in the map', async () => {
  await using stack = new AsyncDisposableStack();
  const traces = await openTestSpans(join(directory, 'full'), stack);
  const sets = (i: number) => Object.fromEntries(Array.from({ length: 45 }, (_, k) => [`k${k}`, k % 3 === 0 ? `v${i}` : `v${i % 2}`]));
  for (const trace of [1, 2]) await traces.write('a', many(trace, sets));
  const context = await traces.context('a');
  const catalogue = await context.catalogue(RANGE);
  const columns = catalogue.keys('span').flatMap((key) => catalogue.spanKey(key)?.columns ?? []);
  assert.equal(new Set(columns.map(({ column }) => column)).size, columns.length);
  assert.equal(columns.length, 36);
  for (const k of [0, 1, 20, 35, 42, 43, 44]) assert.equal((await attributeOf(context, 2, `k${k}`)).length, MANY, `k${k}`);
  assert.deepEqual(
    [await found(context, '{ .k44 = "v1" }'), await found(context, '{ .k43 = "v1" }'), await found(context, '{ .k42 = "v5" }')],
    [MANY, MANY, 2],
  );
});

test('above the bound of keys, attributes are found though they are not noted', async () => {
  await using stack = new AsyncDisposableStack();
  const traces = await openTestSpans(join(directory, 'bound'), stack, { limits: { attributeKeysMax: 100 } });
  const sets = (i: number) => ({ [`key${i}`]: BigInt(i), 'http.method': 'GET', ['x'.repeat(2000)]: true });
  await traces.write('a', many(1, sets, 300));
  const context = await traces.context('a');
  const catalogue = await context.catalogue(RANGE);
  assert.equal(catalogue.keys('span').length, 101);
  assert.deepEqual(catalogue.spanKey('key299'), { columns: [], inMap: true, types: undefined });
  for (const query of [
    '{ .key5 = 5 }',
    '{ .key299 = 299 }',
    '{ span.key250 > 249 }',
    `{ .${'x'.repeat(2000)} }`.replace(' }', ' = true && .key7 = 7 }'),
  ])
    assert.equal(await found(context, query), 1, query.slice(0, 40));
  assert.equal(await found(context, '{ .http.method = "GET" }'), 300);
});

test('rows of several processes, which give columns as they like, are told apart', async () => {
  await using stack = new AsyncDisposableStack();
  const traces = await openTestSpans(join(directory, 'lineages'), stack);
  const [one, two] = [traces.other({ lineage: 1, given: new Map() }), traces.other({ lineage: 2, given: new Map() })];
  for (const trace of [1, 2]) await writeSpans(one, { tenant: 'a', spans: many(trace, (i) => ({ alpha: `a${i % 2}`, both: 'x' })) });
  for (const trace of [3, 4]) await writeSpans(two, { tenant: 'a', spans: many(trace, (i) => ({ both: 'y', beta: `b${i % 2}` })) });
  const context = await traces.context('a');
  const { columns = [] } = (await context.catalogue(RANGE)).spanKey('alpha') ?? {};
  assert.deepEqual(
    columns.map(({ lineages }) => lineages),
    [[1]],
  );
  for (const trace of [2, 4]) {
    const isOne = trace === 2;
    assert.deepEqual(new Set(await attributeOf(context, trace, 'alpha')), new Set(isOne ? ['a0', 'a1'] : []));
    assert.deepEqual(new Set(await attributeOf(context, trace, 'beta')), new Set(isOne ? [] : ['b0', 'b1']));
    assert.deepEqual(new Set(await attributeOf(context, trace, 'both')), new Set([isOne ? 'x' : 'y']));
  }
  assert.deepEqual(
    await Promise.all(
      ['{ .alpha = "a1" }', '{ .beta = "b1" }', '{ .both = "y" }', '{ .alpha = "b1" }', '{ .alpha != nil }'].map((query) =>
        found(context, query),
      ),
    ),
    [MANY, MANY, 2 * MANY, 0, 2 * MANY],
  );
  assert.deepEqual(await counted(context, 'span.both'), { x: 2 * MANY, y: 2 * MANY });
  assert.deepEqual(await counted(context, 'span.alpha'), { a0: MANY, a1: MANY, nil: 2 * MANY });
});

test('a failed note is refused with its spans, and a column is given once', async () => {
  await using stack = new AsyncDisposableStack();
  const traces = await openTestSpans(join(directory, 'failing'), stack);
  const { writers } = traces.spanStore.options;
  let isFailing = false;
  const keys = writerLike(writers.keys, (block, rows) =>
    isFailing ? Promise.reject(new RequestError('unavailable', 'full')) : writers.keys.append(block, rows),
  );
  const store = traces.other({ writers: { ...writers, keys } });
  const write = (trace: number, of: (i: number) => Readonly<Record<string, AnyValue>>) =>
    writeSpans(store, { tenant: 'a', spans: many(trace, of) });
  await write(1, (i) => ({ first: `f${i % 2}` }));
  isFailing = true;
  const failing = await Promise.allSettled([write(2, (i) => ({ first: `f${i % 2}`, second: 's' })), write(3, () => ({ second: 's' }))]);
  assert.deepEqual(
    failing.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  isFailing = false;
  for (const trace of [2, 4, 5]) await write(trace, (i) => ({ second: 's', first: `f${i % 2}` }));
  const context = await traces.context('a');
  assert.equal(await readTrace(context, traceIdOf(3), { spansMax: 10 }), undefined);
  assert.deepEqual([await found(context, '{ .first = "f1" }'), await found(context, '{ .second = "s" }')], [4 * 550, 3 * MANY]);
  for (const trace of [1, 2, 4, 5]) assert.equal((await attributeOf(context, trace, 'first')).length, MANY);
});

test('a key is noted once for each of its days and types, in whatever order they come', () => {
  const keys = new AttributeKeys(new Map(), () => 1000);
  for (let i = 0; i < 1000; i++) keys.placeOf('k', i % 4 < 2 ? 'x' : 1n, i % 3);
  keys.see('event', 'k', true, 1);
  assert.equal(keys.takeNotes().length, 7);
});

test('a key that is given a column keeps it within a request', () => {
  const keys = new AttributeKeys(new Map(), () => 1000);
  const places = new Set<number>();
  for (let i = 0; i < 3000; i++) places.add(keys.placeOf('k', 'x', 0));
  assert.deepEqual([...places], [-1]);
  keys.takeNotes();
  const place = keys.placeOf('k', 'x', 0);
  assert.equal(ATTRIBUTE_COLUMNS[place]?.name, 'low_1');
  assert.deepEqual(keys.takeNotes(), [{ day: 0, scope: 'span', key: 'k', type: 's', place: 'low_1' }]);
  assert.deepEqual([...keys.given()], [['k', place]]);
  assert.equal(keys.placeOf('http.method', 'GET', 0), CONVENTIONAL.get('http.method'));
});
