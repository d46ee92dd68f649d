// Native histograms made coarser: which buckets meet, and where a limit cannot be kept.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { NativeHistogram } from '../native-histogram.ts';
import { limitHistogram, reduceResolution, schemaOfFactor } from './histogram-resolution.ts';

const histogram = (fields: Partial<NativeHistogram>): NativeHistogram => ({
  schema: 2,
  counterResetHint: 'unknown',
  count: 0,
  sum: 0,
  zeroThreshold: 0,
  zeroCount: 0,
  positiveSpans: [],
  positiveBuckets: [],
  negativeSpans: [],
  negativeBuckets: [],
  customValues: [],
  ...fields,
});

test('buckets meet in pairs, the even ones last', () => {
  const fine = histogram({
    positiveSpans: [
      { offset: 0, length: 4 },
      { offset: 3, length: 2 },
    ],
    positiveBuckets: [1, 2, 4, 8, 16, 32],
  });
  const coarse = reduceResolution(fine, 1);
  assert.equal(coarse.schema, 1);
  assert.deepEqual(coarse.positiveSpans, [
    { offset: 0, length: 3 },
    { offset: 1, length: 1 },
  ]);
  assert.deepEqual(coarse.positiveBuckets, [1, 6, 8, 48]);
  const below = reduceResolution(histogram({ negativeSpans: [{ offset: -3, length: 3 }], negativeBuckets: [1, 2, 4] }), 0);
  assert.deepEqual([below.negativeSpans, below.negativeBuckets], [[{ offset: 0, length: 1 }], [7]]);
});

test('limits make a histogram coarser, or refuse it', () => {
  const wide = histogram({ positiveSpans: [{ offset: 1, length: 8 }], positiveBuckets: Array.from({ length: 8 }, () => 1) });
  assert.equal(limitHistogram(wide, 0, 8), wide);
  assert.deepEqual(limitHistogram(wide, 2, 8)?.positiveBuckets, [4, 4]);
  assert.equal(limitHistogram(wide, 0, 1)?.schema, 1);
  assert.equal(
    limitHistogram(histogram({ ...wide, schema: -4, negativeSpans: wide.positiveSpans, negativeBuckets: wide.positiveBuckets }), 1, 8),
    undefined,
  );
  assert.equal(limitHistogram(histogram({ ...wide, schema: -53 }), 4, 8), undefined);
  assert.equal(limitHistogram(histogram({ ...wide, schema: -53 }), 8, 0)?.schema, -53);
});

test('the schema of a growth factor', () => {
  for (const [factor, schema] of [
    [0, 8],
    [1, 8],
    [1.002, 8],
    [1.1, 2],
    [2, 0],
    [4, -1],
    [65536, -4],
    [1e300, -4],
  ] as const) {
    assert.equal(schemaOfFactor(factor), schema, String(factor));
  }
});
