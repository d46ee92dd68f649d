// Native buckets of durations against the durations themselves.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { histogramMistake } from '../../metrics/histogram-check.ts';
import type { NativeHistogram } from '../../metrics/native-histogram.ts';
import { NativeBuckets } from './native-buckets.ts';

/** The upper bound of each bucket with its count, as the spans say. */
function buckets({ schema, positiveSpans, positiveBuckets }: NativeHistogram): (readonly [bound: number, count: number])[] {
  const result: (readonly [number, number])[] = [];
  let index = 0;
  let at = 0;
  for (const { offset, length } of positiveSpans) {
    index += offset;
    for (let i = 0; i < length; i++) result.push([2 ** (index++ / 2 ** schema), positiveBuckets[at++] ?? 0]);
  }
  return result;
}

function filled(values: readonly number[]): NativeHistogram {
  const native = new NativeBuckets();
  for (const value of values) native.add(value);
  return native.histogram(
    values.length,
    values.reduce((sum, value) => sum + value, 0),
  );
}

test('a duration falls into the bucket that ends at or after it', () => {
  const bound = (value: number): number => buckets(filled([value]))[0]?.[0] ?? 0;
  for (const exact of [1, 2, 0.5, 0.25, 1024, 2 ** -20]) assert.equal(bound(exact), exact);
  assert.equal(bound(1.0000001), 2 ** (1 / 8));
  assert.equal(bound(0.9999999), 1);
  assert.equal(filled([0]).zeroCount, 1);
});

test('buckets agree with what was observed, however wide it lies', () => {
  const durations = fc.array(
    fc.oneof(
      fc.double({ min: 0, max: 20, noNaN: true }),
      fc.integer({ min: -30, max: 33 }).map((n) => 2 ** n),
    ),
    {
      maxLength: 400,
    },
  );
  fc.assert(
    fc.property(durations, (values) => {
      const histogram = filled(values);
      assert.equal(histogramMistake(histogram, 'integer'), undefined);
      let below = histogram.zeroCount;
      for (const [bound, count] of buckets(histogram)) {
        below += count;
        // Bounds are powers of a root: exact only to the last bits.
        const least = values.filter((value) => value <= bound * (1 - 1e-12)).length;
        const most = values.filter((value) => value <= bound * (1 + 1e-12)).length;
        assert.ok(below >= least && below <= most, `${below} up to ${bound}, and ${least} to ${most} were observed`);
      }
      assert.equal(below, values.length);
      assert.ok(histogram.positiveBuckets.filter((count) => count > 0).length <= 100);
    }),
    { numRuns: 300 },
  );
});
