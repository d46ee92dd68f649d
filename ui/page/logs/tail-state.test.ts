// A live tail: what is shown, what waits while it is paused, what is lost, and that it never holds more than its bound.

import assert from 'node:assert/strict';
import test from 'node:test';
import { HELD_LINES_MAX } from './line-pages.ts';
import { NEW_TAIL, decodeTail, reduceTail, retryAfterMs, tailRate } from './tail-state.ts';
import type { TailEvent, TailState } from './tail-state.ts';

const arrived = (count: number, nowMs = 0, dropped = 0): TailEvent => ({
  kind: 'arrived',
  nowMs,
  batch: {
    dropped,
    entries: Array.from({ length: count }, (_, i) => ({ ns: String(i), line: 'x', stream: {}, metadata: {}, parsed: {} })),
  },
});
const after = (...events: readonly TailEvent[]): TailState => events.reduce(reduceTail, NEW_TAIL);

test('messages of the tail interface', () => {
  const message = {
    streams: [
      { stream: { app: 'b' }, values: [['2', 'late', { structuredMetadata: { level: 'info' } }]] },
      { stream: { app: 'a' }, values: [['1', 'early']] },
    ],
    dropped_entries: [{ labels: {}, timestamp: '1' }],
  };
  const { entries, dropped } = decodeTail(JSON.stringify(message));
  assert.deepEqual(
    entries.map(({ line }) => line),
    ['early', 'late'],
  );
  assert.equal(dropped, 1);
  assert.equal(decodeTail(JSON.stringify({ ...message, dropped_count: 70 })).dropped, 70);
  assert.deepEqual(decodeTail('{}'), { entries: [], dropped: 0 });
  for (const wrong of ['', '[]', '{"streams":1}']) assert.throws(() => decodeTail(wrong));
});

test('what comes while it is paused waits', () => {
  const paused = after(arrived(3), { kind: 'paused' }, arrived(2));
  assert.deepEqual([paused.shown.length, paused.waiting.length], [3, 2]);
  const resumed = reduceTail(paused, { kind: 'resumed' });
  assert.deepEqual([resumed.shown.length, resumed.waiting.length, resumed.dropped], [5, 0, 0]);
  const cleared = reduceTail(resumed, { kind: 'cleared' });
  assert.deepEqual([cleared.shown.length, cleared.trimmed], [0, 5]);
});

test('it holds no more than its bound, and says what it lost', () => {
  const full = after(arrived(HELD_LINES_MAX), arrived(10, 0, 4));
  assert.deepEqual([full.shown.length, full.trimmed, full.dropped], [HELD_LINES_MAX, 10, 4]);
  const waited = after({ kind: 'paused' }, arrived(HELD_LINES_MAX), arrived(7), { kind: 'resumed' });
  assert.deepEqual([waited.shown.length, waited.dropped], [HELD_LINES_MAX, 7]);
});

test('the rate is of the last seconds; attempts come further apart', () => {
  const state = after(arrived(100, 1000), arrived(50, 9000));
  assert.equal(tailRate(state, 9000), 10);
  assert.equal(tailRate(state, 20_000), 0);
  assert.deepEqual([1, 2, 3, 9, 99].map(retryAfterMs), [1000, 2000, 4000, 30_000, 30_000]);
});
