// Growth per second of counters.

import assert from 'node:assert/strict';
import test from 'node:test';
import { growthPerSecond, totalGrowth } from './growth.ts';

const series = (...values: readonly number[]) => ({ labels: {}, times: values.map((_, i) => i * 15), values, histogram: false });

test('restarts count from zero, one value says nothing', () => {
  assert.equal(growthPerSecond(series(0, 15, 30)), 1);
  assert.equal(growthPerSecond(series(100, 115, 15)), 1);
  assert.equal(growthPerSecond(series(7)), undefined);
  assert.equal(growthPerSecond(series()), undefined);
});

test('series add up', () => {
  assert.equal(totalGrowth([series(0, 15), series(0, 30), series(9)]), 3);
  assert.equal(totalGrowth([]), undefined);
});
