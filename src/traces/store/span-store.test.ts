// What the store of spans promises: nothing refused is stored unsaid, nothing is stored twice, tenants and days are apart, and memory has bounds.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { RequestError } from '../../base/request-error.ts';
import { sql } from '../../base/sql.ts';
import type { AnyValue } from '../../otlp/any-value.ts';
import { readTrace } from '../read-trace.ts';
import type { Span } from '../write.ts';
import { CatalogueStore } from './catalogue-store.ts';
import { SpanSources } from './span-sources.ts';
import {
  attributes,
  type Limits,
  NO_ID,
  openTestSpans,
  sourceOf,
  spanOf,
  START_NS,
  type TestSpans,
  traceIdOf,
  writeSpans,
  writerLike,
} from './test-spans.ts';

const directory = await mkdtemp(join(tmpdir(), 'span-store-'));
after(() => rm(directory, { recursive: true, force: true }));

const DAY_NS = 86_400_000_000_000n;
const NOW_MS = Number(START_NS / 1_000_000n) + 3_600_000;
const ALWAYS = { fromNs: -(2n ** 70n), toNs: 2n ** 70n };

async function spansOf(traces: TestSpans, tenant: string, trace: number): Promise<readonly Span[]> {
  const found = await readTrace(await traces.context(tenant), traceIdOf(trace), { spansMax: 100_000 });
  return found?.groups.flatMap(({ spans }) => spans) ?? [];
}

test('a refusal names the span and the setting, and what is beside it is stored', async () => {
  await using stack = new AsyncDisposableStack();
  const few: Partial<Limits['traces']> = {
    attributesMax: 2,
    spanBytesMax: 1000,
    attributeBytesMax: 8,
    ageMax: 86_400_000,
    futureWindow: 60_000,
  };
  const traces = await openTestSpans(join(directory, 'limits'), stack, { limits: few });
  const three = attributes({ a: 1n, b: 1n, c: 1n });
  const link = { traceId: new Uint8Array(16), spanId: new Uint8Array(8), traceState: '', droppedAttributes: 0, flags: 0 };
  const event = { timeNs: 1n, name: '', droppedAttributes: 0 };
  const cases: readonly (readonly [Partial<Span>, string, RegExp])[] = [
    [{ attributes: three }, 'too_many_attributes', /"bad".*3.*limits\.traces\.attributesMax is 2/],
    [{ links: [{ ...link, attributes: three }] }, 'too_many_attributes', /"bad".*3.*limits\.traces\.attributesMax is 2/],
    [{ events: [{ ...event, attributes: three }] }, 'too_many_attributes', /"bad".*3.*limits\.traces\.attributesMax is 2/],
    [{ startNs: START_NS - 2n * DAY_NS }, 'too_old', /"bad".*limits\.traces\.ageMax/],
    [{ startNs: START_NS + DAY_NS }, 'too_far_in_future', /"bad".*limits\.traces\.futureWindow/],
    [{ startNs: 0n }, 'invalid_time', /"bad"/],
    [{ endNs: 2n ** 63n }, 'invalid_time', /"bad"/],
    [{ events: [{ ...event, timeNs: 2n ** 63n, attributes: [] }] }, 'invalid_time', /"bad"/],
    [{ spanId: new Uint8Array(8) }, 'invalid_span_id', /"bad"/],
    [{ traceId: NO_ID }, 'invalid_trace_id', /"bad"/],
    [{ parentId: new Uint8Array(3) }, 'invalid_span', /"bad"/],
  ];
  const long = 'ä'.repeat(20);
  for (const [at, [more, reason, message]] of cases.entries()) {
    const write = traces.spanStore.begin('a');
    assert.equal(write.span(sourceOf('web', { long }), spanOf(1, 100 + at, { name: 'bad', ...more }), 100), false, reason);
    write.span(
      sourceOf('web', { long }),
      spanOf(1, at, { attributes: attributes({ long }), events: [{ ...event, attributes: attributes({ long }) }] }),
      100,
    );
    const { spans, refusals } = await write.commit();
    assert.deepEqual([spans, refusals.map((each) => [each.reason, each.count])], [1, [[reason, 1]]]);
    assert.match(refusals[0]?.message ?? '', message);
  }
  const write = traces.spanStore.begin('a');
  write.span(sourceOf('web'), spanOf(1, 99, { name: 'large' }), 1001);
  write.span(sourceOf('web', { a: 1n, b: 1n }), spanOf(1, 99, { name: 'many' }), 100);
  const messages = (await write.commit()).refusals.map(({ message }) => message);
  assert.match(messages.join('\n'), /"large".*1001 bytes.*limits\.traces\.spanBytesMax/);
  assert.match(messages.join('\n'), /"many".*resource.*limits\.traces\.attributesMax/);
  const last = traces.spanStore.begin('a');
  last.span(sourceOf('web', { lists: Array.from({ length: 3000 }, () => 'x') }), spanOf(1, 99, { name: 'wide' }), 100);
  assert.match((await last.commit()).refusals[0]?.message ?? '', /"wide".*resource.*limits\.traces\.spanBytesMax/);
  const stored = await readTrace(await traces.context('a'), traceIdOf(1), { spansMax: 1000 });
  assert.equal(stored?.groups.flatMap(({ spans }) => spans).length, cases.length);
  const cut = attributes({ long: 'ä'.repeat(4) });
  for (const { source, spans } of stored?.groups ?? []) {
    assert.deepEqual(source.resource, attributes({ 'service.name': 'web', long: 'ä'.repeat(4) }));
    for (const span of spans) assert.deepEqual([span.attributes, span.events[0]?.attributes], [cut, cut]);
  }
});

test('over its rate a request is refused whole', async () => {
  await using stack = new AsyncDisposableStack();
  const traces = await openTestSpans(join(directory, 'rate'), stack, { limits: { ingestionRate: 100, ingestionBurst: 1024 } });
  await traces.write(
    'a',
    Array.from({ length: 10 }, (_, i) => spanOf(1, i)),
  );
  await assert.rejects(
    traces.write('a', [spanOf(1, 10), spanOf(2, 1)]),
    (error) => error instanceof RequestError && error.code === 'rate_limited' && /limits\.traces\.ingestionRate/.test(error.message),
  );
  assert.deepEqual([(await spansOf(traces, 'a', 1)).length, (await spansOf(traces, 'a', 2)).length], [10, 0]);
});

test('a trace of more spans than are shown says so, one of as many does not', async () => {
  await using stack = new AsyncDisposableStack();
  const traces = await openTestSpans(join(directory, 'partial'), stack);
  await traces.write(
    'a',
    Array.from({ length: 20 }, (_, i) => spanOf(1, i, { startNs: START_NS + BigInt(i) * 3n * DAY_NS - 60n * DAY_NS })),
  );
  const context = await traces.context('a');
  const shown = async (spansMax: number) => {
    const trace = await readTrace(context, traceIdOf(1), { spansMax });
    return [trace?.groups.flatMap(({ spans }) => spans).length, trace?.partial !== undefined];
  };
  assert.deepEqual(
    [await shown(20), await shown(19), await shown(1)],
    [
      [20, false],
      [19, true],
      [1, true],
    ],
  );
});

test('the same spans are stored and told of once: at the same time, after a failure, after a restart', async () => {
  const home = join(directory, 'again');
  const spans = Array.from({ length: 50 }, (_, i) => spanOf(1 + (i % 3), i));
  {
    await using stack = new AsyncDisposableStack();
    const traces = await openTestSpans(home, stack);
    const { writers } = traces.spanStore.options;
    let failing: 'spans' | 'blocks' | undefined = 'spans';
    const failingLike = (name: 'spans' | 'blocks') =>
      writerLike(writers[name], (block, rows) =>
        failing === name ? Promise.reject(new RequestError('unavailable', 'full')) : writers[name].append(block, rows),
      );
    const store = traces.other({ writers: { ...writers, spans: failingLike('spans'), blocks: failingLike('blocks') } });
    let told = 0;
    store.follow((_tenant, those) => (told += those.length));
    const write = () => writeSpans(store, { tenant: 'a', spans });
    for (const name of ['spans', 'blocks'] as const) {
      failing = name;
      const refused = await Promise.allSettled([write(), write(), write()]);
      assert.deepEqual(
        refused.map(({ status }) => status),
        ['rejected', 'rejected', 'rejected'],
      );
    }
    failing = undefined;
    await Promise.all([write(), write(), writeSpans(store, { tenant: 'b', spans: spans.slice(0, 5) }), write()]);
    assert.deepEqual([told, await rows(traces)], [55, 55]);
  }
  await using stack = new AsyncDisposableStack();
  const traces = await openTestSpans(home, stack);
  await Promise.all([traces.write('a', spans), traces.write('a', spans), traces.write('b', spans)]);
  assert.equal(await rows(traces), 100);
  assert.equal((await spansOf(traces, 'a', 1)).length, 17);
});

test('a span that came before its end is stored once, when it comes again after a restart and its end', async () => {
  const home = join(directory, 'ahead');
  let nowMs = Number(START_NS / 1_000_000n);
  const long = spanOf(2, 0, { startNs: START_NS - 2n * DAY_NS, endNs: START_NS + 5_000_000_000n });
  const spans = [...Array.from({ length: 20 }, (_, i) => spanOf(1, i, { endNs: START_NS + BigInt(i) * 500_000_000n })), long];
  for (const restartMs of [0, 2000, 3000]) {
    await using stack = new AsyncDisposableStack();
    nowMs += restartMs;
    const traces = await openTestSpans(home, stack, { now: () => nowMs });
    if (restartMs > 0) nowMs += 7000;
    await traces.write('a', spans);
    assert.equal(await rows(traces), spans.length);
  }
});

async function rows(traces: TestSpans): Promise<number> {
  await traces.spanStore.flush();
  const [row] = await traces.spanStore.options.client.query(sql`SELECT count() AS rows FROM spans`);
  return Number(row?.['rows']);
}

test('tenants are apart, whatever their names, and a range may have no end', async () => {
  await using stack = new AsyncDisposableStack();
  const traces = await openTestSpans(join(directory, 'tenants'), stack);
  const names = ['a', "a'b", 'a\\', '"', 'ü!*()', 'a b'];
  await Promise.all(
    names.map((name, at) =>
      traces.write(name, [spanOf(1, at, { attributes: attributes({ [`of ${name}`]: name }) })], sourceOf(name, { [`r${at}`]: 1n })),
    ),
  );
  for (const [at, name] of names.entries()) {
    assert.deepEqual(
      (await spansOf(traces, name, 1)).map(({ attributes: own }) => own),
      [attributes({ [`of ${name}`]: name })],
    );
    const catalogue = await (await traces.context(name)).catalogue(ALWAYS);
    assert.deepEqual(
      [catalogue.keys('span'), catalogue.keys('resource'), catalogue.sources.map(({ service }) => service)],
      [[`of ${name}`], [`r${at}`, 'service.name'], [name]],
    );
  }
  assert.deepEqual((await (await traces.context('other')).catalogue(ALWAYS)).sources, []);
});

test('a catalogue knows the days it is asked about, and what is written while it loads', async () => {
  await using stack = new AsyncDisposableStack();
  const traces = await openTestSpans(join(directory, 'days'), stack);
  const dayOf = (day: number) => ({ fromNs: START_NS + BigInt(day) * DAY_NS, toNs: START_NS + BigInt(day) * DAY_NS + 1n });
  const write = (day: number) =>
    traces.write(
      'a',
      [spanOf(day + 100, 0, { startNs: START_NS + BigInt(day) * DAY_NS, attributes: attributes({ [`day${day}`]: 1n }) })],
      sourceOf('web', { '1': 'x', __proto__x: 'y', '0': `${day}` }),
    );
  for (const day of [-9, -5, -1]) await write(day);
  // The first question of a tenant, with no flush before it, and writes at the same time.
  const { catalogues } = traces.spanStore.options;
  const asked = [-5, -9, -20].map((day) => catalogues.catalogue('a', dayOf(day)));
  const written = [-4, -3].map(write);
  const keys = async (of: Promise<{ keys: (scope: 'span') => readonly string[] }>) => (await of).keys('span');
  assert.deepEqual(await Promise.all(asked.map(keys)), [['day-5'], ['day-9'], []]);
  await Promise.all(written);
  const { client } = traces.spanStore.options;
  const later = new CatalogueStore({ client, isAlone: false, flush: () => traces.spanStore.flush() });
  for (const store of [catalogues, later]) {
    assert.deepEqual(await keys(store.catalogue('a', { fromNs: dayOf(-9).fromNs, toNs: START_NS })), [
      'day-1',
      'day-3',
      'day-4',
      'day-5',
      'day-9',
    ]);
    const [source] = (await store.catalogue('a', dayOf(-4))).sources;
    assert.deepEqual(source?.resource, sourceOf('web', { '1': 'x', __proto__x: 'y', '0': '-4' }).resource);
    store.retain(Number(START_NS / 1_000_000n), () => 4 * 86_400_000);
    assert.deepEqual(await keys(store.catalogue('a', dayOf(-1))), ['day-1']);
  }
});

test('what a sender of ever new resources costs is bounded', () => {
  const sources = new SpanSources();
  let most = 0;
  const text = 'x'.repeat(200_000);
  for (let i = 0; i < 1500; i++) {
    sources.see(sourceOf('web', { i: BigInt(i), text }), 0);
    sources.takeNotes();
    most = Math.max(most, sources.size);
  }
  assert.ok(most < 350, String(most));
  const source = sourceOf('days');
  for (let day = 0; day < 410_000; day++) {
    sources.see(source, day);
    if (day % 1000 === 0) sources.takeNotes();
  }
  assert.ok(sources.size <= 1);
});

test('tenants that are silent are forgotten, with their columns kept', async () => {
  await using stack = new AsyncDisposableStack();
  let now = NOW_MS;
  const traces = await openTestSpans(join(directory, 'silent'), stack, { now: () => now });
  const frequent: Readonly<Record<string, AnyValue>> = { k: 'v' };
  const write = (trace: number) =>
    traces.write(
      'a',
      Array.from({ length: 1100 }, (_, i) => spanOf(trace, i, { attributes: attributes(frequent) })),
    );
  for (const trace of [1, 2]) await write(trace);
  // Within the hour all has reached its table, where it is looked up.
  await traces.spanStore.flush();
  now += 7_200_000;
  await traces.spanStore.prune();
  assert.equal(traces.spanStore.activeSources().size, 0);
  for (const trace of [2, 3]) await write(trace);
  assert.equal(await rows(traces), 3300);
  const catalogue = await (await traces.context('a')).catalogue(ALWAYS);
  assert.equal(catalogue.spanKey('k')?.columns.length, 1);
});
