// Derived hints: which selectors get them, and what they say.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { HistogramSample } from '../read-samples.ts';
import { selectorsOfStatistics, withDerivedHints } from './derived-hints.ts';
import { parseExpr } from './parse.ts';
import { parseSeriesDescription } from './series-notation.ts';

/** `[query, names of the selectors whose samples get derived hints]` */
const queries: readonly (readonly [string, readonly string[]])[] = [
  ['histogram_count(x)', ['x']],
  ['histogram_sum(rate(x[1m])) / histogram_avg(sum(y))', ['x', 'y']],
  ['rate(x[1m]) + histogram_count(y)', ['y']],
  ['histogram_quantile(0.9, x)', []],
  ['histogram_count(histogram_quantile(0.9, x))', []],
  ['histogram_quantile(0.9, vector(scalar(histogram_count(x))))', []],
  ['histogram_count(rate(x[1m:]))', []],
  ['max_over_time(histogram_count(x)[1m:])', []],
  ['histogram_count(x </ 2)', []],
  ['histogram_count(x * 2)', ['x']],
];

for (const [query, names] of queries) {
  test(`selectors of statistics in ${query}`, () => {
    assert.deepEqual(
      [...selectorsOfStatistics(parseExpr(query))].map(({ name }) => name),
      names,
    );
  });
}

test('a hint says what the sample before tells, unless it is known', () => {
  const H = (count: number, hint = ''): string => `{{schema:0 count:${count} sum:1 buckets:[${count}] ${hint}}}`;
  const line = `x ${H(1)} ${H(3)} stale ${H(2)} ${H(5)} ${H(1, 'counter_reset_hint:gauge')} ${H(2)}`;
  const samples = parseSeriesDescription(line).values.map((value, ms): HistogramSample =>
    value.kind === 'histogram' ? { kind: 'histogram', ms, histogram: value.histogram } : { kind: 'stale', ms },
  );
  const hints = withDerivedHints(samples).map((sample) => (sample.kind === 'histogram' ? sample.histogram.counterResetHint : 'stale'));
  assert.deepEqual(hints, ['unknown', 'no', 'stale', 'yes', 'no', 'gauge', 'no']);
});
