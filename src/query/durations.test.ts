// Durations in all their forms, and what is none.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseDuration, printDuration } from '../base/duration.ts';
import { parseFloatStrict, parseSecondsOrDuration } from './durations.ts';

const problem = (text: string): string => {
  const parsed = parseDuration(text);
  return typeof parsed === 'number' ? `${parsed}` : parsed.problem;
};

test('durations in all units', () => {
  for (const [text, ms] of [
    ['0', 0],
    ['0s', 0],
    ['324ms', 324],
    ['3s', 3000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['4d1h', 349_200_000],
    ['3w2d', 1_987_200_000],
    ['10y', 315_360_000_000],
    ['1y1w1d1h1m1s1ms', 32_230_861_001],
  ] as const) {
    assert.equal(parseDuration(text), ms, text);
  }
});

test('what is no duration is refused', () => {
  for (const [text, message] of [
    ['', 'empty duration string'],
    ['1', 'not a valid duration string: "1"'],
    ['5m5m', 'not a valid duration string: "5m5m"'], // a unit twice
    ['1m1h', 'not a valid duration string: "1m1h"'], // out of order
    ['3x', 'unknown unit "x" in duration "3x"'],
    ['-3s', 'not a valid duration string: "-3s"'],
    ['1.5h', 'not a valid duration string: "1.5h"'],
    ['294y', 'duration out of range'],
  ] as const) {
    assert.equal(problem(text), message, text);
  }
});

test('durations print as Prometheus prints them', () => {
  for (const [ms, text] of [
    [0, '0s'],
    [1, '1ms'],
    [90_000, '1m30s'],
    [86_400_000, '1d'],
    [90_000_000, '25h'], // a day and an hour is no whole number of days
    [604_800_000, '1w'],
    [31_536_000_000, '1y'],
    [-420_000, '-7m'],
  ] as const) {
    assert.equal(printDuration(ms), text);
  }
});

test('printing is undone by parsing', () => {
  for (let ms = 1; ms < 1e13 / 3; ms = ms * 7 + 3) assert.equal(parseDuration(printDuration(ms)), ms);
});

test('seconds or a duration', () => {
  assert.equal(parseSecondsOrDuration('1.5'), 1500);
  assert.equal(parseSecondsOrDuration('2m'), 120_000);
  assert.notEqual(typeof parseSecondsOrDuration('1e300'), 'number');
  assert.notEqual(typeof parseSecondsOrDuration('NaN'), 'number');
});

test('floats as Go reads them', () => {
  assert.equal(parseFloatStrict('.5e-3'), 0.0005);
  assert.equal(parseFloatStrict('-Inf'), Number.NEGATIVE_INFINITY);
  assert.equal(parseFloatStrict(''), undefined);
  assert.equal(parseFloatStrict('0x10'), undefined);
  assert.equal(parseFloatStrict('1 '), undefined);
});
