// Native histograms cut at a value.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { histogramOf, textOf } from './test-histograms.ts';
import { trimLower, trimUpper } from './trim.ts';

const SQRT2 = 'count:8 sum:100 buckets:[4 4] offset:1';
const ZERO = 'count:8 sum:100 z_bucket:8 z_bucket_w:1';
const CUSTOM = 'schema:-53 count:10 sum:100 custom_values:[4 8] buckets:[4 4 2]';
const CUSTOM_NEGATIVE = 'schema:-53 count:10 sum:100 custom_values:[-4 4] buckets:[4 4 2]';

/** `[histogram, bound, below, above]` */
const cases: readonly (readonly [string, number, string, string])[] = [
  ['', 1, '', ''],
  // nothing is cut: count and sum stay
  [SQRT2, 4, textOf(histogramOf(SQRT2)), ''],
  [SQRT2, Infinity, textOf(histogramOf(SQRT2)), ''],
  [SQRT2, 1, '', textOf(histogramOf(SQRT2))],
  [SQRT2, -Infinity, '', textOf(histogramOf(SQRT2))],
  // between buckets, and within one: on a logarithmic scale, and observations are at the middle of what is left
  [SQRT2, 2, 'count:4 sum:5.65685424949 +1=4', 'count:4 sum:11.313708499 +2=4'],
  [SQRT2, 2 * Math.SQRT2, 'count:6 sum:10.4136827095 +1=4 +2=2', 'count:2 sum:6.72717132203 +2=2'],
  ['count:4 sum:-9 n_buckets:[4] n_offset:1', -Math.SQRT2, 'count:2 sum:-3.36358566101 -1=2', 'count:2 sum:-2.37841423001 -1=2'],
  // the zero bucket: evenly, from zero where the other side is empty
  [ZERO, 0.5, 'count:6 sum:-1.5 w:1 zero:6', 'count:2 sum:1.5 w:1 zero:2'],
  [ZERO, 0, 'count:4 sum:-2 w:1 zero:4', 'count:4 sum:2 w:1 zero:4'],
  [ZERO, 1, textOf(histogramOf(ZERO)), 'w:1'],
  [`${ZERO} buckets:[1] offset:1`, 0.5, 'count:4 sum:1 w:1 zero:4', 'count:5 sum:4.41421356237 w:1 zero:4 +1=1'],
  [`${ZERO} n_buckets:[1] n_offset:1`, -0.5, 'count:5 sum:-4.41421356237 w:1 zero:4 -1=1', 'count:4 sum:-1 w:1 zero:4'],
  [`${ZERO} buckets:[0] offset:1`, 0, 'count:4 sum:-2 w:1 zero:4', 'count:4 sum:2 w:1 zero:4'],
  // custom buckets: evenly, from zero in the first one, which begins there
  [CUSTOM, 4, 'schema:-53 count:4 sum:8 bounds:4 8 +0=4', 'schema:-53 count:6 sum:40 bounds:4 8 +1=4 +2=2'],
  [CUSTOM, 6, 'schema:-53 count:6 sum:18 bounds:4 8 +0=4 +1=2', 'schema:-53 count:4 sum:30 bounds:4 8 +1=2 +2=2'],
  [CUSTOM, 1, 'schema:-53 count:1 sum:0.5 bounds:4 8 +0=1', 'schema:-53 count:9 sum:47.5 bounds:4 8 +0=3 +1=4 +2=2'],
  [CUSTOM, 0, 'schema:-53 bounds:4 8', textOf(histogramOf(CUSTOM))],
  [CUSTOM, -1, 'schema:-53 bounds:4 8', 'schema:-53 count:6 sum:40 bounds:4 8 +1=4 +2=2'],
  // above the last bound all lie above the cut, and at it
  [CUSTOM, 20, 'schema:-53 count:8 sum:32 bounds:4 8 +0=4 +1=4', 'schema:-53 count:2 sum:40 bounds:4 8 +2=2'],
  // below a first bound that is not above zero all lie below the cut, and at it
  [CUSTOM_NEGATIVE, -6, 'schema:-53 count:4 sum:-24 bounds:-4 4 +0=4', 'schema:-53 count:6 sum:8 bounds:-4 4 +1=4 +2=2'],
  [CUSTOM_NEGATIVE, 0, 'schema:-53 count:6 sum:-20 bounds:-4 4 +0=4 +1=2', 'schema:-53 count:4 sum:12 bounds:-4 4 +1=2 +2=2'],
  // of a single bucket without ends nothing is known
  ['schema:-53 count:9 sum:9 buckets:[9]', 1, 'schema:-53', 'schema:-53'],
  ['schema:-53 count:9 sum:9 buckets:[9]', Infinity, 'schema:-53 count:9 sum:9 +0=9', 'schema:-53'],
  ['schema:-53 count:9 sum:9 buckets:[9]', -Infinity, 'schema:-53', 'schema:-53 count:9 sum:9 +0=9'],
  // infinite observations
  ['count:5 sum:Inf buckets:[5] offset:1025', 7, '', 'count:5 sum:Infinity +1025=5'], // all above, so that nothing is cut
  ['count:5 sum:-Inf n_buckets:[5] n_offset:1025', -7, 'count:5 sum:-Infinity -1025=5', ''],
  // nothing is below or above NaN
  [SQRT2, NaN, '', ''],
];

test('keeps what is below, or above', () => {
  for (const [text, bound, below, above] of cases) {
    assert.equal(textOf(trimUpper(histogramOf(text), bound)), below, `${text} </ ${bound}`);
    assert.equal(textOf(trimLower(histogramOf(text), bound)), above, `${text} >/ ${bound}`);
  }
});
