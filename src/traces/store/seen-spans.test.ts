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

/** A store that has some spans, and counts how often it is asked. */
function storeOf(stored: readonly Span[]): { client: Client; asked: () => number } {
  let asked = 0;
  const rows: readonly Row[] = stored.map(({ spanId, startNs, kind }) => ({
    trace_high: '0',
    trace_low: String(Buffer.from(spanId).readBigUInt64BE()),
    ts: String(startNs),
    span_id: String(Buffer.from(spanId).readBigUInt64BE()),
    kind,
  }));
  const unused = (): never => assert.fail('only look-ups are expected');
  const query = async (): Promise<readonly Row[]> => {
    asked++;
    return Promise.resolve(rows);
  };
  return { client: { query, stream: unused, insert: unused, exec: unused, [Symbol.asyncDispose]: unused }, asked: () => asked };
}

const options = { tenant: 't', clock: { now: () => 1_000_000 }, generationMax: () => 1000 };

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

test('a span that ends ahead of the clock is looked up, and does not make others be', async () => {
  const { client, asked } = storeOf([span(1, { startS: 5000 })]);
  const seen = new SeenSpans({ ...options, client, storedUpToMs: Number.NEGATIVE_INFINITY });
  const ahead = await seen.admit([span(1, { startS: 5000 }), span(2, { startS: 5000 })]);
  assert.deepEqual([newest(ahead), asked()], [[0, 1], 1]);
  ahead.end(true);
  for (let n = 10; n < 3010; n += 1000) (await seen.admit(Array.from({ length: 1000 }, (_, i) => span(n + i, { startS: 500 })))).end(true);
  // That one and 999 others are forgotten: up to the clock's time, not to its own.
  const later = await seen.admit([span(3, { startS: 998 }), span(4, { startS: 5000 })]);
  assert.deepEqual([newest(later), asked()], [[1, 1], 3]);
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
