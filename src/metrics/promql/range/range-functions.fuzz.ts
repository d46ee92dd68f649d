// Properties of the functions over ranges, on random series and windows.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { runRange } from './test-range.ts';

const RUNS = { numRuns: 1000, seed: 3 };
const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const samples = fc.array(fc.option(number), { minLength: 1, maxLength: 12 });
const rises = fc.array(fc.double({ min: 0, max: 1e3, noNaN: true }), { minLength: 2, maxLength: 12 });

function line(values: readonly (number | null)[]): string {
  return `x_total ${values.map((value) => value ?? '_').join(' ')}`;
}

function floatOf(query: string, values: readonly (number | null)[], atS: number): number | undefined {
  const { value } = runRange(query, line(values), atS);
  assert.ok(typeof value !== 'object');
  return value;
}

/** The values of the window (at - 60 s, at] of samples every 10 s. */
function within(values: readonly (number | null)[], atS: number): number[] {
  return values.flatMap((value, i) => (value !== null && i * 10 > atS - 60 && i * 10 <= atS ? [value] : []));
}

function close(actual: number | undefined, expected: number, scale: number): void {
  assert.ok(actual !== undefined && Math.abs(actual - expected) <= 1e-9 * Math.max(1, scale), `${actual} instead of ${expected}`);
}

test('a counter never decreases, with resets or without', () => {
  const counter = fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 2, maxLength: 12 });
  const property = fc.property(counter, fc.nat(120), fc.constantFrom('', ' anchored', ' smoothed'), (values, atS, extension) => {
    for (const name of ['increase', 'rate']) {
      const value = floatOf(`${name}(x_total[1m]${extension})`, values, atS);
      assert.ok(value === undefined || value >= 0, `${value}`);
    }
  });
  fc.assert(property, RUNS);
});

test('rate is increase per second of the window', () => {
  const property = fc.property(samples, fc.nat(120), fc.constantFrom('', ' anchored', ' smoothed'), (values, atS, extension) => {
    const increase = floatOf(`increase(x_total[1m]${extension})`, values, atS);
    const rate = floatOf(`rate(x_total[1m]${extension})`, values, atS);
    if (increase === undefined) assert.equal(rate, undefined);
    else close(rate, increase / 60, Math.abs(increase));
  });
  fc.assert(property, RUNS);
});

test('of a counter without resets, anchored increases of windows side by side add up', () => {
  const property = fc.property(rises, (steps) => {
    let sum = 0;
    const values = steps.map((step) => (sum += step));
    const endS = (values.length - 1) * 10;
    const whole = floatOf(`increase(x_total[${endS}s] anchored)`, values, endS);
    let parts = 0;
    for (let atS = 10; atS <= endS; atS += 10) parts += floatOf('increase(x_total[10s] anchored)', values, atS) ?? 0;
    close(whole, parts, sum);
  });
  fc.assert(property, RUNS);
});

test('aggregations equal their definitions', () => {
  const property = fc.property(samples, fc.nat(120), (values, atS) => {
    const window = within(values, atS);
    const of = (name: string): number | undefined => floatOf(`${name}_over_time(x_total[1m])`, values, atS);
    if (window.length === 0) return assert.equal(of('sum'), undefined);
    const scale = window.reduce((sum, value) => sum + Math.abs(value), 0);
    const mean = window.reduce((sum, value) => sum + value, 0) / window.length;
    const variance = window.reduce((sum, value) => sum + (value - mean) ** 2, 0) / window.length;
    close(of('sum'), mean * window.length, scale);
    close(of('avg'), mean, scale);
    close(of('stdvar'), variance, scale * scale);
    assert.equal(of('count'), window.length);
    assert.equal(of('min'), Math.min(...window));
    assert.equal(of('max'), Math.max(...window));
    assert.equal(of('first'), window[0]);
    assert.equal(of('last'), window.at(-1));
    return undefined;
  });
  fc.assert(property, RUNS);
});

test('samples on a line have its slope and its future', () => {
  const property = fc.property(
    number,
    fc.double({ min: -1e3, max: 1e3, noNaN: true }),
    fc.integer({ min: 2, max: 6 }),
    (from, slope, count) => {
      const values = Array.from({ length: count }, (_, i) => from + slope * i * 10);
      const scale = Math.abs(from) + Math.abs(slope) * 1000;
      const atS = (count - 1) * 10;
      close(floatOf('deriv(x_total[1m])', values, atS), slope, scale);
      close(floatOf('predict_linear(x_total[1m], 30)', values, atS), from + slope * (atS + 30), scale);
    },
  );
  fc.assert(property, RUNS);
});

test('a quantile lies between the samples and grows with q', () => {
  const q = fc.double({ min: 0, max: 1, noNaN: true });
  const property = fc.property(samples, q, q, (values, a, b) => {
    const atS = (values.length - 1) * 10;
    const window = within(values, atS);
    if (window.length === 0) return;
    const low = floatOf(`quantile_over_time(${Math.min(a, b)}, x_total[1m])`, values, atS) ?? NaN;
    const high = floatOf(`quantile_over_time(${Math.max(a, b)}, x_total[1m])`, values, atS) ?? NaN;
    const rounding = 1e-9 * Math.max(1, ...window.map(Math.abs));
    assert.ok(low <= high + rounding && low >= Math.min(...window) - rounding && high <= Math.max(...window) + rounding);
  });
  fc.assert(property, RUNS);
});
