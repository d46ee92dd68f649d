// Spans in memory against a real store, with a clock of the test's own: what is answered from memory is always what the store answers at that moment.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { loadConfig } from '../../config.ts';
import type { FoundTrace } from '../answers.ts';
import { LargeRanges, readTagValues } from '../api/tag-values.ts';
import type { NsRange } from '../catalogue.ts';
import { runMetrics } from '../metrics/run-metrics.ts';
import { spanRead } from '../read-context.ts';
import type { SpanReadContext } from '../read.ts';
import { runSearch } from '../search/run-search.ts';
import { attributes, openTestSpans, sourceOf, spanOf, START_NS, type TestSpans, writerLike, writeSpans } from '../store/test-spans.ts';
import { BLOCK_NS } from '../table.ts';
import { parseIdentifier } from '../traceql/parse-identifier.ts';
import { parseTraceql } from '../traceql/parse.ts';
import type { Span } from '../write.ts';
import { HeldSpans, type HeldSpansOptions } from './held-spans.ts';

const directory = await mkdtemp(join(tmpdir(), 'traces-held-spans-'));
const stack = new AsyncDisposableStack();
const { limits } = loadConfig({ file: undefined, flags: [] }, {});
const SECOND_NS = 1_000_000_000n;
const DAY_MS = 86_400_000;
/** The begin of a block. */
const FIRST_NS = (START_NS / BLOCK_NS) * BLOCK_NS;
const BEGIN_MS = Number(START_NS / 1_000_000n) + DAY_MS;

let nowMs = BEGIN_MS;
let spans: TestSpans;

before(async () => {
  spans = await openTestSpans(directory, stack, { now: () => nowMs, limits: { ageMax: 0, futureWindow: 0, ingestionRate: 0 } });
});

after(async () => {
  await stack.disposeAsync();
  await rm(directory, { recursive: true, force: true });
});

/** Nobody writes for a while. */
function idle(): void {
  nowMs += 60_000;
}

function blocks(from: number, to: number): NsRange {
  return { fromNs: FIRST_NS + BigInt(from) * BLOCK_NS, toNs: FIRST_NS + BigInt(to) * BLOCK_NS };
}

function heldSpans(options: Partial<HeldSpansOptions> = {}): HeldSpans {
  return new HeldSpans({
    writes: spans.spanStore.options.writes,
    bytesMax: () => 1 << 26,
    flush: () => spans.spanStore.flush(),
    ...options,
  });
}

interface Reading {
  readonly held?: HeldSpans | undefined;
  readonly signal?: AbortSignal;
  readonly retentionMs?: number;
}

async function read(tenant: string, { held, signal, retentionMs = 0 }: Reading = {}): Promise<SpanReadContext> {
  const { client, catalogues } = spans.spanStore.options;
  const limitsOf = () => ({ ...limits, retention: { ...limits.retention, traces: retentionMs } });
  const reads = { client, catalogues, held, clock: { now: () => nowMs }, limitsOf, flush: () => spans.spanStore.flush() };
  const own = signal ?? new AbortController().signal;
  return { ...(await spanRead(reads, { tenants: [tenant], query: new URLSearchParams(), signal: own })), signal: own };
}

/** Span `i` of trace `n`, so many seconds after the first block begins. */
function at(seconds: number, [n, i]: readonly [number, number], more: Partial<Span> = {}): Span {
  const startNs = FIRST_NS + BigInt(seconds) * SECOND_NS + BigInt(n);
  return spanOf(n, i, { startNs, endNs: startNs + 1_000_000n * BigInt(1 + (n % 7)), ...more });
}

/** A trace of a root and a child that follows after some seconds. */
function traceOf(n: number, seconds: number, later = 1): readonly Span[] {
  const values = attributes({ route: `/r${n % 3}`, size: BigInt(n), ...(n % 2 === 0 ? { odd: false } : {}) });
  const root = at(seconds, [n, 0], { name: n % 2 === 0 ? 'even' : 'odd', attributes: values, status: n % 3 });
  return [root, at(seconds + later, [n, 1], { name: 'child', parentId: root.spanId, attributes: values, kind: 3 })];
}

type Ask = (context: SpanReadContext) => Promise<unknown>;

function searched(text: string, range: NsRange, limit = 1000): Ask {
  return async (context) => {
    let traces: readonly FoundTrace[] = [];
    let stopped: string | undefined;
    for await (const part of runSearch(context, parseTraceql(text), { range, limit, spansPerSpanset: 3 })) ({ traces, stopped } = part);
    return [traces.map(({ services, ...trace }) => [trace, [...services].toSorted(([a], [b]) => (a < b ? -1 : 1))]), stopped];
  };
}

function measured(text: string, { fromNs, toNs }: NsRange, stepNs = 60n * SECOND_NS): Ask {
  return async (context) => {
    const grid = { startNs: fromNs, endNs: toNs, stepNs };
    const { series, times, stats } = await runMetrics([context], parseTraceql(text), { grid, isInstant: false, exemplarsMax: 0 });
    return [times, series.map(({ labels, values }) => [labels, [...values]]), stats];
  };
}

function valued(name: string, range: NsRange, filter = ''): Ask {
  return (context) => readTagValues(context, { range, field: parseIdentifier(name), filter, limit: 0, large: new LargeRanges() });
}

function everyWay(range: NsRange): readonly Ask[] {
  return [
    searched('{ name = "child" }', range, 2),
    searched('{ span.route = "/r1" && status = error } | select(span.size)', range),
    searched('{ name = "odd" } >> { kind = client }', range),
    searched('{ } | count() > 1', range),
    measured('{ } | rate() by (span.route, resource.service.name)', range),
    measured('{ name != "odd" } | quantile_over_time(duration, .5, .9)', range, 7n * SECOND_NS + 1n),
    measured('{ } | sum_over_time(span.size) by (status)', range, 900n * SECOND_NS),
    measured('{ } | max_over_time(duration) by (span.odd)', range),
    valued('span.route', range),
    valued('name', range, '{ duration > 3ms }'),
  ];
}

/** Whether all ways to ask give what the store gives, the first time and after. */
async function agrees(tenant: string, asks: readonly Ask[], reading: Reading): Promise<void> {
  const stored = await read(tenant, { ...reading, held: undefined });
  const held = await read(tenant, reading);
  for (const ask of asks) {
    const expected = await ask(stored);
    for (let time = 0; time < 3; time++) assert.deepEqual(await ask(held), expected);
  }
}

/** How many blocks of a range are in memory after it has been asked for twice. */
async function countHeld(tenant: string, range: NsRange, reading: Reading): Promise<number> {
  const context = await read(tenant, reading);
  await context.held?.range(context, range, []);
  return (await context.held?.range(context, range, []))?.blocks.length ?? 0;
}

test('what is written to a block that was read is there at once, and after', async () => {
  const held = heldSpans();
  const range = blocks(0, 3);
  await spans.write('written', [...traceOf(1, 10), ...traceOf(2, 700)]);
  assert.equal(await countHeld('written', range, { held }), 0, 'a block that is written to is not held');
  idle();
  await agrees('written', everyWay(range), { held });
  assert.equal(await countHeld('written', range, { held }), 3);
  // Into the middle, and late: long after the block was read.
  await spans.write('written', [...traceOf(3, 650), ...traceOf(4, 1100, 200)]);
  assert.equal(await countHeld('written', range, { held }), 1, 'only what stands before is still held');
  await agrees('written', everyWay(range), { held });
  idle();
  await agrees('written', everyWay(range), { held });
  assert.equal(await countHeld('written', range, { held }), 3);
});

test('a live block behind held ones gives one answer with them', async () => {
  const held = heldSpans();
  // Every third trace lies in two blocks.
  const old = Array.from({ length: 30 }, (_, n) => traceOf(n + 1, 60 * n, n % 3 === 0 ? 600 : 1));
  await spans.write('live', old.flat(), sourceOf('web'));
  idle();
  await spans.write('live', [...traceOf(50, 2401), ...traceOf(51, 2500), ...traceOf(52, 1790, 700)], sourceOf('cart'));
  const range = { fromNs: FIRST_NS + 61n * SECOND_NS, toNs: FIRST_NS + 2900n * SECOND_NS + 1n };
  await agrees('live', everyWay(range), { held });
  await agrees(
    'live',
    [1, 2, 3, 7, 31].map((limit) => searched('{ kind = client }', range, limit)),
    { held },
  );
  assert.equal(await countHeld('live', range, { held }), 2, 'the third block was written to');
});

test('a trace that begins before the range is shown whole', async () => {
  const held = heldSpans();
  await spans.write('before', [...traceOf(1, 590, 20), ...traceOf(2, 700)]);
  idle();
  const range = blocks(1, 2);
  await agrees('before', everyWay(range), { held });
  // With the block of its begin in memory too.
  await countHeld('before', blocks(0, 2), { held });
  await agrees('before', everyWay(range), { held });
});

test('ranges of no length, of no span, of a week and longer', async () => {
  const held = heldSpans();
  await spans.write('ranges', traceOf(1, 10));
  idle();
  const { fromNs } = blocks(0, 1);
  assert.equal(await countHeld('ranges', { fromNs, toNs: fromNs }, { held }), 0);
  assert.equal(await countHeld('ranges', { fromNs, toNs: fromNs + 1n }, { held }), 1);
  await agrees('ranges', everyWay(blocks(-4, -1)), { held });
  assert.equal(await countHeld('ranges', { fromNs: fromNs + 1n, toNs: fromNs + 1008n * BLOCK_NS + 1n }, { held }), 1009);
  assert.equal(await countHeld('ranges', blocks(0, 1010), { held }), 0);
  await agrees('ranges', [searched('{ name = "odd" }', blocks(0, 1010)), measured('{ } | rate()', blocks(0, 1010), BLOCK_NS)], { held });
});

test('spans past their retention are not shown', async () => {
  const held = heldSpans();
  await spans.write('retained', [...traceOf(1, 100, 300), ...traceOf(2, 200), ...traceOf(3, 500)]);
  idle();
  await agrees('retained', everyWay(blocks(0, 1)), { held });
  // Between the spans of the block, and of the first trace.
  const retentionMs = nowMs - Number(FIRST_NS / 1_000_000n) - 250_000;
  await agrees('retained', everyWay(blocks(0, 1)), { held, retentionMs });
  assert.equal(await countHeld('retained', blocks(0, 1), { held, retentionMs }), 1);
  await agrees('retained', everyWay(blocks(0, 1)), { held, retentionMs: nowMs - Number(FIRST_NS / 1_000_000n) - 900_000 });
});

test('tenants see their own', async () => {
  const held = heldSpans();
  await spans.write('one', traceOf(1, 10), sourceOf('web'));
  await spans.write('two', [...traceOf(1, 10), ...traceOf(2, 30)], sourceOf('cart'));
  idle();
  for (const tenant of ['one', 'two', 'none', 'one']) await agrees(tenant, everyWay(blocks(0, 1)), { held });
});

test('memory is bounded', async () => {
  let bytesMax = 140_000;
  const held = heldSpans({ bytesMax: () => bytesMax });
  await spans.write('bounded', Array.from({ length: 400 }, (_, n) => traceOf(n + 1, 6 * n)).flat());
  idle();
  const range = blocks(0, 4);
  for (const some of [blocks(2, 4), range]) {
    await agrees('bounded', everyWay(some), { held });
    assert.ok(held.bytes <= bytesMax, String(held.bytes));
  }
  bytesMax = 0;
  await agrees('bounded', [measured('{ } | rate()', range)], { held });
  assert.equal(held.bytes, 0);
  // A question whose time does not fit keeps what of it does, and does not drive out its own begin.
  bytesMax = 110_000;
  for (let time = 0; time < 4; time++) assert.equal(await countHeld('bounded', range, { held }), 2);
  // Another drives out what was used least recently.
  assert.equal(await countHeld('bounded', blocks(2, 4), { held }), 2);
  assert.ok(held.bytes <= bytesMax, String(held.bytes));
});

test('exemplars are of different traces, and from all over the range', async () => {
  const held = heldSpans();
  await spans.write('exemplars', Array.from({ length: 200 }, (_, n) => traceOf(n + 1, 12 * n)).flat());
  idle();
  const { fromNs, toNs } = blocks(0, 4);
  const context = await read('exemplars', { held });
  for (const filter of ['{ }', '{ name = "child" }']) {
    const query = parseTraceql(`${filter} | rate()`);
    const grid = { startNs: fromNs, endNs: toNs, stepNs: 60n * SECOND_NS };
    await runMetrics([context], query, { grid, isInstant: false, exemplarsMax: 8 });
    const { series } = await runMetrics([context], query, { grid, isInstant: false, exemplarsMax: 8 });
    const exemplars = series.flatMap((each) => each.exemplars);
    assert.equal(new Set(exemplars.map(({ traceId }) => traceId)).size, 8);
    const quarters = exemplars.map(({ tsMs }) => Math.floor((tsMs - Number(fromNs / 1_000_000n)) / 600_000));
    assert.deepEqual([...new Set(quarters)], [0, 1, 2, 3]);
  }
});

test('what cannot be held is not read again and again', async () => {
  let flushes = 0;
  const held = heldSpans({ flush: () => (flushes++, spans.spanStore.flush()) });
  const [long = at(10, [1, 0])] = traceOf(1, 10);
  // More than a double holds.
  await spans.write('long', [{ ...long, endNs: long.startNs + 2n ** 53n + 1n }, ...traceOf(2, 20), ...traceOf(3, 700)]);
  idle();
  await agrees('long', everyWay(blocks(0, 2)), { held });
  assert.equal(await countHeld('long', blocks(0, 2), { held }), 0);
  const before = flushes;
  for (let time = 0; time < 3; time++) assert.equal(await countHeld('long', blocks(0, 2), { held }), 0);
  assert.equal(flushes, before);
  assert.equal(await countHeld('long', blocks(1, 2), { held }), 1, 'the block behind it is held for who asks for that');
});

test('a store that takes nothing now', async () => {
  const held = heldSpans({ flush: () => Promise.resolve(false) });
  await spans.write('unflushed', traceOf(1, 10));
  idle();
  await agrees('unflushed', everyWay(blocks(0, 1)), { held });
  assert.equal(held.bytes, 0);
});

test('a write that is refused may have been stored', async () => {
  const held = heldSpans();
  await spans.write('refused', traceOf(1, 10));
  idle();
  await agrees('refused', everyWay(blocks(0, 1)), { held });
  const { writers } = spans.spanStore.options;
  const append = async (block: Uint8Array, rows: number): Promise<void> => {
    await writers.spans.append(block, rows);
    throw new Error('the answer is lost');
  };
  const other = spans.other({ writers: { ...writers, spans: writerLike(writers.spans, append) } });
  await assert.rejects(writeSpans(other, { tenant: 'refused', spans: traceOf(2, 20) }), /the answer is lost/);
  assert.equal(await countHeld('refused', blocks(0, 1), { held }), 0);
  await agrees('refused', everyWay(blocks(0, 1)), { held });
});

test('values that are odd', async () => {
  const held = heldSpans();
  const root = at(10, [1, 0], { kind: 0, status: 2, attributes: attributes({ a: '', b: Number.NaN, c: 2n ** 62n, d: Infinity, e: -5n }) });
  await spans.write('odd', [
    root,
    at(10, [1, 1], { parentId: root.spanId, kind: 77, status: 9, attributes: attributes({ a: 'x', b: 1.5, c: 1n, d: 1, e: 3n }) }),
    at(20, [2, 0], { name: '', kind: 5, attributes: attributes({ b: -1.5, c: 3n, d: -0 }) }),
  ]);
  idle();
  const range = blocks(0, 1);
  const filters = ['kind = unspecified', 'status = unset', 'span.a = ""', 'span.a != ""', 'span.b > 1', 'span.b != 1.5', '-span.e > 0'];
  const more = ['!(span.a = "x")', 'span.b + 1 > 2', 'name = ""', 'span.none = nil', 'parent.span.a = ""', 'duration * 2 > 3ms'];
  await agrees(
    'odd',
    [...filters, ...more].map((filter) => searched(`{ ${filter} } | select(span.c, .d, span:parentID, kind)`, range)),
    {
      held,
    },
  );
  const first = ['sum_over_time(span.b)', 'avg_over_time(span.c) by (kind)', 'min_over_time(span.d) by (status)', 'rate() by (span.a)'];
  const bucketed = ['quantile_over_time(span.c, .5)', 'histogram_over_time(span.e) by (span.a, name)', 'max_over_time(.none)'];
  for (const stepNs of [3n * SECOND_NS + 1n, 7n * BLOCK_NS, 8_000_000_000_000_000n])
    await agrees(
      'odd',
      [...first, ...bucketed].map((aggregate) => measured(`{ } | ${aggregate}`, range, stepNs)),
      { held },
    );
});

test('a question that is given up leaves the others their answers', async () => {
  const abort = new AbortController();
  let flushes = 0;
  const flush = (): Promise<boolean> => {
    // The first that reads is the one that is given up, while it does.
    if (flushes++ === 0) abort.abort();
    return spans.spanStore.flush();
  };
  const held = heldSpans({ flush });
  await spans.write('aborted', [...traceOf(1, 10), ...traceOf(2, 30)]);
  idle();
  const range = blocks(0, 1);
  const ask = searched('{ span.route = "/r1" }', range);
  const expected = await ask(await read('aborted'));
  const first = await read('aborted', { held, signal: abort.signal });
  await held.range(first, range, []);
  const others = await Promise.all([read('aborted', { held }), read('aborted', { held })]);
  const [given, ...answers] = await Promise.allSettled([first, ...others].map((context) => ask(context)));
  assert.equal(given?.status, 'rejected');
  assert.deepEqual(
    answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : answer.reason)),
    [expected, expected],
  );
  assert.equal(await countHeld('aborted', range, { held }), 1);
});

test('columns of more values than are held are left to the store', async () => {
  const held = heldSpans();
  const many = Array.from({ length: 65_600 }, (_, n) => n + 1);
  const unnamed = many.map((n) => at(10, [n, 0], { attributes: attributes({ uid: `u${n}` }) }));
  const named = many.map((n) => at(610, [n, 0], { name: `n${n}` }));
  await spans.write('many', [...unnamed, ...named, ...traceOf(7, 1210)]);
  idle();
  const [uids, names, few] = [blocks(0, 1), blocks(1, 2), blocks(2, 3)];
  const seven = [
    measured('{ span.uid = "u7" } | count_over_time() by (name)', uids),
    searched('{ span.uid = "u65599" || name = "n65599" }', blocks(0, 2)),
    measured('{ name = "n65537" } | count_over_time()', names),
  ];
  await agrees('many', seven, { held });
  assert.equal(await countHeld('many', uids, { held }), 1);
  assert.equal(await countHeld('many', names, { held }), 0);
  // Its names go into a dictionary of their own.
  assert.equal(await countHeld('many', few, { held }), 1);
  await agrees('many', everyWay(few), { held });
});
