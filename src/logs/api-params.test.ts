// Parameters of Loki's API: times to the nanosecond, ranges, steps, limits, selectors.

import { deepEqual, equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { boundsParams, parseMatchers, parseTimeNs, rangeQueryParams, timeRangeOf } from './api-params.ts';

const NOW_MS = 1_700_000_000_123;
const NOW_NS = 1_700_000_000_123_000_000n;
const HOUR_NS = 3_600_000_000_000n;

function params(text: string): URLSearchParams {
  return new URLSearchParams(text);
}

test('times become nanoseconds exactly', () => {
  const cases: readonly (readonly [string, bigint | undefined])[] = [
    ['1700000000123456789', 1_700_000_000_123_456_789n],
    ['1700000000', 1_700_000_000_000_000_000n],
    ['10000000000', undefined], // seconds, and more nanoseconds than 64 bits hold
    ['10000000001', 10_000_000_001n],
    ['1700000000.123456789', 1_700_000_000_123_456_789n],
    ['1700000000.1234567894', 1_700_000_000_123_456_789n],
    ['1.7e9', 1_700_000_000_000_000_000n],
    ['1.7000000001234567e18', 1_700_000_000_123_456_700n],
    ['-1.5', -1_500_000_000n],
    ['0', 0n],
    ['.5', 500_000_000n],
    ['2023-11-14T22:13:20.123456789Z', 1_700_000_000_123_456_789n],
    ['2023-11-14T23:13:20+01:00', 1_700_000_000_000_000_000n],
    ['1969-12-31T23:59:59.9Z', -100_000_000n],
    ['', undefined],
    ['.', undefined],
    ['now', undefined],
    ['1e9', undefined], // as in Loki an exponent needs a point
    ['1.0e999', undefined],
    ['NaN', undefined],
    ['9999999999999999999', undefined],
    [`1.${'0'.repeat(2000)}`, undefined],
  ];
  for (const [text, ns] of cases) equal(parseTimeNs(text), ns, text);
});

test('a range is the last hour unless something is said', () => {
  deepEqual(boundsParams(params(''), NOW_MS), { fromNs: NOW_NS - HOUR_NS, toNs: NOW_NS });
  deepEqual(boundsParams(params('since=1d'), NOW_MS), { fromNs: NOW_NS - 24n * HOUR_NS, toNs: NOW_NS });
  deepEqual(boundsParams(params('start=5&end=7'), NOW_MS), { fromNs: 5_000_000_000n, toNs: 7_000_000_000n });
  // an end in the future does not push the start there
  deepEqual(boundsParams(params('end=1800000000'), NOW_MS), { fromNs: NOW_NS - HOUR_NS, toNs: 1_800_000_000_000_000_000n });
  throws(() => boundsParams(params('since=x'), NOW_MS), /'since'/);
  throws(() => boundsParams(params('start=x'), NOW_MS), /'start'/);
  throws(() => boundsParams(params('end=x'), NOW_MS), /'end'/);
  deepEqual(timeRangeOf({ fromNs: 1_999_999n, toNs: 2_000_001n }), { fromMs: 1, toMs: 3 });
  deepEqual(timeRangeOf({ fromNs: -1n, toNs: 0n }), { fromMs: -1, toMs: 0 });
});

test('what a range query asks', () => {
  const { stepNs, limit, direction, intervalNs } = rangeQueryParams(params('start=0&end=1000'), NOW_MS);
  deepEqual({ stepNs, limit, direction, intervalNs }, { stepNs: 4_000_000_000n, limit: 100, direction: 'backward', intervalNs: 0n });
  equal(rangeQueryParams(params('start=0&end=10'), NOW_MS).stepNs, 1_000_000_000n);
  equal(rangeQueryParams(params('start=0&end=10&step=1m30s'), NOW_MS).stepNs, 90_000_000_000n);
  equal(rangeQueryParams(params('start=0&end=1&step=0.25'), NOW_MS).stepNs, 250_000_000n);
  equal(rangeQueryParams(params('direction=FORWARD'), NOW_MS).direction, 'forward');
  equal(rangeQueryParams(params('interval=5'), NOW_MS).intervalNs, 5_000_000_000n);
  const refused: readonly (readonly [string, RegExp])[] = [
    ['start=2&end=1', /end timestamp must not be before/],
    ['limit=0', /limit must be a positive value/],
    ['limit=-1', /limit must be a positive value/],
    ['limit=x', /invalid syntax/],
    ['direction=up', /invalid direction 'up'/],
    ['step=0', /zero or negative/],
    ['step=-1s', /valid duration/],
    ['step=x', /cannot parse "x" to a valid duration/],
    ['step=NaN', /valid duration/],
    ['step=1e20', /overflows int64/],
    ['start=0&end=11001&step=1', /11,000 points/],
    ['interval=-1', /interval must be >= 0/],
  ];
  for (const [text, problem] of refused) throws(() => rangeQueryParams(params(text), NOW_MS), problem, text);
});

test('selectors', () => {
  deepEqual(parseMatchers(' { } '), []);
  deepEqual(parseMatchers(''), []);
  deepEqual(
    parseMatchers('{a="b", c=~"d"}').map(({ name, op, value }) => [name, op, value]),
    [
      ['a', '=', 'b'],
      ['c', '=~', 'd'],
    ],
  );
  throws(() => parseMatchers('{a="b"} |= "x"'), /only label matchers are supported/);
  throws(() => parseMatchers('rate({a="b"}[1m])'), /only label matchers are supported/);
});
