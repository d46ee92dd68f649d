// Time ranges: what a text in the address means, and how a range moves.

import assert from 'node:assert/strict';
import test from 'node:test';
import { alignSpan, parseMoment, rangeTitle, resolveRange, shiftRange, stepFor } from './time-range.ts';

const NOW = Date.parse('2026-08-01T12:00:00Z');

test('the texts of a moment', () => {
  const cases: readonly [string, number | undefined][] = [
    ['now', NOW],
    ['now-1h', NOW - 3_600_000],
    ['now-1h30m', NOW - 5_400_000],
    ['now+5s', NOW + 5000],
    [' 1785585600000 ', 1_785_585_600_000],
    ['2026-08-01', Date.parse('2026-08-01T00:00:00Z')],
    ['2026-08-01 10:30', Date.parse('2026-08-01T10:30:00Z')],
    ['2026-08-01T10:30:05.5+02:00', Date.parse('2026-08-01T08:30:05.500Z')],
    ['', undefined],
    ['now-', undefined],
    ['now-1x', undefined],
    ['yesterday', undefined],
    ['2026-13-01', undefined],
  ];
  for (const [text, expected] of cases) assert.equal(parseMoment(text, NOW, true), expected, text);
});

test('an end before its start is no range', () => {
  assert.equal(resolveRange({ from: 'now', to: 'now-1h' }, NOW), undefined);
  assert.deepEqual(resolveRange({ from: 'now-1h', to: 'now' }, NOW), { startMs: NOW - 3_600_000, endMs: NOW });
});

test('a shift moves by half and stops at now', () => {
  const span = { startMs: NOW - 3_600_000, endMs: NOW };
  assert.deepEqual(shiftRange(span, -1, NOW), { from: String(NOW - 5_400_000), to: String(NOW - 1_800_000) });
  assert.deepEqual(shiftRange(span, 1, NOW), { from: String(span.startMs), to: String(NOW) });
});

test('steps are round and bounded in number', () => {
  for (const length of [1000, 60_000, 3_600_000, 86_400_000, 30 * 86_400_000, 5 * 365 * 86_400_000]) {
    const span = { startMs: 0, endMs: length };
    const step = stepFor(span, 300);
    assert.ok(length / step <= 300, `${length}`);
    const aligned = alignSpan({ startMs: 1234, endMs: 1234 + length }, step);
    assert.equal(aligned.startMs % step, 0);
    assert.ok(aligned.endMs >= 1234 + length);
  }
});

test('ranges have names', () => {
  assert.equal(rangeTitle({ from: 'now-1h', to: 'now' }), 'Last hour');
  assert.equal(rangeTitle({ from: 'now-45m', to: 'now' }), 'Last 45m');
  assert.equal(rangeTitle({ from: '1', to: '2' }), undefined);
});
