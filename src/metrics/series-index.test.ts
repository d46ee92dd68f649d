// The label index over the real store: whatever is asked, it answers as SQL does, also while series come and go.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import fc from 'fast-check';

import { SelfMetrics } from '../base/self-metrics.ts';
import { loadConfig } from '../config.ts';
import { type Labels, labelsKey, labelsOfRecord } from '../query/labels.ts';
import type { Matcher } from '../query/matchers.ts';
import type { Store } from '../storage/store.ts';
import { cardinality, recentDays } from './cardinality.ts';
import { cardinalityOf, namesOf, valuesOf } from './label-lists.ts';
import type { MetricStore } from './metric-store.ts';
import { openMetricStore } from './open-metric-store.ts';
import { type ReadContext, type Selection, type TimeRange, selectSeries } from './read.ts';
import { SeriesIndex } from './series-index.ts';
import { openTestStore } from './test-store.ts';

const DAY_MS = 86_400_000;
const directory = await mkdtemp(join(tmpdir(), 'series-index-'));
const stack = new AsyncDisposableStack();
const limits = loadConfig({ file: undefined, flags: [] }, {}).limits;
let store: Store;
let metricStore: MetricStore;
let index: SeriesIndex;
let seriesMax = 100_000;

before(async () => {
  store = stack.use(await openTestStore(directory));
  const opened = await openMetricStore({
    store,
    limitsOf: () => limits,
    clock: { now: () => 10 * DAY_MS },
    metrics: new SelfMetrics(),
    indexSeriesMax: () => seriesMax,
    onIndexError: (_tenant, error) => assert.fail(String(error)),
  });
  metricStore = stack.use(opened);
  assert.ok(opened.index !== undefined, 'the embedded store has an index');
  index = opened.index;
});

after(async () => {
  await stack.disposeAsync();
  await rm(directory, { recursive: true, force: true });
});

function contextOf(tenants: readonly string[], own: SeriesIndex | undefined, signal = new AbortController().signal): ReadContext {
  return {
    table: 'series',
    client: store.client,
    index: own,
    tenants,
    oldestMs: () => Number.NEGATIVE_INFINITY,
    limits: { timeoutMs: 600_000, memoryBytesMax: 1 << 30, seriesMax: 100_000, samplesMax: 1e6 },
    signal,
    warnings: [],
  };
}

interface OneSeries {
  readonly labels: Labels;
  readonly days: readonly number[];
}

async function put(tenant: string, series: readonly OneSeries[]): Promise<void> {
  const write = metricStore.begin(tenant);
  for (const { labels, days } of series) for (const day of days) write.sample(labels, day * DAY_MS + 1, 1);
  await write.commit();
}

const everAndEver: TimeRange = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY };

function shown(selections: readonly Selection[]): readonly string[] {
  return selections.flatMap((selection) => Array.from({ length: selection.size }, (_, i) => labelsKey(selection.labels(i)))).sort();
}

/** The same through SQL, which sees all that was acknowledged. */
async function stored(tenants: readonly string[], matchers: readonly Matcher[], range: TimeRange): Promise<readonly Selection[]> {
  await metricStore.flush();
  return selectSeries(contextOf(tenants, undefined), matchers, range);
}

async function agrees(tenants: readonly string[], matchers: readonly Matcher[], range: TimeRange): Promise<readonly Selection[]> {
  const found = await selectSeries(contextOf(tenants, index), matchers, range);
  const expected = await stored(tenants, matchers, range);
  assert.deepEqual(shown(found), shown(expected), JSON.stringify({ matchers, range }));
  for (const [i, selection] of expected.entries()) findsTheSame(found[i], selection);
  // And as after a start, when nothing is known but what the table holds.
  assert.deepEqual(shown(await selectSeries(contextOf(tenants, started()), matchers, range)), shown(expected));
  return found;
}

/** An index that no writer has told anything. */
function started(): SeriesIndex {
  return new SeriesIndex({
    table: 'series',
    client: store.client,
    flush: () => metricStore.flush(),
    registryOf: () => undefined,
    seriesMax: () => seriesMax,
    onLoadError: (_tenant, error) => assert.fail(String(error)),
  });
}

function findsTheSame(found: Selection | undefined, expected: Selection): void {
  assert.ok(found !== undefined);
  for (let number = 0; number < expected.size; number++) {
    const id = expected.id(number);
    const own = found.find(Number(id & 0xffffffffn), Number(id >> 32n));
    assert.equal(labelsKey(found.labels(own)), labelsKey(expected.labels(number)));
    assert.equal(found.id(own), id);
  }
  assert.equal(found.find(1, 1), -1);
  assert.deepEqual(new Set(found.metrics), new Set(expected.metrics));
}

const VALUES = ['a', 'b', 'ab', 'abc', 'a.c', 'é', '😀', '\uffff', 'x|y', 'long value with spaces'];
const PATTERNS = [
  ...VALUES,
  '',
  'a|b',
  'a|',
  '|',
  '.*',
  '.+',
  'a.*',
  'a.+',
  '[ab]c?',
  '.*b.*',
  '(a|b)',
  'a(b|)',
  'a\\.c',
  '.',
  '(?i)A',
  'zz.*',
];
const NAMES = ['job', 'instance', 'päth', 'Zone'];

const anySeries: fc.Arbitrary<OneSeries> = fc.record({
  labels: fc
    .tuple(
      fc.constantFrom('up', 'up_total', 'other'),
      fc.dictionary(fc.constantFrom(...NAMES), fc.constantFrom(...VALUES), { maxKeys: 4, noNullPrototype: true }),
    )
    .map(([name, more]) => labelsOfRecord({ ...more, __name__: name })),
  days: fc.subarray([0, 1, 2, 3], { minLength: 1 }),
});

const anyMatcher: fc.Arbitrary<Matcher> = fc.oneof(
  fc.record({ name: fc.constantFrom(...NAMES, 'absent'), op: fc.constantFrom('=', '!=', '=~', '!~'), value: fc.constantFrom(...PATTERNS) }),
  fc.record({
    name: fc.constant('__name__'),
    op: fc.constantFrom('=', '!=', '=~', '!~'),
    value: fc.constantFrom('up', 'up.*', 'other|up', '.+', ''),
  }),
);

const anyRange: fc.Arbitrary<TimeRange> = fc.oneof(
  fc.constant(everAndEver),
  fc.tuple(fc.integer({ min: -1, max: 5 }), fc.integer({ min: 0, max: 3 })).map(([from, days]) => ({
    fromMs: from * DAY_MS + 5,
    toMs: (from + days) * DAY_MS + 6,
  })),
);

test('the index and SQL choose the same series', { timeout: 600_000 }, async () => {
  let run = 0;
  const questions = fc.array(fc.tuple(fc.array(anyMatcher, { maxLength: 3 }), anyRange), { minLength: 2, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(anySeries, { maxLength: 25 }),
      fc.array(anySeries, { maxLength: 10 }),
      questions,
      async (first, then, asked) => {
        const tenant = `random-${run++}`;
        await put(tenant, first);
        for (const [at, [matchers, range]] of asked.entries()) {
          // Once some days are in memory and others are not, more series come.
          if (at === 1) await put(tenant, then);
          await agrees([tenant], matchers, range);
        }
        await agrees([tenant, 'random-0'], asked[0]?.[0] ?? [], everAndEver);
      },
    ),
    { numRuns: 15, seed: 3 },
  );
});

test('the lists of names and values, and the counts, are those of the chosen series', { timeout: 600_000 }, async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(anySeries, { minLength: 1, maxLength: 25 }),
      fc.array(anyMatcher, { maxLength: 2 }),
      anyRange,
      async (all, matchers, range) => {
        const tenant = `lists-${run++}`;
        await put(tenant, all);
        const view = await index.view(tenant, { from: Math.floor(range.fromMs / DAY_MS), to: Math.floor(range.toMs / DAY_MS) });
        assert.ok(view !== undefined);
        const context = contextOf([tenant], index);
        const [selection] = await selectSeries(context, matchers, range);
        const chosen = Array.from({ length: selection?.size ?? 0 }, (_, i) => selection?.labels(i) ?? []);
        const numbers = Uint32Array.from(chosen, (labels) => numberOf(view.index, labels)).sort();
        const counts = cardinalityOf({ view, numbers }, ['job'], 100);
        assert.equal(counts.series, chosen.length);
        const names = [...new Set(chosen.flatMap((labels) => labels.filter((_, i) => i % 2 === 0)))].sort();
        assert.deepEqual([...namesOf({ view, numbers })].sort(), names);
        for (const name of names) {
          const values = chosen.flatMap((labels) => (labels.includes(name) ? [labels[labels.indexOf(name) + 1] ?? ''] : []));
          const distinct = [...new Set(values)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
          assert.deepEqual(valuesOf({ view, numbers }, name, 1000), distinct);
          assert.deepEqual(valuesOf({ view, numbers }, name, 1), distinct.slice(0, 1));
          const count = counts.labels.find((label) => label.name === name);
          assert.deepEqual([count?.series, count?.values], [values.length, distinct.length]);
          if (name === 'job')
            assert.equal(
              counts.of.get('job')?.reduce((sum, { series }) => sum + series, 0),
              values.length,
            );
        }
      },
    ),
    { numRuns: 20, seed: 4 },
  );
});

function numberOf(all: { readonly size: number; labelSet(number: number): Labels }, labels: Labels): number {
  for (let number = 0; number < all.size; number++) if (labelsKey(all.labelSet(number)) === labelsKey(labels)) return number;
  return assert.fail(`no such series: ${labels.join(' ')}`);
}

test('labels and values are counted alike by the index and by SQL', { timeout: 600_000 }, async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(anySeries, { maxLength: 25 }),
      fc.array(anyMatcher, { maxLength: 2 }),
      anyRange,
      async (all, matchers, range) => {
        const tenant = `counts-${run++}`;
        await put(tenant, all);
        const question = { matchers, range, of: ['job', 'absent'], limit: 100 };
        const found = await cardinality(contextOf([tenant], index), question);
        await metricStore.flush();
        const expected = await cardinality(contextOf([tenant], undefined), question);
        assert.equal(found.series, expected.series);
        assert.deepEqual(sorted(found.labels), sorted(expected.labels));
        assert.deepEqual(sorted(found.pairs), sorted(expected.pairs));
        assert.deepEqual(sorted(found.of.get('job') ?? []), sorted(expected.of.get('job') ?? []));
        assert.deepEqual(await recentDays(contextOf([tenant], index)), await recentDays(contextOf([tenant], undefined)));
      },
    ),
    { numRuns: 12, seed: 5 },
  );
});

function sorted(items: readonly object[]): readonly string[] {
  return items.map((item) => JSON.stringify(item, Object.keys(item).sort())).sort();
}

test('a series is seen as soon as it is acknowledged, whatever is being loaded', { timeout: 600_000 }, async () => {
  const tenant = 'busy';
  const one = (i: number): OneSeries => ({ labels: labelsOfRecord({ __name__: 'n', i: String(i) }), days: [i % 3] });
  let acknowledged = 0;
  const writing = (async () => {
    for (let i = 0; i < 150; i++) {
      await put(tenant, [one(i)]);
      acknowledged = i + 1;
    }
  })();
  let questions = 0;
  for (; acknowledged < 150; questions++) {
    // Every so often nothing is in memory, as after a deletion.
    if (questions % 5 === 0) index.forget(tenant);
    const least = acknowledged;
    const found = new Set(shown(await selectSeries(contextOf([tenant], index), [], everAndEver)));
    for (let i = 0; i < least; i++) assert.ok(found.has(labelsKey(one(i).labels)), `series ${i} of ${least}`);
  }
  await writing;
  await agrees([tenant], [], everAndEver);
});

test('what is deleted is gone, and what comes again is there', async () => {
  const tenant = 'deleted';
  const labels = labelsOfRecord({ __name__: 'd', i: '1' });
  const other = labelsOfRecord({ __name__: 'd', i: '2' });
  await put(tenant, [
    { labels, days: [0, 1] },
    { labels: other, days: [1] },
  ]);
  await agrees([tenant], [], everAndEver);
  await metricStore.flush();
  const { sql, text, int } = await import('../base/sql.ts');
  await store.client.exec(sql`DELETE FROM series WHERE tenant = ${text(tenant)} AND labels['i'] = '1' AND day = ${int(1)}`);
  metricStore.forget(tenant);
  const onDayOne = { fromMs: DAY_MS, toMs: DAY_MS };
  assert.deepEqual(shown(await agrees([tenant], [], onDayOne)), [labelsKey(other)]);
  await put(tenant, [{ labels, days: [1] }]);
  assert.equal(shown(await agrees([tenant], [], onDayOne)).length, 2);
});

test('days that have gone over their retention leave', async () => {
  const tenant = 'kept';
  await put(tenant, [{ labels: labelsOfRecord({ __name__: 'k' }), days: [0, 5] }]);
  const days = async (): Promise<readonly number[]> => {
    const view = await index.view(tenant, { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY });
    return [...(view?.index.days.keys() ?? [])].toSorted((a, b) => a - b);
  };
  assert.deepEqual(await days(), [0, 5]);
  index.retain(6 * DAY_MS, () => 0);
  assert.deepEqual(await days(), [0, 5]);
  index.retain(6 * DAY_MS, () => 2 * DAY_MS);
  assert.deepEqual(await days(), [5]);
});

test('what does not fit is answered by SQL, and the tenant that was asked about longest ago leaves', async () => {
  const many = (tenant: string): Promise<void> =>
    put(
      tenant,
      Array.from({ length: 30 }, (_, i) => ({ labels: labelsOfRecord({ __name__: tenant, i: String(i) }), days: [0] })),
    );
  for (const tenant of ['first', 'second', 'third']) await many(tenant);
  index.forget('busy');
  const sizeBefore = index.size;
  seriesMax = 70;
  for (const tenant of ['first', 'second', 'third']) assert.equal((await agrees([tenant], [], everAndEver))[0]?.size, 30);
  assert.ok(index.size <= 70 || sizeBefore > 70, `${index.size} series in memory`);
  assert.ok(index.size <= 70, `${index.size} series in memory`);
  seriesMax = 20;
  assert.equal((await agrees(['first'], [], everAndEver))[0]?.size, 30);
  assert.ok(index.size <= 70);
  seriesMax = 0;
  assert.equal((await agrees(['second'], [], everAndEver))[0]?.size, 30);
  seriesMax = 100_000;
});

test('newer days take the place of older ones, never the other way round', async () => {
  const tenant = 'recent';
  const onDay = (day: number): readonly OneSeries[] =>
    Array.from({ length: 30 }, (_, i) => ({ labels: labelsOfRecord({ __name__: 'r', day: String(day), i: String(i) }), days: [day] }));
  await put(tenant, [...onDay(1), ...onDay(2), ...onDay(3)]);
  metricStore.prune();
  seriesMax = 50;
  const isHeld = async (day: number): Promise<boolean> => (await index.view(tenant, { from: day, to: day })) !== undefined;
  assert.ok(await isHeld(2));
  // Older: answered by SQL, and what is held stays.
  assert.ok(!(await isHeld(1)));
  assert.ok(await isHeld(2));
  index.forget(tenant);
  assert.ok(await isHeld(2));
  assert.ok(!(await isHeld(3)));
  assert.ok(await isHeld(3));
  await agrees([tenant], [], everAndEver);
  seriesMax = 100_000;
});

test('days with many series are read whole; one too large to wait for is loaded behind a question', { timeout: 600_000 }, async () => {
  const tenant = 'large';
  const all = Array.from({ length: 52_000 }, (_, i) => ({
    labels: labelsOfRecord({ __name__: 'l', i: String(i) }),
    days: i < 6000 ? [0] : [1],
  }));
  await put(tenant, all);
  await metricStore.flush();
  const own = started();
  assert.equal((await own.view(tenant, { from: 0, to: 0 }))?.index.size, 6000);
  const other = started();
  // Rows of both days together are more than a question waits for.
  assert.equal(await other.view(tenant, { from: 0, to: 1 }), undefined);
  let view = await other.view(tenant, { from: 0, to: 1 });
  for (let i = 0; i < 20_000 && view === undefined; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    view = await other.view(tenant, { from: 0, to: 1 });
  }
  assert.equal(view?.index.size, 52_000);
  assert.equal(view?.active.count(52_000), 52_000);
});

test('a long look-up ends when its client has gone away', async () => {
  const tenant = 'slow';
  const all = Array.from({ length: 3000 }, (_, i) => ({
    labels: labelsOfRecord({ __name__: 's', i: `${'x'.repeat(300)}${i}` }),
    days: [0],
  }));
  await put(tenant, all);
  const matchers: readonly Matcher[] = [{ name: 'i', op: '=~', value: '(x+x+)+y.*[0-9]{1,20}' }];
  await selectSeries(contextOf([tenant], index), [], everAndEver);
  const controller = new AbortController();
  const asked = selectSeries(contextOf([tenant], index, controller.signal), matchers, everAndEver);
  controller.abort();
  await assert.rejects(asked, { code: 'canceled' });
});
