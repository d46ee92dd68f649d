// Samples out of memory and out of the store are the same samples, whatever was written when and asked in what order.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import fc from 'fast-check';

import { SelfMetrics } from '../base/self-metrics.ts';
import { loadConfig } from '../config.ts';
import { labelValue, labelsOfRecord } from '../query/labels.ts';
import type { Matcher } from '../query/matchers.ts';
import type { Store } from '../storage/store.ts';
import type { MetricStore } from './metric-store.ts';
import { openMetricStore } from './open-metric-store.ts';
import { rawSeries } from './raw-series.ts';
import type { ReadContext } from './read.ts';
import { BLOCK_MS, RecentWrites } from './recent-writes.ts';
import { openTestStore } from './test-store.ts';
import { STALE_HIGH, STALE_LOW } from './value-code.ts';
import type { Window } from './window.ts';

const START_MS = 400 * BLOCK_MS;
const directory = await mkdtemp(join(tmpdir(), 'read-samples-'));
const stack = new AsyncDisposableStack();
const limits = loadConfig({ file: undefined, flags: [] }, {}).limits;
let nowMs = START_MS;
let cacheBytes = 1 << 20;
let store: Store;
let metricStore: MetricStore;

before(async () => {
  store = stack.use(await openTestStore(directory));
  const clock = { now: () => nowMs };
  const metrics = new SelfMetrics();
  metricStore = stack.use(await openMetricStore({ store, limitsOf: () => limits, clock, metrics, cacheBytesMax: () => cacheBytes }));
});

after(async () => {
  await stack.disposeAsync();
  await rm(directory, { recursive: true, force: true });
});

async function contextOf(tenant: string, fromMemory: boolean): Promise<ReadContext> {
  const { kept } = metricStore.options;
  assert(kept !== undefined, 'the embedded store keeps samples');
  const asOf = kept.cache.writes.asOf();
  await metricStore.flush();
  return {
    table: 'series',
    client: store.client,
    index: metricStore.index,
    ...(fromMemory && { kept: { ...kept, asOf } }),
    tenants: [tenant],
    oldestMs: () => Number.NEGATIVE_INFINITY,
    limits: { timeoutMs: 600_000, memoryBytesMax: 1 << 30, seriesMax: 100_000, samplesMax: 1e6 },
    signal: new AbortController().signal,
    warnings: [],
  };
}

/** All samples of series in a window: by the series' name, each as its time and the bits of its value. */
async function samplesOf(
  tenant: string,
  series: string,
  window: Window,
  fromMemory: boolean,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  const matchers: readonly Matcher[] = [
    { name: '__name__', op: '=', value: 'x' },
    { name: 'series', op: '=~', value: series },
  ];
  await rawSeries(await contextOf(tenant, fromMemory), matchers, window, (labels, { times, words, length }) => {
    const rows = Array.from({ length }, (_, i) => `${times[i]} ${words[2 * i + 1]} ${words[2 * i]}`);
    if (rows.length > 0) found.set(labelValue(labels, 'series'), rows);
  });
  return found;
}

interface Sample {
  readonly series: number;
  readonly ms: number;
  readonly value: number | 'stale';
}

const aroundStart = fc.integer({ min: -3 * BLOCK_MS, max: BLOCK_MS }).map((ms) => START_MS + ms);
const atBorder = fc
  .tuple(fc.integer({ min: -3, max: 1 }), fc.integer({ min: -1, max: 1 }))
  .map(([block, ms]) => START_MS + block * BLOCK_MS + ms);
const time = fc.oneof(aroundStart, atBorder);
const sample: fc.Arbitrary<Sample> = fc.record({
  series: fc.integer({ min: 0, max: 5 }),
  ms: time,
  value: fc.oneof(fc.integer({ min: -5, max: 5 }), fc.double(), fc.constant('stale' as const)),
});
const whole = { from: START_MS - 4 * BLOCK_MS, to: START_MS + 2 * BLOCK_MS };
const span = fc.oneof(fc.constant(whole), fc.record({ from: time, to: time }));
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('write' as const), samples: fc.array(sample, { minLength: 3, maxLength: 30 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1000, 31_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('ask' as const), span, series: fc.constantFrom('.+', '.+', '0', '1|4', '[2-5]') }),
  },
);

let tenants = 0;

async function put(tenant: string, samples: readonly Sample[]): Promise<void> {
  const write = metricStore.begin(tenant);
  for (const { series, ms, value } of samples) {
    const labels = labelsOfRecord({ __name__: 'x', series: String(series) });
    if (value === 'stale') write.stale(labels, ms);
    else write.sample(labels, ms, value);
  }
  await write.commit();
}

test('what is in memory is what is stored', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 16 }), fc.boolean(), async (steps, small) => {
      const tenant = `memory-${tenants++}`;
      cacheBytes = small ? 8192 : 1 << 20;
      for (const one of steps) {
        if (one.kind === 'write') await put(tenant, one.samples);
        else if (one.kind === 'wait') nowMs += one.ms;
        else if (one.kind === 'forget') metricStore.forget(tenant);
        else {
          const { from, to } = one.span;
          const window = { afterMs: Math.min(from, to), toMs: Math.max(from, to) };
          const expected = await samplesOf(tenant, one.series, window, false);
          assert.deepEqual(await samplesOf(tenant, one.series, window, true), expected);
        }
      }
    }),
    { numRuns: 40 },
  );
});

test('a question that is asked again reads nothing', async () => {
  const tenant = 'again';
  cacheBytes = 1 << 20;
  await put(tenant, [
    { series: 1, ms: START_MS - BLOCK_MS, value: 1 },
    { series: 2, ms: START_MS - 10, value: 2 },
  ]);
  nowMs += 60_000;
  const window = { afterMs: START_MS - 2 * BLOCK_MS, toMs: START_MS };
  const first = await samplesOf(tenant, '.+', window, true);
  let statements = 0;
  const context = await contextOf(tenant, true);
  const client = { ...context.client, stream: () => assert.fail(`statement ${statements++}`) };
  const again = new Map<string, number>();
  await rawSeries(
    { ...context, client: Object.assign(Object.create(context.client), client) },
    [{ name: '__name__', op: '=', value: 'x' }],
    window,
    (labels, run) => {
      again.set(labelValue(labels, 'series'), run.length);
    },
  );
  assert.deepEqual([...again.keys()].sort(), [...first.keys()].sort());
});

test('a write while a block is read makes it be read again', async () => {
  const tenant = 'meanwhile';
  cacheBytes = 1 << 20;
  await put(tenant, [{ series: 1, ms: START_MS - BLOCK_MS, value: 1 }]);
  nowMs += 60_000;
  const context = await contextOf(tenant, true);
  // Acknowledged after the flush of the context: what is read with it does not hold the second sample.
  await put(tenant, [{ series: 1, ms: START_MS - BLOCK_MS + 5, value: 2 }]);
  nowMs += 60_000;
  await rawSeries(
    context,
    [{ name: '__name__', op: '=', value: 'x' }],
    { afterMs: START_MS - 2 * BLOCK_MS, toMs: START_MS },
    () => undefined,
  );
  const all = await samplesOf(tenant, '.+', { afterMs: START_MS - 2 * BLOCK_MS, toMs: START_MS }, true);
  assert.equal(all.get('1')?.length, 2);
});

test('a stale marker keeps its bits in memory', async () => {
  const tenant = 'stale';
  await put(tenant, [{ series: 1, ms: START_MS - BLOCK_MS, value: 'stale' }]);
  nowMs += 60_000;
  for (let round = 0; round < 2; round++) {
    const found = await samplesOf(tenant, '1', { afterMs: START_MS - 2 * BLOCK_MS, toMs: START_MS }, true);
    assert.deepEqual(found.get('1'), [`${START_MS - BLOCK_MS} ${STALE_HIGH} ${STALE_LOW}`]);
  }
});

test('samples that are too many to be kept are read all the same', async () => {
  const tenant = 'dense';
  cacheBytes = 64 * 1024;
  const samples = Array.from({ length: 7200 }, (_, i) => ({ series: 1, ms: START_MS - BLOCK_MS + i * 1000, value: i }));
  await put(tenant, samples);
  nowMs += 60_000;
  const window = { afterMs: START_MS - 2 * BLOCK_MS, toMs: START_MS };
  for (let round = 0; round < 2; round++) assert.equal((await samplesOf(tenant, '1', window, true)).get('1')?.length, 7200);
  assert.ok((metricStore.options.kept?.cache.bytes ?? 0) <= cacheBytes);
});

test('more tenants than are remembered make every block be read again', () => {
  const writes = new RecentWrites(() => 0);
  writes.note('first', 0, 0);
  const asOf = writes.asOf();
  assert.ok(writes.isUnchanged('first', 0, asOf) && writes.isUnchanged('never', 0, asOf));
  for (let i = 0; i < 10_000; i++) writes.note(`tenant-${i}`, 0, 0);
  assert.ok(!writes.isUnchanged('first', 0, asOf) && !writes.isUnchanged('never', 0, asOf));
});
