// Functions that treat every series by itself, as a table: call, series, result.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { SERIES_FUNCTIONS } from './series-functions.ts';
import { runCall, testCall, type TestOptions } from '../steps/test-call.ts';

const H = '{{schema:0 count:4 sum:10 buckets:[1 2 1]}}';
const ZEROS = '{{schema:0 count:2 sum:4 z_bucket:2 z_bucket_w:0.5}}';

/** `[call, series, result, options]` */
const cases: readonly (readonly [string, readonly string[], readonly string[], TestOptions?])[] = [
  ['abs(x)', ['x{a="b"} -1 2 _ -0.5 NaN'], ['{a="b"} 1 2 _ 0.5 NaN']],
  ['abs(x)', [`x{a="b"} -1 ${H}`], ['{a="b"} 1 _ _ _ _']],
  ['abs(x)', [`x ${H}`], []],
  ['abs(x)', ['x{a="b"} -1'], ['~x{a="b"} 1 _ _ _ _'], { delayedNameRemoval: true }],
  ['ceil(x)', ['x 1.2 -1.2 5'], ['{} 2 -1 5 _ _']],
  ['floor(x)', ['x 1.2 -1.2 5'], ['{} 1 -2 5 _ _']],
  ['sqrt(x)', ['x 4 -1 0'], ['{} 2 NaN 0 _ _']],
  ['exp(x)', ['x 0 1 -Inf'], ['{} 1 2.718281828459045 0 _ _']],
  ['ln(x)', ['x 1 0 -1 Inf'], ['{} 0 -Inf NaN +Inf _']],
  ['log2(x)', ['x 8 0.25'], ['{} 3 -2 _ _ _']],
  ['log10(x)', ['x 1000 0.01'], ['{} 3 -2 _ _ _']],
  ['sgn(x)', ['x -3 0 7 NaN -Inf'], ['{} -1 0 1 NaN -1']],
  ['sin(x)', ['x 0'], ['{} 0 _ _ _ _']],
  ['cosh(x)', ['x 0'], ['{} 1 _ _ _ _']],
  ['cosh(x)', ['x 709.9'], ['{} +Inf _ _ _ _']],
  ['sinh(x)', ['x -709.9'], ['{} -Inf _ _ _ _']],
  ['acosh(x)', ['x 1 0'], ['{} 0 NaN _ _ _']],
  ['atanh(x)', ['x 0 1'], ['{} 0 +Inf _ _ _']],
  ['deg(x)', ['x 3.141592653589793'], ['{} 180 _ _ _ _']],
  ['rad(x)', ['x 180'], ['{} 3.141592653589793 _ _ _ _']],
  ['round(x)', ['x 0.5 -0.5 1.5 -1.5 2.4'], ['{} 1 0 2 -1 2']],
  ['round(x, 0.1)', ['x 0.25 1.04'], ['{} 0.3 1 _ _ _']],
  ['round(x, 5)', ['x 7 8 -8'], ['{} 5 10 -10 _ _']],
  ['round(x, scalar(y))', ['x 7 7'], ['{} 5 8 _ _ _'], { scalars: { 1: [5, 4] } }],
  ['clamp(x, 0, 5)', ['x -1 3 9 NaN'], ['{} 0 3 5 NaN _']],
  ['clamp(x, 5, 0)', ['x 1'], []],
  ['clamp(x, 0, NaN)', ['x 1'], ['{} NaN _ _ _ _']],
  ['clamp(x, 0.5, NaN)', ['x -Inf Inf 1'], ['{} 0.5 NaN NaN _ _']],
  ['clamp_min(x, NaN)', ['x -Inf Inf 1'], ['{} NaN +Inf NaN _ _']],
  ['clamp_max(x, NaN)', ['x -Inf Inf 1'], ['{} -Inf NaN NaN _ _']],
  ['clamp(x, scalar(y), 5)', ['x 1 1 1'], ['{} 2 _ 1 _ _'], { scalars: { 1: [2, 6, 0] } }],
  ['clamp_min(x, 2)', ['x 1 3 -Inf'], ['{} 2 3 2 _ _']],
  ['clamp_min(x, Inf)', ['x 1 NaN'], ['{} +Inf +Inf _ _ _']],
  ['clamp_max(x, 2)', ['x 1 3 Inf NaN'], ['{} 1 2 2 NaN _']],
  ['clamp_max(x, -Inf)', ['x 1 NaN'], ['{} -Inf -Inf _ _ _']],
  ['minute(x)', ['x 1136239445 -1'], ['{} 4 59 _ _ _']],
  ['hour(x)', ['x 1136239445 -1'], ['{} 22 23 _ _ _']],
  ['day_of_week(x)', ['x 1136239445 0'], ['{} 1 4 _ _ _']],
  ['day_of_month(x)', ['x 1136239445 -1'], ['{} 2 31 _ _ _']],
  ['day_of_year(x)', ['x 1136239445 -1 1483142400'], ['{} 2 365 366 _ _']],
  ['days_in_month(x)', ['x 1454284800 1485907200 0'], ['{} 29 28 31 _ _']],
  ['month(x)', ['x 1136239445 -1'], ['{} 1 12 _ _ _']],
  ['year(x)', ['x 1136239445 -1 -0.5 1230767999.9'], ['{} 2006 1969 1970 2008 _']],
  // What no calendar holds is counted all the same, and what no 64 bits hold is the least of their integers.
  [
    'year(x)',
    ['x 9223372036854774784 NaN 8640000000001 -8640000000001 1e300'],
    ['{} 2.92277026596e+11 2.92277026596e+11 275760 -271821 2.92277026596e+11'],
  ],
  ['month(x)', ['x NaN Inf'], ['{} 12 12 _ _ _']],
  ['day_of_month(x)', ['x NaN Inf'], ['{} 4 4 _ _ _']],
  ['hour(x)', ['x NaN 8640000000001'], ['{} 15 0 _ _ _']],
  ['day_of_week(x)', ['x 8640000000000 8640000086400'], ['{} 6 0 _ _ _']],
  ['timestamp(x)', [`x 7 _ ${H} 1`], ['{} 0 _ 120 180 _']],
  ['histogram_count(x)', [`x ${H} 3 _ ${H}`], ['{} 4 _ _ 4 _']],
  ['histogram_sum(x)', [`x ${H} 3`], ['{} 10 _ _ _ _']],
  ['histogram_avg(x)', [`x ${H}`], ['{} 2.5 _ _ _ _']],
  ['histogram_count(x)', ['x 3'], []],
  ['histogram_stdvar(x)', [`x ${ZEROS}`], ['{} 4 _ _ _ _']],
  ['histogram_stddev(x)', [`x ${ZEROS}`], ['{} 2 _ _ _ _']],
  // Names that go leave series of the same labels: they are one where they do not meet.
  ['abs({a="b"})', ['x{a="b"} -1', 'y{a="b"} _ -2'], ['{a="b"} 1 2 _ _ _']],
];

test('each function over every step', () => {
  const found = cases.map(([call, series, , options]) => [`${call} ${series.join()}`, ...runCall(call, series, options)]);
  const expected = cases.map(([call, series, result]) => [`${call} ${series.join()}`, ...result]);
  assert.deepEqual(found, expected);
});

test('series that become the same must not meet', () => {
  assert.throws(() => runCall('abs({a="b"})', ['x{a="b"} 1', 'y{a="b"} 2']), /vector cannot contain metrics with the same labelset/);
});

test('what has no result gives its arrays back', () => {
  const context = testCall('abs(x)', [`x ${H}`]);
  for (const series of context.series) assert.equal(SERIES_FUNCTIONS.get('abs')?.(series, context), undefined);
  assert.equal(context.held.samples, 0);
});
