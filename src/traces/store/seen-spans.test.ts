// Which spans are new: those in memory, those of requests at the same time, those that only the store knows.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client, Row } from '../../storage/client.ts';
import { RecentIds } from './recent-ids.ts';
import { SeenSpans } from './seen-spans.ts';
import { identityOf } from '../span-identity.ts';
import type { Span } from '../write.ts';

const NS = 1_000_000_000n;

function span(n: number, { startS = 100, kind = 2 } = {}): Span {
  const id = Buffer.alloc(16);
  id.writeUInt32BE(n, 12);
  return {
    traceId: id,
    spanId: id.subarray(8),
    parentId: new Uint8Array(0),
    traceState: '',
    flags: 0,
    name: 'a',
    kind,
    startNs: BigInt(startS) * NS,
    endNs: BigInt(startS + 1) * NS,
    attributes: [],
    droppedAttributes: 0,
    events: [],
    droppedEvents: 0,
    links: [],
    droppedLinks: 0,
    status: 0,
    statusMessage: '',
  };
}

/** A store that has some spans, and counts how often it is asked about spans. */
function storeOf(stored: readonly Span[], ahead: readonly Span[] = []): { client: Client; asked: () => number } {
  let asked = 0;
  const rowOf = ({ spanId, startNs, endNs, kind }: Span): Row => ({
    trace_high: '0',
    trace_low: String(Buffer.from(spanId).readBigUInt64BE()),
    ts: String(startNs),
    span_id: String(Buffer.from(spanId).readBigUInt64BE()),
    kind,
    end: String(endNs),
  });
  const unused = (): never => assert.fail('only look-ups are expected');
  const query: Client['query'] = async ({ source }) => {
    const isBegin = source.includes('ORDER BY end');
    if (!isBegin) asked++;
    return Promise.resolve((isBegin ? ahead : stored).map(rowOf));
  };
  return { client: { query, stream: unused, insert: unused, exec: unused, [Symbol.asyncDispose]: unused }, asked: () => asked };
}

const options = { tenant: 't', clock: { now: () => 1_000_000 }, generationMax: () => 1000, flush: () => Promise.resolve(true) };

const newest = (admission: { readonly isNew: Uint8Array }): readonly number[] => [...admission.isNew];

test('what was stored is not new, what could not be stored is', async () => {
  const { client, asked } = storeOf([]);
  const seen = new SeenSpans({ ...options, client, storedUpToMs: Number.NEGATIVE_INFINITY });
  const first = await seen.admit([span(1), span(2), span(1)]);
  assert.deepEqual(newest(first), [1, 1, 0]);
  first.end(false);
  const second = await seen.admit([span(1), span(1, { kind: 3 }), span(1, { startS: 101 })]);
  assert.deepEqual(newest(second), [1, 1, 1]);
  second.end(true);
  const third = await seen.admit([span(1), span(2)]);
  assert.deepEqual([newest(third), third.newCount], [[0, 1], 1]);
  assert.equal(asked(), 0);
});

test('a span of another request is waited for', async () => {
  const seen = new SeenSpans({ ...options, client: storeOf([]).client, storedUpToMs: Number.NEGATIVE_INFINITY });
  const first = await seen.admit([span(1)]);
  const waiting = [seen.admit([span(2), span(1)]), seen.admit([span(1)])];
  first.end(true);
  for (const [at, each] of waiting.entries()) {
    const admission = await each;
    assert.deepEqual(newest(admission), at === 0 ? [1, 0] : [0]);
    admission.end(true);
  }
});

test('spans that ended before this process knows anything are looked up', async () => {
  const { client, asked } = storeOf([span(1)]);
  const seen = new SeenSpans({ ...options, client, storedUpToMs: 150_000 });
  const admission = await seen.admit([span(1), span(2), span(3, { startS: 200 })]);
  assert.deepEqual([newest(admission), admission.newCount, asked()], [[0, 1, 1], 2, 1]);
  admission.end(true);
  assert.deepEqual(newest(await seen.admit([span(2), span(3, { startS: 200 })])), [0, 0]);
});

test('spans that come before their end are known when it has passed, and do not make others be looked up', async () => {
  const { client, asked } = storeOf([], [span(1, { startS: 1005 })]);
  let now = 1_000_000;
  const seen = new SeenSpans({ ...options, client, clock: { now: () => now }, storedUpToMs: 1_000_000 });
  const ahead = await seen.admit([span(1, { startS: 1005 }), span(2, { startS: 1005 })]);
  assert.deepEqual([newest(ahead), asked()], [[0, 1], 0]);
  ahead.end(true);
  now += 100_000;
  for (let n = 10; n < 3010; n += 1000) (await seen.admit(Array.from({ length: 1000 }, (_, i) => span(n + i, { startS: 1001 })))).end(true);
  // The first 1,000 are forgotten, but those that came before their end are not.
  const later = await seen.admit([span(1, { startS: 1005 }), span(2, { startS: 1005 }), span(3, { startS: 1003 })]);
  assert.deepEqual([newest(later), asked()], [[0, 0, 1], 0]);
  later.end(true);
  await seen.admit([span(10, { startS: 1001 })]);
  assert.equal(asked(), 1);
});

test('what is forgotten is made visible before the store is asked about it', async () => {
  const spanAt = (n: number): Span => span(n, { startS: 100 + n });
  const visible: Span[] = [];
  let flushes = 0;
  let canFlush = false;
  const flush = async (): Promise<boolean> => {
    flushes++;
    if (canFlush) visible.push(spanAt(1), spanAt(2));
    return Promise.resolve(canFlush);
  };
  const client: Client = { ...storeOf([]).client, query: (statement) => storeOf(visible).client.query(statement) };
  const seen = new SeenSpans({ ...options, client, flush, storedUpToMs: Number.NEGATIVE_INFINITY, generationMax: () => 10 });
  for (let n = 1; n <= 31; n++) (await seen.admit([spanAt(n)])).end(true);
  await assert.rejects(seen.admit([spanAt(1)]), /wait to be stored/);
  canFlush = true;
  for (const n of [1, 2, 1]) {
    const admission = await seen.admit([spanAt(n)]);
    assert.deepEqual(newest(admission), [0], String(n));
    admission.end(true);
  }
  assert.equal(flushes, 2);
});

test('what cannot be looked up is not taken in, and may come again', async () => {
  const { client } = storeOf([]);
  const failing = { ...client, query: () => Promise.reject(new Error('gone')) };
  const seen = new SeenSpans({ ...options, client: failing, storedUpToMs: 150_000 });
  await assert.rejects(seen.admit([span(1)]), /gone/);
  await assert.rejects(seen.admit([span(1)]), /gone/);
});

test('memory is bounded by generations, and knows up to when it has forgotten', () => {
  const ids = new RecentIds(Number.NEGATIVE_INFINITY, () => 1000);
  for (let n = 0; n < 3500; n++) assert.equal(ids.add(n, Math.imul(n, 0x9e3779b1) >>> 0, n), true);
  assert.equal(ids.forgottenUpTo, 1999);
  for (let n = 0; n < 3500; n++) assert.equal(ids.has(n, Math.imul(n, 0x9e3779b1) >>> 0), n >= 2000, String(n));
  assert.equal(ids.add(3000, Math.imul(3000, 0x9e3779b1) >>> 0, 3000), false);
});

test('identities of spans that differ in one thing differ', () => {
  const seen = new Set<string>();
  for (let n = 1; n <= 20_000; n++) {
    const { high, low } = identityOf(span(n));
    seen.add(`${high} ${low}`);
  }
  for (const other of [span(1, { kind: 3 }), span(1, { startS: 101 })]) {
    const { high, low } = identityOf(other);
    seen.add(`${high} ${low}`);
  }
  assert.equal(seen.size, 20_002);
});
