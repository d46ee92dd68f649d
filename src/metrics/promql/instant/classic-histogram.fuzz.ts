// Classic histograms of any buckets: bounded answers, and quantile and fraction as each other's inverse.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { addBucket, bucketFraction, bucketQuantile, type Buckets, type Forced } from './classic-histogram.ts';

const RUNS = { numRuns: 2000, seed: 11 };

function bucketsOf(pairs: readonly (readonly [number, number])[]): Buckets {
  const buckets = { bounds: new Float64Array(pairs.length), counts: new Float64Array(pairs.length), length: 0 };
  for (const [bound, count] of pairs.toSorted(([a], [b]) => a - b)) addBucket(buckets, bound, count);
  return buckets;
}

const bound = fc.integer({ min: -20, max: 20 });
const q = fc.double({ min: 0, max: 1, noNaN: true });

/** Buckets whose counts grow, with one at +Inf. */
const histogram = fc.array(fc.tuple(bound, fc.nat(9)), { minLength: 1, maxLength: 8 }).map((pairs) => {
  const unique = new Map(pairs);
  let count = 0;
  const grown = [...unique].sort(([a], [b]) => a - b).map(([le, more]): [number, number] => [le, (count += more)]);
  return [...grown, [Number.POSITIVE_INFINITY, count + 1]] as const;
});

const neverForced = (): void => assert.fail('counts that grow need no help');

test('a quantile lies within the bounds and grows with its share', () => {
  fc.assert(
    fc.property(histogram, q, q, (pairs, a, b) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)].map((share) => bucketQuantile(share, bucketsOf(pairs), neverForced));
      assert.ok(low !== undefined && high !== undefined && low <= high + 1e-9, `${low} ${high}`);
      assert.ok(high <= (pairs.at(-2)?.[0] ?? 0) + 1e-9 && low >= Math.min(0, pairs[0]?.[0] ?? 0));
    }),
    RUNS,
  );
});

test('the share under a quantile is the quantile’s share, where observations are known to lie', () => {
  fc.assert(
    fc.property(histogram, q, (pairs, share) => {
      const buckets = bucketsOf(pairs);
      const value = bucketQuantile(share, buckets, neverForced);
      const found = bucketFraction(Number.NEGATIVE_INFINITY, value, buckets);
      const first = pairs[0]?.[0] ?? 0;
      const isInside = value > Math.max(first, 0) && value < (pairs.at(-2)?.[0] ?? 0);
      if (isInside && Math.abs(found - share) > 1e-9) {
        // Between two bounds without observations every value has the same share.
        assert.ok(found <= share + 1e-9 && found >= 0, `${found} ${share}`);
      }
    }),
    RUNS,
  );
});

test('any counts: an answer, and word of what was forced', () => {
  const any = fc.array(fc.tuple(fc.oneof(bound, fc.constant(Number.POSITIVE_INFINITY)), fc.double()), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(any, fc.double(), fc.double(), (pairs, a, b) => {
      const told: Forced[] = [];
      assert.equal(typeof bucketQuantile(a, bucketsOf(pairs), (forced) => told.push(forced)), 'number');
      assert.equal(typeof bucketFraction(a, b, bucketsOf(pairs)), 'number');
      for (const { minBound, maxBound, maxDifference } of told) assert.ok(minBound <= maxBound && maxDifference > 0);
    }),
    RUNS,
  );
});
