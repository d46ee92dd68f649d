// Exemplars as the server sends them, and the marks that a chart draws of them.

import assert from 'node:assert/strict';
import test from 'node:test';
import { boundsWith, decodeExemplars, marksOf, queryExemplars } from './exemplars.ts';

const ID = '4bf92f3577b34da6a3ce929d0e0e4736';

const data = [
  {
    seriesLabels: { __name__: 'a_seconds_bucket', service: 'cart', le: '1' },
    exemplars: [
      { labels: { traceID: ID }, value: '0.5', timestamp: 20.5 },
      { labels: { why: 'no trace' }, value: '2', timestamp: 10 },
    ],
  },
  { seriesLabels: { __name__: 'a_seconds', service: 'cart' }, exemplars: [{ labels: { traceID: ID }, value: '0.5', timestamp: 20.5 }] },
  { seriesLabels: { __name__: 'b_bytes', trace_id: ID }, exemplars: [{ labels: { trace_id: 'none' }, value: '+Inf', timestamp: 30 }] },
];

test('each exemplar is one mark, whatever series it came with', () => {
  const marks = marksOf(decodeExemplars(data), { unit: 'seconds', perSecond: false });
  assert.deepEqual(
    marks.map(({ atMs, value, path }) => [atMs, value, path]),
    [
      [10_000, 2, undefined],
      [20_500, 0.5, `/traces/${ID}`],
    ],
  );
  assert.deepEqual(marks[1]?.labels, { __name__: 'a_seconds', service: 'cart', traceID: ID });
});

test('a value of another kind has no place on the axis', () => {
  const values = (unit: 'seconds' | 'bytes', perSecond: boolean): readonly unknown[] =>
    marksOf(decodeExemplars(data), { unit, perSecond }).map(({ value, own }) => [value, own]);
  assert.deepEqual(values('seconds', true), [
    [undefined, 2],
    [undefined, 0.5],
  ]);
  assert.deepEqual(values('bytes', false), [
    [undefined, 2],
    [undefined, 0.5],
  ]);
});

test('an answer of another form is refused, and parts of one passed over', () => {
  assert.throws(() => decodeExemplars({}), /expected a list/);
  assert.deepEqual(decodeExemplars([null, { exemplars: 3 }, { exemplars: [1, null] }]), []);
  assert.deepEqual(marksOf(decodeExemplars([{ exemplars: [{ value: 'x', timestamp: 'y' }] }]), { unit: 'none', perSecond: false }), []);
  assert.deepEqual(Object.fromEntries(queryExemplars('a', { startMs: 1500, endMs: 2000 }).params), {
    query: 'a',
    start: '1.5',
    end: '2',
    limit: '100',
  });
});

test('a picture reaches to its marks, within reason', () => {
  const marks = marksOf(decodeExemplars(data), { unit: 'seconds', perSecond: false });
  const cases: readonly (readonly [number | null, number | null, readonly (number | null)[]])[] = [
    [1, 1.5, [0.5, 2]],
    [0.4, 0.5, [0.4, 1.5]], // 2 s is beyond three times the highest
    [0, 3, [0, 3]],
    [-2, -1, [-2, -1]],
    [null, null, [null, null]],
  ];
  for (const [low, high, expected] of cases) assert.deepEqual(boundsWith(marks, low, high), expected);
  assert.deepEqual(boundsWith([], 1, 2), [1, 2]);
});
