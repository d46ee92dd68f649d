// Which point is meant, and how high the picture is.

import assert from 'node:assert/strict';
import test from 'node:test';
import { logRange, nearestPoint } from './scatter-places.ts';

test('the nearest point within reach', () => {
  const places = [
    { x: 0, y: 0 },
    { x: 10, y: 0 },
  ];
  assert.deepEqual([nearestPoint(places, 7, 0, 12), nearestPoint(places, 40, 0, 12), nearestPoint([], 0, 0, 12)], [1, -1, -1]);
});

test('a scale has round ends and a height', () => {
  assert.deepEqual(logRange(0.0007, 1.3), [0.0005, 2]);
  assert.deepEqual(logRange(1, 1), [0.1, 10]);
  assert.deepEqual(logRange(null, null), [0.001, 1]);
});
