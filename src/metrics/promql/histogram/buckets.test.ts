// Bounds of buckets, and the order in which they are walked.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { exponentialBound, OrderedBuckets } from './buckets.ts';
import { histogramOf } from './test-histograms.ts';

test('bounds of exponential buckets', () => {
  /** `[index, schema, bound]` */
  const cases: readonly (readonly [number, number, number])[] = [
    [0, 0, 1],
    [3, 0, 8],
    [-3, 0, 0.125],
    [1, -1, 4],
    [-1, -4, 2 ** -16],
    [1, 1, Math.SQRT2 - Number.EPSILON], // as the clients have it
    [-1, 1, (Math.SQRT2 - Number.EPSILON) / 2],
    [3, 2, 1.6817928305074288],
    [255, 8, 1.9945921121709396],
    [1024, 0, Number.MAX_VALUE], // the last bucket of finite values
    [1025, 0, Infinity], // that of infinite ones
    [64, -4, Number.MAX_VALUE],
    [65, -4, Infinity],
    [262_144, 8, Number.MAX_VALUE],
    [262_145, 8, Infinity],
    [-1074, 0, Number.MIN_VALUE],
    [-1075, 0, 0],
    [-(2 ** 31), 8, 0],
    [2 ** 31 - 1, 8, Infinity],
  ];
  for (const [index, schema, bound] of cases) assert.equal(exponentialBound(index, schema), bound, `${index} of ${schema}`);
});

test('a bound of a coarser schema is one of each finer schema', () => {
  for (let schema = -4; schema < 8; schema++) {
    for (let index = -100; index <= 63; index++) assert.equal(exponentialBound(index, schema), exponentialBound(2 * index, schema + 1));
  }
});

test('buckets in ascending order', () => {
  /** `[histogram, buckets]` */
  const cases: readonly (readonly [string, string])[] = [
    ['', ''],
    ['buckets:[1 2]', '0.5…1:1 1…2:2'],
    ['n_buckets:[1 2] z_bucket:3 z_bucket_w:0.1 buckets:[4]', '-2…-1:2 -1…-0.5:1 -0.1…0.1:3 0.5…1:4'],
    ['n_buckets:[1] z_bucket:3 z_bucket_w:0.75 buckets:[4]', '-1…-0.75:1 -0.75…0.75:3 0.75…1:4'], // the zero bucket overlaps
    ['z_bucket_w:0.1 buckets:[4]', '0.5…1:4'], // nothing at zero
    ['schema:-53 custom_values:[5 10] buckets:[1 2 3]', '-Infinity…5:1 5…10:2 10…Infinity:3'],
    ['schema:-53 custom_values:[5 10] offset:2 buckets:[3]', '10…Infinity:3'],
    ['schema:-53 buckets:[3]', '-Infinity…Infinity:3'],
  ];
  for (const [text, expected] of cases) {
    const buckets = new OrderedBuckets(histogramOf(text));
    const shown = Array.from({ length: buckets.size }, (_, at) => `${buckets.lower(at)}…${buckets.upper(at)}:${buckets.count(at)}`);
    assert.equal(shown.join(' '), expected, text);
  }
});
