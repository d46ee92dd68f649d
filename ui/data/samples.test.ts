// From a matrix to what is drawn: gaps, rates, sums, names.

import assert from 'node:assert/strict';
import test from 'node:test';
import { beneath, gridOf, largestSeries, rateOf, rateWindowSteps, seriesKey, splitLabels, summaryOf } from './samples.ts';

const span = { startMs: 0, endMs: 60_000 };
const raw = (times: number[], values: number[], labels = {}) => ({ labels, times, values, histogram: false });

test('gaps stay gaps, and what is not finite is one', () => {
  const grid = gridOf([raw([0, 15, 45, 60], [1, Number.NaN, 3, Number.POSITIVE_INFINITY])], span, 15_000);
  assert.deepEqual(grid.times, [0, 15, 30, 45, 60]);
  assert.deepEqual(grid.series[0]?.values, [1, null, null, 3, null]);
});

test('samples outside of the span are not drawn', () => {
  const grid = gridOf([raw([-15, 75], [1, 2])], span, 15_000);
  assert.deepEqual(grid.series[0]?.values, [null, null, null, null, null]);
});

test('rates look past restarts and begin with a full window', () => {
  const grid = gridOf([raw([0, 15, 30, 45, 60], [0, 15, 30, 5, 20])], span, 15_000);
  const rate = rateOf(grid, 2);
  assert.deepEqual(rate.times, [30, 45, 60]);
  assert.deepEqual(rate.series[0]?.values, [1, 20 / 30, 20 / 30]);
  assert.equal(rateWindowSteps(15_000), 4);
  assert.equal(rateWindowSteps(5000), 12);
  assert.equal(rateWindowSteps(3_600_000), 4);
});

test('a single value has no rate', () => {
  const rate = rateOf(gridOf([raw([30], [7])], span, 15_000), 2);
  assert.deepEqual(rate.series[0]?.values, [null, null, null]);
});

test('the period before lies beneath, as far as there is one', () => {
  const at = (v: number, x: string) => raw([0, 15], [v, v + 1], { x });
  const later = gridOf([at(1, 'a'), at(2, 'b')], span, 15_000);
  const earlier = gridOf([at(8, 'b'), at(9, 'c')], { startMs: 0, endMs: 30_000 }, 15_000);
  assert.deepEqual(
    beneath(later, earlier).map((s) => [s.labels['x'], ...s.values]),
    [['b', 8, 9, null, null, null]],
  );
});

test('sums', () => {
  assert.deepEqual(summaryOf([null, 1, 3, null]), { last: 3, min: 1, max: 3, mean: 2 });
  assert.deepEqual(summaryOf([null]), { last: null, min: null, max: null, mean: null });
});

test('the largest are kept, in their order', () => {
  const grid = gridOf(
    [1, 9, 5].map((v) => raw([0], [v], { v: String(v) })),
    span,
    15_000,
  );
  const kept = largestSeries(grid, 2);
  assert.equal(kept.leftOut, 1);
  assert.deepEqual(
    kept.grid.series.map((s) => s.labels['v']),
    ['9', '5'],
  );
});

test('names say what differs', () => {
  const split = splitLabels([
    { __name__: 'up', job: 'a', instance: 'x' },
    { __name__: 'up', job: 'a', instance: 'y"' },
  ]);
  assert.deepEqual(split.common, { __name__: 'up', job: 'a' });
  assert.deepEqual(split.names, ['{instance="x"}', '{instance="y\\""}']);
  assert.deepEqual(splitLabels([{ __name__: 'up' }]).names, ['up']);
  const modes = ['idle', 'user', 'system'].map((mode, i) => ({ cpu: String(i % 2), mode }));
  assert.equal(splitLabels(modes).names[1], '{mode="user", cpu="1"}');
  assert.deepEqual(splitLabels([{ a: '1' }, { a: '1', b: '2' }]), { common: { a: '1' }, names: ['{}', '{b="2"}'] });
  assert.notEqual(seriesKey({ a: 'b' }), seriesKey({ a: 'c' }));
  assert.equal(seriesKey({ a: 'b', c: 'd' }), seriesKey({ c: 'd', a: 'b' }));
});
