// Functions over range vectors, as a table: call, series (a sample every 10 s), time in seconds, result, what is told beside it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { compactHistogram, equalHistograms } from '../histogram/arithmetic.ts';
import { FUNCTIONS } from '../functions.ts';
import { RANGE_FUNCTIONS } from './range-functions.ts';
import { parseSeriesDescription } from '../series-notation.ts';
import { type RangeTestOptions, runRange } from './test-range.ts';

/** `[call, series, time, result in the series notation or nothing, start of the annotation, options]` */
type Case = readonly [string, string, number, number | string | undefined, (string | undefined)?, RangeTestOptions?];

const MIXED = 'PromQL warning: encountered a mix of histograms and floats for metric name "x"';
const IGNORED = 'PromQL info: ignored histograms in a range containing both floats and histograms for metric name "x"';
const BUCKETS = 'PromQL warning: vector contains a mix of histograms with exponential and custom buckets schemas for metric name "x"';
const NOT_COUNTER = 'PromQL warning: this native histogram metric is not a counter: "x"';
const NOT_GAUGE = 'PromQL warning: this native histogram metric is not a gauge: "x"';

const H = (count: number, more = ''): string => `{{schema:0 count:${count} sum:${count} buckets:[${count}] ${more}}}`;
const G = (count: number): string => H(count, 'counter_reset_hint:gauge');
const C = (count: number, bounds: string, buckets: string): string =>
  `{{schema:-53 count:${count} sum:${count} custom_values:[${bounds}] buckets:[${buckets}]}}`;

const floatCases: readonly Case[] = [
  // ── rate, increase, delta ──
  ['rate(x_total[1m])', 'x_total 0+10x6', 60, 1],
  ['increase(x_total[1m])', 'x_total 0+10x6', 60, 60],
  ['increase(x_total[50s])', 'x_total 100+10x6', 60, 50],
  // The first sample is just outside: the window is open at its start.
  ['increase(x_total[20s])', 'x_total 100 110 120', 20, 20],
  // What lies before a reset counts.
  ['increase(x_total[50s])', 'x_total 100 110 120 10 20 30', 50, 50],
  // A counter does not go back below zero: one gap at most before the first sample, cut at where it was zero.
  ['increase(x_total[50s])', 'x_total _ 5 15 25 35 45', 50, 45],
  ['delta(x_total[50s])', 'x_total _ 5 15 25 35 45', 50, 50],
  // More than 1.1 gaps from the start: half a gap is added.
  ['delta(x[60s])', 'x _ _ _ 1 2 3 4', 60, 3.5],
  ['delta(x[60s])', 'x _ 4 3 2 _ _ _', 60, -3.5],
  ['rate(x_total[1m])', 'x_total 1', 0, undefined],
  ['rate(x_total[1m])', 'x_total 1 NaN', 10, NaN],
  ['rate(x_total[1m])', 'x_total _ _', 10, undefined],
  ['rate(x_total[1m] offset 10s)', 'x_total 0+10x6 9999', 70, 1],
  // ── the name of a counter ──
  [
    'rate(x[1m])',
    'x 0+10x6',
    60,
    1,
    'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "x" (1:6)',
  ],
  [
    'increase(x[1m])',
    'x 0+10x6',
    60,
    60,
    'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "x" (1:10)',
  ],
  ['delta(x[1m])', 'x 0+10x6', 60, 60],
  ['irate(x[1m])', 'x 0+10x6', 60, 1],
  ['rate({a="b"}[1m])', '{a="b"} 0+10x6', 60, 1],
  ['rate(x_bucket[1m])', 'x_bucket 0+10x6', 60, 1],
  ['rate(x[1m])', 'x{__type__="counter"} 0+10x6', 60, 1, undefined, { typeAndUnitLabels: true }],
  ['rate(x[1m])', 'x{__type__="histogram"} 0+10x6', 60, 1, undefined, { typeAndUnitLabels: true }],
  [
    'rate(x_total[1m])',
    'x_total{__type__="gauge"} 0+10x6',
    60,
    1,
    'PromQL info: metric might not be a counter, __type__ label is not set to "counter" or "histogram", got "gauge": "x_total" (1:6)',
    { typeAndUnitLabels: true },
  ],
  // ── start timestamps ──
  // The counter began within the window: nothing is extrapolated to the left.
  ['increase(x_total[1m])', 'x_total _ _ _ 3 5 6', 60, 8.4, undefined, { starts: [0, 0, 0, 25, 25, 25] }],
  ['increase(x_total[1m])', 'x_total _ _ _ 3', 60, 3, undefined, { starts: [0, 0, 0, 25] }],
  ['rate(x_total[1m])', 'x_total _ _ _ 3', 60, 0.05, undefined, { starts: [0, 0, 0, 25] }],
  ['increase(x_total[1m])', 'x_total _ _ _ 3', 60, undefined, undefined, { starts: [0, 0, 0, 30] }],
  ['delta(x[1m])', 'x _ _ _ 3', 60, undefined, undefined, { starts: [0, 0, 0, 25] }],
  // A new start is a reset though the value went up; the same start is none.
  ['increase(x_total[20s])', 'x_total 9 10 20 30', 30, 50, undefined, { starts: [5, 5, 5, 25] }],
  ['increase(x_total[20s])', 'x_total 9 10 20 30', 30, 20, undefined, { starts: [5, 5, 5, 5] }],
  // Deltas: each begins where the one before ended.
  ['increase(x_total[40s])', 'x_total _ 1 2 3 4', 40, 10, undefined, { starts: [0, 0.001, 10, 20, 30] }],
  ['irate(x_total[20s])', 'x_total 1 2 30', 20, 3, undefined, { starts: [1, 1, 15] }],
  ['resets(x_total[1m])', 'x_total _ 2 30 40', 30, 1, undefined, { starts: [0, 1, 15, 15] }],
  ['changes(x_total[1m])', 'x_total _ 2 2 2', 30, 0, undefined, { starts: [0, 1, 15, 15] }],
  // ── irate, idelta ──
  ['irate(x[1m])', 'x 0 10 100 130', 30, 3],
  ['irate(x[1m])', 'x 0 10 100 30', 30, 3],
  ['idelta(x[1m])', 'x 0 10 100 30', 30, -70],
  ['idelta(x[1m])', 'x 0 _ _ 30', 30, 30],
  ['idelta(x[10s])', 'x 0 10', 10, undefined],
  ['irate(x[1m])', 'x 0 NaN', 10, NaN],
  // ── trends ──
  ['deriv(x[1m])', 'x 0+5x6', 60, 0.5],
  ['deriv(x[1m])', 'x 7+0x6', 60, 0],
  ['deriv(x[1m])', 'x Inf Inf Inf', 60, NaN],
  ['deriv(x[1m])', 'x 1', 0, undefined],
  ['predict_linear(x[1m], 60)', 'x 0+5x6', 60, 60],
  ['predict_linear(x[1m] offset 10s, 0)', 'x 0+5x6', 60, 30],
  ['predict_linear(x[1m], 60)', 'x 7+0x6', 60, 7],
  ['double_exponential_smoothing(x[1m], 0.5, 0.5)', 'x 1 2 3 4 5 6', 50, 6],
  ['double_exponential_smoothing(x[1m], 0.5, 0.1)', 'x _ 0 10 0', 30, 10],
  ['double_exponential_smoothing(x[1m], 0.5, 0.1)', 'x 1', 0, undefined],
  // ── how often ──
  ['changes(x[1m])', 'x _ 1 1 2 NaN NaN 1', 60, 3],
  ['changes(x[1m])', 'x _ 1', 10, 0],
  ['changes(x[1m])', 'x 1', 60, undefined],
  ['resets(x[1m])', 'x _ 5 3 4 NaN 1 0', 60, 2],
  // ── aggregations ──
  ['sum_over_time(x[1m])', 'x _ 1 1e100 1 -1e100', 60, 2],
  ['sum_over_time(x[1m])', 'x _ 1 Inf 1', 60, Infinity],
  ['sum_over_time(x[1m])', 'x _ Inf -Inf', 60, NaN],
  ['avg_over_time(x[1m])', 'x _ 1 1e100 1 -1e100', 60, 0.5],
  // The sum is beyond all floats, the mean is not.
  ['avg_over_time(x[1m])', 'x _ 1.5e308 1.5e308 1.5e308', 60, 1.5e308],
  ['avg_over_time(x[1m])', 'x _ -1.5e308 -1.5e308 1e308', 60, -6.666666666666666e307],
  ['avg_over_time(x[1m])', 'x _ 1 Inf', 60, Infinity],
  ['avg_over_time(x[1m])', 'x _ Inf', 60, Infinity],
  ['count_over_time(x[1m])', 'x _ 1 2 _ NaN', 60, 3],
  ['present_over_time(x[1m])', 'x _ 1 2', 60, 1],
  ['present_over_time(x[1m])', 'x _ _', 60, undefined],
  ['min_over_time(x[1m])', 'x _ NaN 3 1 NaN 2', 60, 1],
  ['max_over_time(x[1m])', 'x _ NaN 3 1 NaN 2', 60, 3],
  ['min_over_time(x[1m])', 'x _ NaN NaN', 60, NaN],
  ['stdvar_over_time(x[1m])', 'x _ 2 4 4 4 5 5', 60, 1],
  ['stddev_over_time(x[1m])', 'x _ 1e9 1e9 1e9', 60, 0],
  ['stddev_over_time(x[1m])', 'x _ 1.5990505637277868 1.5990505637277868 1.5990505637277868', 60, 0],
  ['stdvar_over_time(x[1m])', 'x _ 1 Inf', 60, NaN],
  ['quantile_over_time(0.5, x[1m])', 'x _ 3 1 2', 60, 2],
  ['quantile_over_time(0.75, x[1m])', 'x _ 0 1', 60, 0.75],
  ['quantile_over_time(0, x[1m])', 'x _ 3 1 NaN', 60, NaN],
  ['quantile_over_time(1, x[1m])', 'x _ 3 1 NaN', 60, 3],
  ['quantile_over_time(-1, x[1m])', 'x _ 3', 60, -Infinity, 'PromQL warning: quantile value should be between 0 and 1, got -1 (1:20)'],
  ['quantile_over_time(1.5, x[1m])', 'x _ 3', 60, Infinity, 'PromQL warning: quantile value should be between 0 and 1, got 1.5 (1:20)'],
  ['quantile_over_time(NaN, x[1m])', 'x _ 3', 60, NaN, 'PromQL warning: quantile value should be between 0 and 1, got NaN (1:20)'],
  ['mad_over_time(x[1m])', 'x _ 4 6 2 1 999 1', 60, 2],
  ['mad_over_time(x[1m])', 'x _ 4 NaN 2', 60, NaN],
  ['first_over_time(x[1m])', 'x _ 4 6 2', 60, 4],
  ['last_over_time(x[1m])', 'x _ 4 6 2', 60, 2],
  ['last_over_time(x[10s])', 'x 4', 60, undefined],
  ['ts_of_first_over_time(x[1m])', 'x 0 4 6 2', 60, 10],
  ['ts_of_last_over_time(x[1m])', 'x 0 4 6 2', 60, 30],
  ['ts_of_min_over_time(x[1m])', 'x _ 1 2 1 2', 60, 30],
  ['ts_of_max_over_time(x[1m])', 'x _ NaN 2 1 2 NaN', 60, 40],
  ['ts_of_max_over_time(x[1m])', 'x _ NaN NaN', 60, 20],
];

const extendedCases: readonly Case[] = [
  // ── anchored: the last sample at or before the start, none extrapolated ──
  ['increase(x_total[20s] anchored)', 'x_total 1 2 4 8 16', 35, 6],
  ['rate(x_total[20s] anchored)', 'x_total 1 2 4 8 16', 35, 0.3],
  ['increase(x_total[20s] anchored)', 'x_total 1 2 4 8 16', 40, 12],
  ['increase(x_total[20s] anchored)', 'x_total _ _ _ 8 16', 40, 8],
  ['increase(x_total[20s] anchored)', 'x_total _ _ _ _ 16', 40, 0],
  ['increase(x_total[20s] anchored)', 'x_total 1 2 4 _ _', 45, undefined],
  ['increase(x_total[20s] anchored)', 'x_total 5 9 3 4', 30, 4],
  ['delta(x[20s] anchored)', 'x 5 9 3 4', 30, -5],
  // The sample before is too old to count.
  ['increase(x_total[20s] anchored)', 'x_total 5 _ _ _ 7 9', 50, 4, undefined, { lookbackMs: 30_001 }],
  ['increase(x_total[20s] anchored)', 'x_total 5 _ _ _ 7 9', 50, 2, undefined, { lookbackMs: 30_000 }],
  ['changes(x[20s] anchored)', 'x 1 2 3 3', 30, 1],
  ['changes(x[20s] anchored)', 'x 1 2 3 3', 35, 1],
  ['changes(x[20s])', 'x 1 2 3 3', 30, 0],
  ['resets(x[20s] anchored)', 'x 1 9 3 4', 30, 1],
  ['resets(x[20s])', 'x 1 9 3 4', 30, 0],
  ['resets(x[20s] anchored)', 'x 1 9', 35, undefined],
  ['changes(x[20s] anchored)', `x 1 ${H(1)} 3`, 25, 2],
  // ── smoothed: interpolated at both ends ──
  ['increase(x_total[20s] smoothed)', 'x_total 0 10 20 40 60', 35, 35],
  ['rate(x_total[20s] smoothed)', 'x_total 0 10 20 40 60', 35, 1.75],
  ['delta(x[20s] smoothed)', 'x 0 10 20 40 60', 20, 20],
  // Without a sample after, the last one holds; without one before, the first.
  ['increase(x_total[20s] smoothed)', 'x_total 0 10 20', 25, 15],
  ['increase(x_total[20s] smoothed)', 'x_total _ _ 20 30', 30, 10],
  ['increase(x_total[20s] smoothed)', 'x_total _ _ 20 30', 15, undefined],
  ['increase(x_total[20s] smoothed)', 'x_total 5 10', 45, undefined],
  // Within a gap that is wider than the window.
  ['increase(x_total[4s] smoothed)', 'x_total 0 10 20', 17, 4],
  // Reset within the interpolated stretch: up from zero.
  ['increase(x_total[20s] smoothed)', 'x_total 100 10 20', 25, 15],
  ['delta(x[20s] smoothed)', 'x 100 10 20', 25, -35],
  ['increase(x_total[10s] smoothed)', 'x_total 0 10 20', 15, 0, undefined, { lookbackMs: 1 }],
  // ── histograms in extended ranges ──
  ['increase(x[20s] anchored)', `x ${H(1)} ${H(2)} ${H(4)} ${H(8)}`, 35, G(6)],
  ['increase(x[20s] smoothed)', `x ${H(0)} ${H(10)} ${H(20)} ${H(40)}`, 25, G(25)],
  ['rate(x[20s] smoothed)', `x ${H(0)} ${H(10)} ${H(20)} ${H(40)}`, 25, G(1.25)],
  ['increase(x[20s] anchored)', `x ${H(5)} ${H(9)} ${H(3)} ${H(4)}`, 30, G(4)],
  ['increase(x[20s] smoothed)', `x ${H(100)} ${H(10)} ${H(20)}`, 25, G(15)],
  ['increase(x[20s] anchored)', `x 1 ${H(9)} ${H(10)}`, 25, undefined, MIXED],
  ['delta(x[20s] anchored)', `x ${G(5)} ${G(9)} ${G(3)} ${G(4)}`, 30, G(-5)],
  ['delta(x[20s] anchored)', `x ${H(5)} ${H(9)} ${H(10)}`, 25, G(5), NOT_GAUGE],
  ['rate(x[20s] anchored)', `x ${H(5)} ${G(9)} ${H(10)}`, 25, G(0.25), NOT_COUNTER],
  ['rate(x[20s] anchored)', `x ${H(5)} ${C(9, '1', '9 0')}`, 15, undefined, BUCKETS],
];

const histogramCases: readonly Case[] = [
  ['rate(x[1m])', `x ${H(0)} ${H(10)} ${H(20)} ${H(30)} ${H(40)} ${H(50)} ${H(60)}`, 60, G(1)],
  ['increase(x[20s])', `x ${H(1)} ${H(5)} ${H(7)}`, 20, G(4)],
  ['increase(x[20s])', `x ${H(1)} ${H(50)} ${H(7)}`, 20, G(14)],
  ['increase(x[20s])', `x _ ${H(1)}`, 20, undefined],
  ['increase(x[20s])', `x _ ${H(3)}`, 20, H(3), undefined, { starts: [0, 5] }],
  ['increase(x[20s])', `x _ ${H(3)} ${H(4)}`, 20, H(4, 'counter_reset_hint:gauge'), undefined, { starts: [0, 5, 5] }],
  ['increase(x[20s])', `x _ ${H(3)} ${H(4)}`, 20, G(7), undefined, { starts: [0, 0, 15] }],
  ['rate(x[1m])', `x 1 ${H(10)} 2 ${H(20)}`, 60, undefined, MIXED],
  ['rate(x[1m])', `x _ ${H(10)} ${G(20)}`, 25, G(1 / 3), NOT_COUNTER],
  ['delta(x[20s])', `x _ ${G(7)} ${G(4)}`, 20, G(-6)],
  ['delta(x[20s])', `x _ ${G(7)} ${H(4)}`, 20, G(-6), NOT_GAUGE],
  // Another kind of buckets is a reset, after which the kind may not change again.
  [
    'increase(x[20s])',
    `x _ ${H(2)} ${C(4, '1', '4')}`,
    20,
    '{{schema:-53 count:6 sum:6 custom_values:[1] buckets:[6] counter_reset_hint:gauge}}',
  ],
  ['rate(x[1m])', `x _ ${C(1, '1', '1')} ${H(2)} ${C(4, '1', '4')}`, 30, undefined, BUCKETS],
  ['delta(x[1m])', `x _ ${G(2)} ${C(4, '1', '4')}`, 30, undefined, BUCKETS],
  [
    'increase(x[20s])',
    `x _ ${C(1, '1 2', '1 0 0')} ${C(3, '1 3', '3 0 0')}`,
    20,
    '{{schema:-53 count:3 sum:3 custom_values:[1] buckets:[3] counter_reset_hint:gauge}}',
    'PromQL info: mismatched custom buckets were reconciled during subtraction',
  ],
  ['irate(x[1m])', `x _ ${H(3)} ${H(10)} ${H(30)}`, 30, G(2)],
  ['irate(x[1m])', `x _ ${H(3)} ${H(30)} ${H(10)}`, 30, G(1)],
  ['irate(x[1m])', `x _ 3 ${H(30)}`, 30, undefined, MIXED],
  ['irate(x[1m])', `x _ 3 ${H(10)} ${H(30)}`, 30, G(2)],
  ['irate(x[1m])', `x ${H(10)} ${H(30)} 2 3`, 30, 0.1],
  ['irate(x[1m])', `x _ ${G(10)} ${H(30)}`, 30, G(2), NOT_COUNTER],
  ['idelta(x[1m])', `x _ ${G(10)} ${G(3)}`, 30, G(-7)],
  ['idelta(x[1m])', `x _ ${H(10)} ${G(3)}`, 30, G(-7), NOT_GAUGE],
  ['idelta(x[1m])', `x _ ${G(10)} ${C(3, '1', '3 0')}`, 30, undefined, NOT_GAUGE],
  ['sum_over_time(x[1m])', `x _ ${H(1)} ${H(2)} ${H(3)}`, 60, H(6)],
  ['avg_over_time(x[1m])', `x _ ${H(1)} ${H(2)} ${H(3)}`, 60, H(2)],
  ['sum_over_time(x[1m])', `x _ ${H(1)} 2`, 60, undefined, MIXED],
  ['avg_over_time(x[1m])', `x _ ${H(1)} ${C(3, '1', '3 0')}`, 60, undefined, BUCKETS],
  [
    'sum_over_time(x[1m])',
    `x _ ${H(1, 'counter_reset_hint:reset')} ${H(2, 'counter_reset_hint:not_reset')}`,
    60,
    H(3),
    'PromQL warning: conflicting counter resets during histogram aggregation (1:15)',
  ],
  ['count_over_time(x[1m])', `x _ ${H(1)} 2`, 60, 2],
  ['present_over_time(x[1m])', `x _ ${H(1)}`, 60, 1],
  ['first_over_time(x[1m])', `x _ ${H(1)} 2`, 60, H(1)],
  ['last_over_time(x[1m])', `x _ ${H(1)} 2`, 60, 2],
  ['last_over_time(x[1m])', `x _ 2 ${H(1)}`, 60, H(1)],
  ['ts_of_first_over_time(x[1m])', `x _ ${H(1)} 2`, 60, 10],
  ['ts_of_last_over_time(x[1m])', `x _ 2 ${H(1)}`, 60, 20],
  ['max_over_time(x[1m])', `x _ 2 ${H(1)}`, 60, 2, IGNORED],
  ['max_over_time(x[1m])', `x _ ${H(1)}`, 60, undefined],
  ['stddev_over_time(x[1m])', `x _ 2 ${H(1)}`, 60, 0, IGNORED],
  ['mad_over_time(x[1m])', `x _ 2 ${H(1)}`, 60, 0, IGNORED],
  ['quantile_over_time(0.5, x[1m])', `x _ 2 ${H(1)}`, 60, 2, IGNORED],
  ['deriv(x[1m])', `x _ 2 ${H(1)}`, 60, undefined, IGNORED],
  ['deriv(x[1m])', `x _ ${H(1)} ${H(2)}`, 60, undefined],
  ['predict_linear(x[1m], 0)', `x _ 2 ${H(1)} 2`, 60, 2, IGNORED],
  ['double_exponential_smoothing(x[1m], 0.5, 0.5)', `x _ 2 ${H(1)} 2`, 60, 2, IGNORED],
  ['changes(x[1m])', `x _ 2 ${H(1)} ${H(1)} ${H(2)} 2`, 60, 3],
  ['resets(x[1m])', `x _ 2 ${H(5)} ${H(1)} ${H(2)} 2`, 60, 3],
];

for (const [query, line, atS, expected, annotation, options] of [...floatCases, ...extendedCases, ...histogramCases]) {
  test(`${query} of ${line} at ${atS}`, () => {
    const { value, annotations } = runRange(query, line, atS, options);
    same(value, expected);
    if (annotation === undefined) assert.deepEqual(annotations, []);
    else assert.ok(annotations.length > 0 && annotations[0]?.startsWith(annotation), `${annotations.join('; ')} instead of ${annotation}`);
  });
}

function same(value: ReturnType<typeof runRange>['value'], expected: number | string | undefined): void {
  if (expected === undefined || value === undefined) return assert.equal(value, expected);
  if (typeof expected === 'number') {
    assert.equal(typeof value, 'number');
    const close = typeof value === 'number' && Math.abs(value - expected) <= Math.abs(expected) * 1e-12;
    if (!close) assert.equal(value, expected);
    return;
  }
  const [wanted] = parseSeriesDescription(`h ${expected}`).values;
  assert.ok(wanted?.kind === 'histogram' && typeof value !== 'number', `${JSON.stringify(value)} instead of ${expected}`);
  assert.ok(
    equalHistograms(compactHistogram(wanted.histogram), compactHistogram(value)),
    `${JSON.stringify(value)} instead of ${expected}`,
  );
  assert.equal(value.counterResetHint, wanted.histogram.counterResetHint);
}

test('every function over a range is there but the one that looks across series', () => {
  const wanted = [...FUNCTIONS].filter(([, { args }]) => args.includes('matrix')).map(([name]) => name);
  assert.deepEqual([...RANGE_FUNCTIONS.keys()].toSorted(), wanted.filter((name) => name !== 'absent_over_time').toSorted());
});
