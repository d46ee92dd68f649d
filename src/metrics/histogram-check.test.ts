// A histogram's stale marker, however a processor left its bits.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isStaleHistogram } from './histogram-check.ts';
import type { NativeHistogram } from './native-histogram.ts';

function withSum(low: number, high: number): NativeHistogram {
  const [sum = 0] = new Float64Array(new Uint32Array([low, high]).buffer);
  const none = { positiveSpans: [], positiveBuckets: [], negativeSpans: [], negativeBuckets: [], customValues: [] };
  return { schema: 0, counterResetHint: 'unknown', count: 0, sum, zeroThreshold: 0, zeroCount: 0, ...none };
}

test('a stale marker is known by its bits', () => {
  assert.equal(isStaleHistogram(withSum(2, 0x7ff00000)), true);
  assert.equal(isStaleHistogram(withSum(2, 0x7ff80000)), true); // made quiet on its way
  assert.equal(isStaleHistogram(withSum(0, 0x7ff80000)), false); // an ordinary NaN
  assert.equal(isStaleHistogram(withSum(2, 0x3ff00000)), false);
});
