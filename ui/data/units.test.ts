// Numbers with units: at most four significant digits, the unit from the name.

import assert from 'node:assert/strict';
import test from 'node:test';
import { countText, largestOf, quantityText, unitOfName } from './units.ts';
import type { Unit } from './units.ts';

test('units come from the ending of the name', () => {
  const cases: readonly [string, Unit][] = [
    ['node_memory_MemTotal_bytes', 'bytes'],
    ['node_network_receive_bytes_total', 'bytes'],
    ['http_request_duration_seconds_sum', 'seconds'],
    ['http_request_duration_seconds_bucket', 'none'],
    ['http_request_duration_seconds_count', 'none'],
    ['process_start_time_seconds', 'timestamp'],
    ['container_cpu_time_seconds_total', 'seconds'],
    ['cache_hit_ratio', 'ratio'],
    ['traces_spanmetrics_latency_sum', 'seconds'],
    ['traces_spanmetrics_size_total', 'bytes'],
    ['up', 'none'],
  ];
  for (const [name, unit] of cases) assert.equal(unitOfName(name), unit, name);
});

test('values are short', () => {
  const cases: readonly [number, Unit, boolean, string][] = [
    [0, 'none', false, '0'],
    [1, 'none', false, '1'],
    [9876, 'none', false, '9876'],
    [12_345, 'none', false, '12.35 k'],
    [1_234_567_890, 'none', false, '1.235 G'],
    [0.000012345, 'none', false, '1.234e-5'],
    [1536, 'bytes', false, '1.5 KiB'],
    [-1536, 'bytes', true, '-1.5 KiB/s'],
    [0.00025, 'seconds', false, '250 µs'],
    [90, 'seconds', false, '90 s'],
    [5400, 'seconds', false, '90 min'],
    [0.4217, 'ratio', false, '42.17 %'],
    [Number.NaN, 'bytes', false, 'NaN'],
    [Number.POSITIVE_INFINITY, 'none', false, '+Inf'],
    [1e20, 'none', false, '1e20'],
    [12_345_678, 'none', true, '12.35 M/s'],
    [0, 'none', true, '0/s'],
    [0.1, 'none', true, '0.1/s'],
    [0.05, 'none', true, '3/min'],
    [-1 / 60, 'none', true, '-1/min'],
    [3.906e-4, 'none', true, '1.406/h'],
    [1e-5, 'none', true, '0.864/d'],
    [0.02, 'bytes', true, '1.2 B/min'],
    [0.02, 'seconds', true, '20 ms/s'],
  ];
  for (const [value, unit, perSecond, text] of cases) assert.equal(quantityText(value, { unit, perSecond }), text);
  assert.equal(quantityText(null, { unit: 'none', perSecond: false }), '–');
  assert.equal(countText(14_400_000), '14\u202f400\u202f000');
});

test('rates that stand together have one period, but for what is next to nothing in it', () => {
  const cases: readonly [readonly number[], Unit, readonly string[]][] = [
    [[0, 0.05, 0.1], 'none', ['0/s', '0.05/s', '0.1/s']],
    [[0, 0.01, 0.02], 'none', ['0/min', '0.6/min', '1.2/min']],
    [[-0.001, 0], 'none', ['-3.6/h', '0/h']],
    [[200, 0.01, 0.001], 'none', ['200/s', '0.01/s', '3.6/h']],
    [[0], 'none', ['0/s']],
    [[0, 0.5], 'seconds', ['0 s/s', '500 ms/s']],
  ];
  for (const [values, unit, texts] of cases)
    assert.deepEqual(
      values.map((value) => quantityText(value, { unit, perSecond: true }, largestOf(values))),
      texts,
    );
  assert.equal(largestOf([null, -3, undefined, 2, Number.NaN]), 3);
});
