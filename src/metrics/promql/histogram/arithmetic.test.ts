// Adding, subtracting, scaling and comparing native histograms, and the resets of counters.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  addHistograms,
  compactHistogram,
  copyToSchema,
  detectReset,
  divideHistogram,
  equalHistograms,
  scaleHistogram,
  subtractHistograms,
  withHint,
} from './arithmetic.ts';
import { histogramOf, textOf } from './test-histograms.ts';

/** `[a, b, a + b, a - b]` */
const combinations: readonly (readonly [string, string, string, string])[] = [
  ['', '', '', ''],
  ['count:3 sum:5 buckets:[1 2]', 'count:4 sum:1 buckets:[3 1]', 'count:7 sum:6 +0=4 +1=3', 'count:-1 sum:4 +0=-2 +1=1'],
  // buckets before, between, after
  ['buckets:[1 0 0 1] offset:2', 'buckets:[5 5]', '+0=5 +1=5 +2=1 +5=1', '+0=-5 +1=-5 +2=1 +5=1'],
  ['buckets:[1] offset:-3', 'buckets:[2] offset:7 n_buckets:[3]', '+-3=1 +7=2 -0=3', '+-3=1 +7=-2 -0=-3'],
  // the coarser resolution of both: 1 and 2 become 1, 3 and 4 become 2
  ['buckets:[1 1 1]', 'schema:1 buckets:[1 2 3 4 5]', '+0=2 +1=6 +2=10', '+1=-4 +2=-8'],
  ['schema:1 buckets:[1 2 3 4 5]', 'buckets:[1 1 1]', '+0=2 +1=6 +2=10', '+1=4 +2=8'],
  ['schema:-1 n_buckets:[1 1]', 'schema:1 n_buckets:[1] n_offset:5', 'schema:-1 -0=1 -1=1 -2=1', 'schema:-1 -0=1 -1=1 -2=-1'],
  // zero buckets: the wider one takes in what it covers
  ['z_bucket:1 z_bucket_w:1 buckets:[2] offset:1', 'z_bucket:1 z_bucket_w:0.5 buckets:[4 8]', 'w:1 zero:6 +1=10', 'w:1 zero:-4 +1=-6'],
  ['z_bucket:1 z_bucket_w:0.5 buckets:[4 8]', 'z_bucket:1 z_bucket_w:1 buckets:[2] offset:1', 'w:1 zero:6 +1=10', 'w:1 zero:4 +1=6'],
  // a threshold within a populated bucket moves to its end, which may cover buckets of the other one, and so on
  ['z_bucket:1 z_bucket_w:0.75', 'buckets:[4 8] n_buckets:[2]', 'w:1 zero:7 +1=8', 'w:1 zero:-5 +1=-8'],
  ['z_bucket_w:0.75 buckets:[0 1]', 'n_buckets:[2 3] buckets:[1 1 7]', 'w:1 zero:3 +1=2 +2=7 -1=3', 'w:1 zero:-3 +2=-7 -1=-3'],
  [
    'schema:-2 buckets:[5] offset:1',
    'z_bucket:1 z_bucket_w:2 buckets:[1] offset:6',
    'schema:-2 w:16 zero:6 +2=1',
    'schema:-2 w:16 zero:4 +2=-1',
  ],
  // within an empty bucket it stays
  ['buckets:[0 1]', 'z_bucket:1 z_bucket_w:0.75', 'w:0.75 zero:1 +1=1', 'w:0.75 zero:-1 +1=1'],
  // custom bounds
  [
    'schema:-53 custom_values:[1 2] buckets:[1 2 3]',
    'schema:-53 custom_values:[1 2] buckets:[1] offset:2',
    'schema:-53 bounds:1 2 +0=1 +1=2 +2=4',
    'schema:-53 bounds:1 2 +0=1 +1=2 +2=2',
  ],
  [
    'schema:-53 custom_values:[1 2 4] buckets:[1 2 3 4]',
    'schema:-53 custom_values:[2 3 4] buckets:[1 1 1 1]',
    'schema:-53 bounds:2 4 +0=4 +1=5 +2=5',
    'schema:-53 bounds:2 4 +0=2 +1=1 +2=3',
  ],
  ['schema:-53 custom_values:[1] buckets:[1 2]', 'schema:-53 custom_values:[2] buckets:[1 1]', 'schema:-53 +0=5', 'schema:-53 +0=1'],
];

test('sums and differences', () => {
  for (const [a, b, sum, difference] of combinations) {
    const added = addHistograms(histogramOf(a), histogramOf(b));
    assert.equal(added && textOf(added.histogram), sum, `${a} + ${b}`);
    const subtracted = subtractHistograms(histogramOf(a), histogramOf(b));
    assert.equal(subtracted && textOf(subtracted.histogram), difference, `${a} - ${b}`);
    const reconciled = histogramOf(a).customValues.join() !== histogramOf(b).customValues.join();
    assert.deepEqual([added?.boundsReconciled, subtracted?.boundsReconciled], [reconciled, reconciled], a);
  }
});

test('exponential and custom buckets do not go together', () => {
  const custom = histogramOf('schema:-53 custom_values:[1] buckets:[1]');
  assert.equal(addHistograms(custom, histogramOf('')), undefined);
  assert.equal(subtractHistograms(histogramOf(''), custom), undefined);
});

test('hints of both become one', () => {
  /** `[a, b, result]`; a star marks a collision */
  const cases: readonly (readonly [string, string, string])[] = [
    ['unknown', 'unknown', 'unknown'],
    ['reset', 'reset', 'yes'],
    ['not_reset', 'not_reset', 'no'],
    ['gauge', 'reset', 'gauge'],
    ['not_reset', 'gauge', 'gauge'],
    ['gauge', 'unknown', 'gauge'],
    ['unknown', 'reset', 'unknown'],
    ['not_reset', 'unknown', 'unknown'],
    ['reset', 'not_reset', 'unknown*'],
    ['not_reset', 'reset', 'unknown*'],
  ];
  for (const [a, b, expected] of cases) {
    for (const combine of [addHistograms, subtractHistograms]) {
      const result = combine(histogramOf(`counter_reset_hint:${a}`), histogramOf(`counter_reset_hint:${b}`));
      assert.equal(`${result?.histogram.counterResetHint}${result?.resetCollision === true ? '*' : ''}`, expected, `${a} ${b}`);
    }
  }
});

test('scales and divides', () => {
  const full = 'schema:1 count:12 sum:-3 z_bucket:2 z_bucket_w:0.5 buckets:[4 0 2] offset:3 n_buckets:[4] counter_reset_hint:not_reset';
  assert.equal(textOf(scaleHistogram(histogramOf(full), 3)), 'schema:1 count:36 sum:-9 w:0.5 zero:6 no +3=12 +5=6 -0=12');
  assert.equal(textOf(scaleHistogram(histogramOf(full), -1)), 'schema:1 count:-12 sum:3 w:0.5 zero:-2 gauge +3=-4 +5=-2 -0=-4');
  assert.equal(textOf(divideHistogram(histogramOf(full), 2)), 'schema:1 count:6 sum:-1.5 w:0.5 zero:1 no +3=2 +5=1 -0=2');
  assert.equal(textOf(divideHistogram(histogramOf(full), -2)), 'schema:1 count:-6 sum:1.5 w:0.5 zero:-1 gauge +3=-2 +5=-1 -0=-2');
  // by zero no bucket is left
  assert.equal(textOf(divideHistogram(histogramOf(full), 0)), 'schema:1 count:Infinity sum:-Infinity w:0.5 zero:Infinity no');
  assert.equal(textOf(divideHistogram(histogramOf('z_bucket_w:1'), 0)), 'count:NaN sum:NaN w:1 zero:NaN');
});

test('a coarser copy, a compact one, one with another hint', () => {
  const fine = histogramOf('schema:2 count:21 buckets:[1 2 3 4 5 6] offset:-2 counter_reset_hint:gauge');
  assert.equal(textOf(copyToSchema(fine, 1)), 'schema:1 count:21 +-1=1 +0=5 +1=9 +2=6');
  assert.equal(copyToSchema(fine, 2), fine);
  assert.throws(() => copyToSchema(fine, 3), /a coarser exponential schema/);
  const sparse = { ...histogramOf('buckets:[0 1 0 0 2 0]'), negativeSpans: [{ offset: 3, length: 1 }], negativeBuckets: [0] };
  const compact = compactHistogram(sparse);
  assert.deepEqual(
    [compact.positiveSpans, compact.positiveBuckets],
    [
      [
        { offset: 1, length: 1 },
        { offset: 2, length: 1 },
      ],
      [1, 2],
    ],
  );
  assert.deepEqual([compact.negativeSpans, compact.negativeBuckets], [[], []]);
  assert.equal(withHint(fine, 'yes').counterResetHint, 'yes');
});

test('equal is bit for bit, empty buckets included', () => {
  /** `[a, b, equal]` */
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['', '', true],
    ['sum:NaN buckets:[1]', 'sum:NaN buckets:[1]', true],
    ['sum:0', 'sum:-0', false],
    ['count:1', 'count:2', false],
    ['buckets:[1]', 'buckets:[1 0]', false],
    ['buckets:[1] offset:1', 'buckets:[1]', false],
    ['buckets:[1]', 'n_buckets:[1]', false],
    ['buckets:[1]', 'buckets:[1] schema:1', false],
    ['z_bucket_w:1', 'z_bucket_w:2', false],
    ['counter_reset_hint:gauge', 'counter_reset_hint:reset', true],
    ['schema:-53 custom_values:[1 2] buckets:[1]', 'schema:-53 custom_values:[1 2] buckets:[1]', true],
    ['schema:-53 custom_values:[1 2] buckets:[1]', 'schema:-53 custom_values:[1 3] buckets:[1]', false],
  ];
  for (const [a, b, equal] of cases) assert.equal(equalHistograms(histogramOf(a), histogramOf(b)), equal, `${a} = ${b}`);
  const split = {
    ...histogramOf('buckets:[1 2]'),
    positiveSpans: [
      { offset: 0, length: 1 },
      { offset: 0, length: 0 },
      { offset: 0, length: 1 },
    ],
  };
  assert.equal(equalHistograms(split, histogramOf('buckets:[1 2]')), true);
});

test('resets of counters', () => {
  /** `[previous, current, reset]` */
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['count:3 buckets:[1 2]', 'count:3 buckets:[1 2]', false],
    ['count:3 sum:9 buckets:[1 2]', 'count:4 sum:-9 buckets:[1 3]', false], // a sum may fall
    ['count:3', 'count:2', true],
    ['count:3 buckets:[1 2]', 'count:9 buckets:[8 1]', true],
    ['count:3 buckets:[1 2]', 'count:3 buckets:[1 2] counter_reset_hint:reset', true],
    ['count:3', 'count:2 counter_reset_hint:not_reset', false],
    ['count:3', 'count:2 counter_reset_hint:gauge', true],
    // a populated bucket is missing; an empty one need not stay
    ['buckets:[1 2]', 'buckets:[1]', true],
    ['buckets:[1 0]', 'buckets:[1]', false],
    ['buckets:[1]', 'buckets:[5] offset:1', true],
    ['n_buckets:[1]', '', true],
    ['', 'buckets:[1] n_buckets:[1]', false],
    ['buckets:[1] offset:4', 'buckets:[1 1 1 1 1 1]', false],
    // another resolution
    ['buckets:[1]', 'schema:1 buckets:[5 5 5]', true],
    ['schema:1 buckets:[1 2 3]', 'buckets:[1 5]', false],
    ['schema:1 buckets:[1 2 3]', 'buckets:[1 4]', true],
    // another zero bucket
    ['z_bucket:1 z_bucket_w:1', 'z_bucket:1 z_bucket_w:0.5', true],
    ['z_bucket:1 z_bucket_w:0.5 buckets:[2]', 'z_bucket:3 z_bucket_w:1', false],
    ['z_bucket:1 z_bucket_w:0.5 buckets:[2]', 'z_bucket:2 z_bucket_w:1', true],
    ['buckets:[2]', 'z_bucket:5 z_bucket_w:0.75 buckets:[2]', true], // it would end within a populated bucket
    ['z_bucket:2', 'z_bucket:1', true],
    // another kind of buckets, other bounds
    ['buckets:[1]', 'schema:-53 custom_values:[1] buckets:[5]', true],
    ['schema:-53 custom_values:[1] buckets:[1]', 'buckets:[5]', true],
    ['schema:-53 custom_values:[1 2] buckets:[1 2]', 'schema:-53 custom_values:[1 2] buckets:[1 1 5]', true],
    ['schema:-53 custom_values:[1 2] buckets:[1 2]', 'schema:-53 custom_values:[2] buckets:[3]', false],
    ['schema:-53 custom_values:[1 2] buckets:[1 2]', 'schema:-53 custom_values:[2 3] buckets:[2 1]', true],
    ['schema:-53 custom_values:[2] buckets:[1 1]', 'schema:-53 custom_values:[1 2 3] buckets:[0 1 0 1]', false],
  ];
  for (const [previous, current, reset] of cases) {
    assert.equal(detectReset(histogramOf(current), histogramOf(previous)), reset, `${previous} then ${current}`);
  }
});
