// Floats as Go writes them.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { formatG, formatOpenMetrics } from './go-float.ts';

/** `[value, shortest, two digits, in a label]` */
const cases: readonly (readonly [number, string, string, string])[] = [
  [0, '0', '0', '0.0'],
  [-0, '-0', '-0', '0.0'],
  [1, '1', '1', '1.0'],
  [-1, '-1', '-1', '-1.0'],
  [0.5, '0.5', '0.5', '0.5'],
  [10, '10', '10', '10.0'],
  [100, '100', '1e+02', '100.0'],
  [123456, '123456', '1.2e+05', '123456.0'],
  [1234567, '1.234567e+06', '1.2e+06', '1.234567e+06'],
  [1e21, '1e+21', '1e+21', '1e+21'],
  [1e100, '1e+100', '1e+100', '1e+100'],
  [0.0001, '0.0001', '0.0001', '0.0001'],
  [0.00001234, '1.234e-05', '1.2e-05', '1.234e-05'],
  [-1234.5678, '-1234.5678', '-1.2e+03', '-1234.5678'],
  [9.99, '9.99', '10', '9.99'],
  [Number.NaN, 'NaN', 'NaN', 'NaN'],
  [Number.POSITIVE_INFINITY, '+Inf', '+Inf', '+Inf'],
  [Number.NEGATIVE_INFINITY, '-Inf', '-Inf', '-Inf'],
];

test('the digits of %g', () => {
  const found = cases.map(([value]) => [value, formatG(value), formatG(value, 2), formatOpenMetrics(value)]);
  assert.deepEqual(found, cases);
});

test('the shortest digits read back the same', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => Object.is(Number(formatG(value)), value)),
    { numRuns: 2000, seed: 1 },
  );
});
