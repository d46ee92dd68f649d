// Running sums of native histograms and their means.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { HistogramSum } from './histogram-sum.ts';
import { histogramOf, textOf } from './test-histograms.ts';

function sumOf(texts: readonly string[]): HistogramSum {
  const [first = '', ...others] = texts;
  const sum = new HistogramSum(histogramOf(first));
  for (const text of others) assert.equal(sum.add(histogramOf(text)), 'ok', text);
  return sum;
}

/** `[histograms, sum, mean]` */
const cases: readonly (readonly [readonly string[], string, string])[] = [
  [['count:3 sum:1 buckets:[1 2]'], 'count:3 sum:1 +0=1 +1=2', 'count:3 sum:1 +0=1 +1=2'],
  [
    [
      'count:3 sum:1 buckets:[1 2]',
      'count:4 sum:2 buckets:[3] offset:5',
      'count:1 sum:3 n_buckets:[8] z_bucket:4',
      'buckets:[1] offset:-2',
    ],
    'count:8 sum:6 zero:4 +-2=1 +0=1 +1=2 +5=3 -0=8',
    'count:2 sum:1.5 zero:1 +-2=0.25 +0=0.25 +1=0.5 +5=0.75 -0=2',
  ],
  // what small values lose beside large ones comes back when those are gone
  [['sum:1 buckets:[1]', 'sum:1e100 buckets:[1e100]', 'sum:1 buckets:[1]', 'sum:-1e100 buckets:[-1e100]'], 'sum:2 +0=2', 'sum:0.5 +0=0.5'],
  // resolutions: 1 and 2 become 1, 3 and 4 become 2
  [
    ['schema:1 buckets:[1 2 3 4 5]', 'buckets:[1 1 1]', 'schema:2 buckets:[7] offset:8'],
    '+0=2 +1=6 +2=17',
    '+0=0.666666666667 +1=2 +2=5.66666666667',
  ],
  // zero buckets, narrow and wide, and one that ends within a bucket
  [
    ['z_bucket:1 z_bucket_w:0.5 buckets:[4 8] n_buckets:[1 0 1]', 'z_bucket:1 z_bucket_w:1 buckets:[2] offset:1', 'z_bucket_w:1.5'],
    'w:2 zero:17 -2=1',
    'w:2 zero:5.66666666667 -2=0.333333333333',
  ],
  [['z_bucket:1 z_bucket_w:1', 'buckets:[4 8] n_buckets:[2]'], 'w:1 zero:7 +1=8', 'w:1 zero:3.5 +1=4'],
  // custom bounds: those that all share
  [
    [
      'schema:-53 count:6 custom_values:[1 2 4] buckets:[1 2 3]',
      'schema:-53 count:2 custom_values:[2 3 4] buckets:[1 1]',
      'schema:-53 custom_values:[4] buckets:[0 1]',
    ],
    'schema:-53 count:8 bounds:4 +0=8 +1=1',
    'schema:-53 count:2.66666666667 bounds:4 +0=2.66666666667 +1=0.333333333333',
  ],
  // a sum beyond the range of floats has a mean all the same
  [
    ['count:1.5e308 sum:4 buckets:[1e308]', 'count:1e308 sum:8 buckets:[1e308]', 'count:5e307 sum:6 buckets:[1]'],
    'count:Infinity sum:18 +0=Infinity',
    'count:1e+308 sum:6 +0=6.66666666667e+307',
  ],
  [['sum:Inf', 'sum:1', 'sum:2'], 'sum:Infinity', 'sum:Infinity'],
  [['sum:Inf', 'sum:-Inf'], 'sum:NaN', 'sum:NaN'],
  [['sum:NaN count:1', 'sum:1 count:1'], 'count:2 sum:NaN', 'count:1 sum:NaN'],
];

test('sums and means', () => {
  for (const [texts, total, mean] of cases) {
    const sum = sumOf(texts);
    assert.equal(textOf(sum.total()), total, texts.join(' + '));
    assert.equal(textOf(sum.mean()), mean, texts.join(' + '));
    assert.equal(textOf(sum.total()), total, 'asking changes nothing');
  }
});

test('what there is to say about a sum', () => {
  const bounds = sumOf(['schema:-53 custom_values:[1 2]', 'schema:-53 custom_values:[1 2]']);
  assert.equal(bounds.boundsReconciled, false);
  bounds.add(histogramOf('schema:-53 custom_values:[1]'));
  assert.equal(bounds.boundsReconciled, true);
  assert.equal(bounds.add(histogramOf('')), 'incompatible');
  assert.equal(sumOf(['', '']).add(histogramOf('schema:-53')), 'incompatible');
  // a collision of any two counts, also where the sum's hint is settled already
  const gauge = sumOf(['counter_reset_hint:gauge', 'counter_reset_hint:reset']);
  assert.equal(gauge.resetCollision, false);
  gauge.add(histogramOf('counter_reset_hint:not_reset'));
  assert.equal(gauge.resetCollision, true);
  assert.equal(gauge.total().counterResetHint, 'gauge');
  assert.equal(sumOf(['counter_reset_hint:reset', 'counter_reset_hint:not_reset']).total().counterResetHint, 'unknown');
  assert.equal(sumOf(['counter_reset_hint:not_reset', 'counter_reset_hint:not_reset']).mean().counterResetHint, 'no');
});
