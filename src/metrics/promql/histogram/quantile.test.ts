// Quantiles, fractions, spread and average of native histograms.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { histogramAvg, histogramFraction, histogramQuantile, histogramStddev, histogramStdvar } from './quantile.ts';
import { histogramOf } from './test-histograms.ts';

const POSITIVE = 'count:10 sum:30 z_bucket:2 z_bucket_w:0.5 buckets:[4 0 4] offset:1';
const NEGATIVE = 'count:10 sum:-30 z_bucket:2 z_bucket_w:0.5 n_buckets:[4 0 4] n_offset:1';
const BOTH = 'count:10 sum:0 z_bucket:2 z_bucket_w:0.5 buckets:[4] n_buckets:[4]';
const CUSTOM = 'schema:-53 count:10 sum:60 custom_values:[4 8] buckets:[4 4 2]';
const CUSTOM_NEGATIVE = 'schema:-53 count:10 sum:-60 custom_values:[-8 -4 2] buckets:[4 2 4]';
const NAN_BEYOND = 'count:10 sum:NaN buckets:[8]';

function assertClose(actual: number, expected: number, what: string): void {
  const isClose = Number.isFinite(expected) ? Math.abs(actual - expected) <= 1e-12 * Math.abs(expected) : Object.is(actual, expected);
  assert.ok(isClose, `${what}: ${actual}, expected ${expected}`);
}

test('quantiles', () => {
  /** `[q, histogram, value, note]` */
  const cases: readonly (readonly [number, string, number, RegExp?])[] = [
    [-0.1, POSITIVE, -Infinity],
    [1.1, POSITIVE, Infinity],
    [NaN, POSITIVE, NaN],
    [0.5, '', NaN],
    // linear in the zero bucket, which begins at zero where nothing is negative
    [0, POSITIVE, 0],
    [0.1, POSITIVE, 0.25],
    [0.2, POSITIVE, 0.5],
    // on a logarithmic scale in the others; an empty bucket is jumped over
    [0.4, POSITIVE, Math.SQRT2],
    [0.6, POSITIVE, 4],
    [0.8, POSITIVE, 4 * Math.SQRT2],
    [0.9, POSITIVE, 4 * 2 ** 0.75],
    [1, POSITIVE, 8],
    [0, NEGATIVE, -8],
    [0.2, NEGATIVE, -4 * Math.SQRT2],
    [0.6, NEGATIVE, -Math.SQRT2],
    [0.9, NEGATIVE, -0.25],
    [1, NEGATIVE, 0],
    [0.45, BOTH, -0.25],
    [0.5, BOTH, 0],
    [0.2, BOTH, -Math.SQRT1_2],
    [0.8, BOTH, Math.SQRT1_2],
    [0.5, 'count:4 sum:1 buckets:[4] schema:-1 offset:1', 2],
    // custom buckets: linear, from zero in the first one, nothing beyond the last bound
    [0.2, CUSTOM, 2],
    [0.6, CUSTOM, 6],
    [0.8, CUSTOM, 8],
    [0.9, CUSTOM, 8],
    [0.1, CUSTOM_NEGATIVE, -8], // all that lies below the first bound is at it
    [0.5, CUSTOM_NEGATIVE, -6],
    [0.8, CUSTOM_NEGATIVE, -1],
    [0.5, 'schema:-53 count:10 buckets:[10]', Infinity], // nothing is known of where they lie
    // observations of NaN are as if above all others
    [0.4, NAN_BEYOND, Math.SQRT1_2, /skewed higher/],
    [0.8, NAN_BEYOND, 1, /skewed higher/],
    [0.81, NAN_BEYOND, NaN, /result is NaN/],
    [0.5, 'count:10 sum:NaN', NaN, /result is NaN/],
    [0.5, 'count:8 sum:NaN buckets:[8]', Math.SQRT1_2], // +Inf and -Inf were observed, not NaN
    // a count that is more than the buckets hold
    [0.9, 'count:10 sum:1 buckets:[8]', 2 ** -0.125],
    [0.4, 'count:100 sum:1 buckets:[8]', 1],
  ];
  for (const [q, text, value, note] of cases) {
    const found = histogramQuantile(q, histogramOf(text));
    assertClose(found.value, value, `${q} of ${text}`);
    if (note === undefined) assert.equal(found.note, undefined, `${q} of ${text}`);
    else assert.match(found.note ?? '', note, `${q} of ${text}`);
  }
});

test('fractions', () => {
  /** `[lower, upper, histogram, value, note]` */
  const cases: readonly (readonly [number, number, string, number, RegExp?])[] = [
    [0, 1, '', NaN],
    [NaN, 1, POSITIVE, NaN],
    [0, NaN, POSITIVE, NaN],
    [2, 2, POSITIVE, 0],
    [3, 2, POSITIVE, 0],
    [-Infinity, Infinity, POSITIVE, 1],
    [-Infinity, 0, POSITIVE, 0],
    [0, 0.25, POSITIVE, 0.1],
    [-0.5, 0.25, POSITIVE, 0.1],
    [1, Math.SQRT2, POSITIVE, 0.2],
    [2, 4, POSITIVE, 0],
    [Math.SQRT2, 4 * Math.SQRT2, POSITIVE, 0.4],
    [8, Infinity, POSITIVE, 0],
    [-Infinity, -4 * Math.SQRT2, NEGATIVE, 0.2],
    [-Math.SQRT2, 0, NEGATIVE, 0.4],
    [-0.25, 0.25, BOTH, 0.1],
    [-Infinity, 0, BOTH, 0.5],
    [0, 2, CUSTOM, 0.2],
    [-3, 6, CUSTOM, 0.6],
    [6, 1000, CUSTOM, 0.2],
    [6, Infinity, CUSTOM, 0.4],
    [-Infinity, -8, CUSTOM_NEGATIVE, 0.4],
    [-6, -1, CUSTOM_NEGATIVE, 0.3],
    [-20, -8, CUSTOM_NEGATIVE, 0], // what lies below the first bound lies below all values
    [-Infinity, 0, 'schema:-53 count:10 custom_values:[0 1] buckets:[4 3 3]', 0.4], // there is no zero bucket
    [-Infinity, 0, 'z_bucket:4 count:8 buckets:[4]', 0],
    [-1, 0, 'z_bucket:4 count:8 n_buckets:[4]', 0.5],
    [-Infinity, Infinity, NAN_BEYOND, 0.8, /excluded from all fractions/],
    [-Infinity, Math.SQRT1_2, NAN_BEYOND, 0.4, /excluded from all fractions/],
    [-Infinity, Infinity, 'count:8 sum:NaN buckets:[8]', 1],
    [-Infinity, 1, 'count:8 sum:1 buckets:[16]', 1], // buckets that hold more than the count
  ];
  for (const [lower, upper, text, value, note] of cases) {
    const found = histogramFraction(lower, upper, histogramOf(text));
    assertClose(found.value, value, `${lower}…${upper} of ${text}`);
    if (note === undefined) assert.equal(found.note, undefined, text);
    else assert.match(found.note ?? '', note, text);
  }
});

test('spread and average', () => {
  /** `[histogram, average, variance]` */
  const cases: readonly (readonly [string, number, number])[] = [
    ['', NaN, NaN],
    ['count:4 sum:4 buckets:[4] offset:1', 1, (Math.SQRT2 - 1) ** 2],
    ['count:4 sum:-4 n_buckets:[4] n_offset:1', -1, (Math.SQRT2 - 1) ** 2],
    ['count:4 sum:8 z_bucket:4 z_bucket_w:3', 2, 4],
    ['count:4 sum:0 buckets:[2] n_buckets:[2]', 0, 0.5],
    ['schema:-53 count:4 sum:24 custom_values:[4 8] buckets:[4] offset:1', 6, 0],
    ['schema:-53 count:4 sum:24 custom_values:[4 8] buckets:[4] offset:2', 6, Infinity],
    ['count:4 sum:NaN buckets:[4]', NaN, NaN],
    ['count:4 sum:Inf buckets:[4]', Infinity, Infinity],
  ];
  for (const [text, average, variance] of cases) {
    const histogram = histogramOf(text);
    assertClose(histogramAvg(histogram), average, text);
    assertClose(1 + histogramStdvar(histogram), 1 + variance, text);
    assertClose(histogramStddev(histogram), Math.sqrt(histogramStdvar(histogram)), text);
  }
});
