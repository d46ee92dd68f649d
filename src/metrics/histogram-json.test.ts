// Buckets of native histograms: bounds, rules and order.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { histogramBuckets, histogramJson } from './histogram-json.ts';
import type { NativeHistogram } from './native-histogram.ts';

const EMPTY: NativeHistogram = {
  schema: 0,
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
};

function shown(histogram: Partial<NativeHistogram>): string {
  return histogramBuckets({ ...EMPTY, ...histogram })
    .map(({ rule, lower, upper, count }) => `${rule}:${lower}…${upper}=${count}`)
    .join(' ');
}

test('an empty histogram has no buckets', () => {
  assert.equal(histogramJson(EMPTY), '{"count":"0","sum":"0"}');
});

test('exponential buckets, with gaps between spans', () => {
  assert.equal(
    shown({
      positiveSpans: [
        { offset: -1, length: 2 },
        { offset: 2, length: 1 },
      ],
      positiveBuckets: [1, 2, 3],
    }),
    '0:0.25…0.5=1 0:0.5…1=2 0:4…8=3',
  );
  assert.equal(shown({ schema: -2, positiveSpans: [{ offset: 1, length: 1 }], positiveBuckets: [4] }), '0:1…16=4');
  assert.equal(
    shown({ schema: 1, negativeSpans: [{ offset: 1, length: 2 }], negativeBuckets: [1, 2] }),
    '1:-2…-1.414213562373095=2 1:-1.414213562373095…-1=1',
  );
});

test('the zero bucket cuts into its neighbours', () => {
  assert.equal(
    shown({ zeroThreshold: 0.75, zeroCount: 5, positiveSpans: [{ offset: 0, length: 1 }], positiveBuckets: [1] }),
    '3:-0.75…0.75=5 0:0.75…1=1',
  );
});

test('the last exponential bucket ends at the largest float, and the one beyond is infinite', () => {
  assert.equal(
    shown({ positiveSpans: [{ offset: 1024, length: 2 }], positiveBuckets: [1, 1] }),
    `0:${2 ** 1023}…${Number.MAX_VALUE}=1 0:${Number.MAX_VALUE}…Infinity=1`,
  );
});

test('custom buckets', () => {
  const custom = { schema: -53, customValues: [5, 10], positiveSpans: [{ offset: 0, length: 3 }], positiveBuckets: [1, 2, 3] };
  assert.equal(shown(custom), '3:-Infinity…5=1 0:5…10=2 0:10…Infinity=3');
});

test('JSON leaves empty buckets out and writes values as text', () => {
  const json = histogramJson({
    ...EMPTY,
    count: 3,
    sum: Number.NaN,
    positiveSpans: [{ offset: 0, length: 3 }],
    positiveBuckets: [1, 0, 2],
  });
  assert.equal(json, '{"count":"3","sum":"NaN","buckets":[[0,"0.5","1","1"],[0,"2","4","2"]]}');
});
