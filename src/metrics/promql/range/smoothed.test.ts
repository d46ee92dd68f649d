// Smoothed instant selectors, extended ranges as samples, and what may stand with `anchored` and `smoothed`.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Annotations } from '../steps/annotations.ts';
import { checkExtension } from './extended-window.ts';
import { parseExpr } from '../parse.ts';
import { extendedSamples, smoothedAt } from './smoothed.ts';
import { rangeSeries, windowOf } from './test-range.ts';

const H = '{{schema:0 count:4 sum:4 buckets:[4] counter_reset_hint:not_reset}}';
const H8 = '{{schema:0 count:8 sum:8 buckets:[8]}}';
const CUSTOM = '{{schema:-53 count:1 sum:1 custom_values:[1] buckets:[1]}}';

/** `[series with a sample every 10 s, time in seconds, result or the count of the histogram, lookback in seconds, annotation]` */
const instants: readonly (readonly [string, number, number | undefined, number?, string?])[] = [
  ['x 1 2 4', 10, 2],
  ['x 1 2 4', 15, 3],
  ['x 1 2 4', 25, 4],
  ['x _ 2 4', 5, undefined],
  ['x _ 2 4', 330, undefined],
  ['x 1 _ _ 4', 10, 2],
  // The next sample is beyond the lookback, the one before is within; then the other way round.
  ['x 1 _ _ _ 5', 10, 1, 29],
  ['x 1 _ _ _ 5', 30, undefined, 29],
  // A value goes down smoothly: nothing says that it is a counter.
  ['x 4 2', 5, 3],
  [`x ${H} ${H8}`, 0, 4],
  [`x ${H} ${H8}`, 5, 6],
  [`x ${H} ${H8}`, 15, 8],
  // A histogram is taken for a counter: after a reset it goes up from zero.
  [`x ${H8} ${H.replace('not_reset', 'unknown')}`, 5, 2],
  [`x ${H} 1`, 5, undefined, 300, 'PromQL warning: encountered a mix of histograms and floats for metric name "x" (1:1)'],
  [
    `x ${H} ${CUSTOM}`,
    5,
    undefined,
    300,
    'PromQL warning: vector contains a mix of histograms with exponential and custom buckets schemas for metric name "x" (1:1)',
  ],
];

for (const [line, atS, expected, lookbackS = 300, annotation] of instants) {
  test(`smoothed ${line} at ${atS}`, () => {
    const annotations = new Annotations('x smoothed');
    const selector = { from: 0, to: 1 };
    const value = smoothedAt(rangeSeries(line), atS * 1000, { lookbackMs: lookbackS * 1000, metricName: 'x', annotations, selector });
    assert.equal(typeof value === 'object' ? value.count : value, expected);
    assert.deepEqual(annotations.lines('warning'), annotation === undefined ? [] : [annotation]);
  });
}

test('a histogram carried forward says nothing of resets', () => {
  const context = { lookbackMs: 300_000, metricName: 'x', annotations: new Annotations('x'), selector: { from: 0, to: 1 } };
  const value = smoothedAt(rangeSeries(`x ${H}`), 5000, context);
  assert.ok(typeof value === 'object');
  assert.equal(value.counterResetHint, 'unknown');
});

/** `[series, start, end, smoothed, samples as time:value]` */
const ranges: readonly (readonly [string, number, number, boolean, string])[] = [
  ['x 1 2 4 8', 5, 25, false, '5:1 10:2 20:4 25:4'],
  ['x 1 2 4 8', 5, 25, true, '5:1.5 10:2 20:4 25:6'],
  ['x 1 2 4 8', 10, 20, true, '10:2 20:4'],
  ['x _ 2 4', 5, 15, false, '5:2 10:2 15:2'],
  ['x _ 2 4', 25, 35, true, ''],
  ['x 1 2 4', 12, 18, true, '12:2.4 18:3.6'],
  ['x _', 12, 18, true, ''],
];

for (const [line, startS, endS, smoothed, expected] of ranges) {
  test(`${smoothed ? 'smoothed' : 'anchored'} samples of ${line} from ${startS} to ${endS}`, () => {
    const series = rangeSeries(line);
    const { times, values } = extendedSamples(series, windowOf(series, startS * 1000, endS * 1000), { lookbackMs: 300_000, smoothed });
    assert.equal(Array.from(times, (ms, i) => `${ms / 1000}:${values[i]}`).join(' '), expected);
  });
}

test('extended samples of histograms are refused', () => {
  const series = rangeSeries(`x ${H}`);
  const window = windowOf(series, -1000, 1000);
  assert.throws(
    () => extendedSamples(series, window, { lookbackMs: 1, smoothed: true }),
    /smoothed modifier is not supported with histograms/,
  );
});

/** Calls that are refused, with the message; the others are not. */
const calls: readonly (readonly [string, string?])[] = [
  ['rate(x[1m] anchored)'],
  ['resets(x[1m] anchored)'],
  ['changes((x[1m] anchored))'],
  ['delta(x[1m] smoothed)'],
  ['sum_over_time(x[1m])'],
  [
    'sum_over_time(x[1m] anchored)',
    'anchored modifier can only be used with: changes, delta, increase, rate, resets - not with sum_over_time',
  ],
  ['resets(x[1m] smoothed)', 'smoothed modifier can only be used with: delta, increase, rate - not with resets'],
  [
    'quantile_over_time(0.5, x[1m] smoothed)',
    'smoothed modifier can only be used with: delta, increase, rate - not with quantile_over_time',
  ],
];

for (const [query, message] of calls) {
  test(`${query} is ${message === undefined ? 'taken' : 'refused'}`, () => {
    const call = parseExpr(query);
    assert.ok(call.kind === 'call');
    if (message === undefined) checkExtension(call);
    else assert.throws(() => checkExtension(call), { code: 'execution', message });
  });
}
