// Numbers, durations and sizes by what Go and go-humanize make of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { labelsOfRecord, labelsRecord } from '../../query/labels.ts';
import { convertBytes, convertDuration, convertNumber } from './convert-value.ts';
import type { Converted } from './convert-value.ts';
import { LineLabels } from './line-labels.ts';
import { parseMetricExpr } from './parse.ts';
import { compileUnwrap } from './unwrap.ts';

function converts(convert: (text: string) => Converted, rows: Readonly<Record<string, number | string>>): void {
  for (const [text, expected] of Object.entries(rows)) {
    const got = convert(text);
    assert.equal(typeof got === 'number' ? got : got.problem, expected, text);
  }
}

test('numbers', () => {
  converts(convertNumber, {
    '1': 1,
    '-1.5e3': -1500,
    '.5': 0.5,
    '+Inf': Infinity,
    nan: NaN,
    '': 'strconv.ParseFloat: parsing "": invalid syntax',
    '1 ': 'strconv.ParseFloat: parsing "1 ": invalid syntax',
    '1e999': 'strconv.ParseFloat: parsing "1e999": value out of range',
  });
});

test('durations', () => {
  converts(convertDuration, {
    '0': 0,
    '1h2m3s': 3_723e9,
    '1.5ms': 1.5e6,
    '.1234s': 123_400_000,
    '-2µs': -2000,
    '3μs': 3000,
    '1.9999ns': 1,
    '': 'time: invalid duration ""',
    '-': 'time: invalid duration "-"',
    '5': 'time: missing unit in duration "5"',
    '.s': 'time: invalid duration ".s"',
    '1d': 'time: unknown unit "d" in duration "1d"',
    '1s x': 'time: unknown unit "s x" in duration "1s x"',
    '300000000h': 'time: invalid duration "300000000h"',
  });
});

test('sizes', () => {
  converts(convertBytes, {
    '42': 42,
    '1,024 B': 1024,
    '1.5KiB': 1536,
    '2 mb': 2e6,
    '1 k': 1000,
    '1Ei': 2 ** 60,
    '1 x': 'unhandled size name: x',
    x: 'strconv.ParseFloat: parsing "": invalid syntax',
    '17EiB': 'too large: 17EiB',
  });
});

/** The value of a line with one label, and the labels behind it. */
function unwrapped(unwrap: string, value: string): readonly [number | undefined, Readonly<Record<string, string>>] {
  const expr = parseMetricExpr(`sum_over_time({a="b"} | unwrap ${unwrap} [1m])`);
  assert.ok(expr.kind === 'range_aggregation' && expr.range.unwrap !== undefined);
  const labels = new LineLabels();
  labels.reset(labelsOfRecord({ l: value }), []);
  return [compileUnwrap(expr.range.unwrap)({ tsNs: 0n, text: '', labels }), labelsRecord(labels.labels())];
}

test('what is unwrapped', () => {
  assert.deepEqual(unwrapped('duration(l)', '123.4ms'), [0.1234, { l: '123.4ms' }]);
  assert.deepEqual(unwrapped('duration_seconds(l)', '1m1ns'), [60.000000001, { l: '1m1ns' }]);
  assert.deepEqual(unwrapped('bytes(l)', '1KB'), [1000, { l: '1KB' }]);
  assert.deepEqual(unwrapped('none', '1'), [undefined, { l: '1' }]); // without the label a line counts for nothing
  const failed = { l: 'x', __error__: 'SampleExtractionErr', __error_details__: 'strconv.ParseFloat: parsing "x": invalid syntax' };
  assert.deepEqual(unwrapped('l', 'x'), [0, failed]);
  assert.deepEqual(unwrapped('l | __error__=""', 'x'), [undefined, failed]);
});
