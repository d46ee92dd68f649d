// Buckets against windows: every window is exactly the run of buckets that it is said to be.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { bucketNumbering, bucketOf, bucketsOf, windowBuckets } from './window-grid.ts';

const grids = fc.record({
  startNs: fc.constant(1_000_000n),
  stepNs: fc.bigInt(1n, 12n),
  steps: fc.integer({ min: 1, max: 9 }),
  intervalNs: fc.bigInt(1n, 40n),
  offsetNs: fc.bigInt(-3n, 3n),
});

test('a time lies in a window where its bucket does', () => {
  fc.assert(
    fc.property(grids, (grid) => {
      const numbering = bucketNumbering(grid);
      const windows = windowBuckets(numbering);
      assert.equal(numbering.originNs, grid.startNs - grid.offsetNs - grid.intervalNs);
      const span = Number(numbering.lastNs - numbering.originNs);
      const times = Float64Array.from({ length: span + 3 }, (_, i) => i + 1);
      const buckets = new Uint32Array(times.length);
      bucketsOf(numbering, times, times.length, buckets);
      for (const [i, time] of times.entries()) {
        const bucket = bucketOf(numbering, time);
        assert.equal(buckets[i], bucket);
        assert.equal(bucket < numbering.count, time <= span, `${time} of ${span}`);
        for (let step = 0; step < grid.steps; step++) {
          const start = step * Number(grid.stepNs);
          const isInside = time > start && time <= start + Number(grid.intervalNs);
          const isInBuckets = bucket >= (windows.from[step] ?? 0) && bucket < (windows.to[step] ?? 0);
          assert.equal(isInBuckets, isInside, `${time} in window ${step}`);
        }
      }
    }),
    { numRuns: 300, seed: 1 },
  );
});

test('edges are exact to the nanosecond over ninety days', () => {
  const stepNs = 7_200_000_000_001n;
  const numbering = bucketNumbering({ startNs: 0n, stepNs, steps: 1080, intervalNs: stepNs, offsetNs: 0n });
  for (let step = 1; step < 1080; step++) {
    const edge = Number(stepNs) * step;
    assert.deepEqual([bucketOf(numbering, edge), bucketOf(numbering, edge + 1)], [step - 1, step]);
  }
});

test('a window far longer than its steps is not cut at each of them', () => {
  const day = 86_400_000_000_000n;
  const numbering = bucketNumbering({ startNs: 0n, stepNs: 1_000_000n, steps: 3, intervalNs: 30n * day, offsetNs: 0n });
  assert.equal(numbering.count, 5);
});
