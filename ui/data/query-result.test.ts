// Values of queries as the server sends them, and what is refused.

import assert from 'node:assert/strict';
import test from 'node:test';
import { decodeInstant, decodeRange } from './query-result.ts';

const histogram = { count: '3', sum: '+Inf', buckets: [[0, '-Inf', '0.5', '3']] };
const decoded = { count: 3, sum: Infinity, buckets: [{ rule: 0, lower: -Infinity, upper: 0.5, count: 3 }] };
const stats = { timings: { execTotalTime: 0.25 }, samples: { totalQueryableSamples: 40 } };

test('a vector of floats and histograms', () => {
  const result = [
    { metric: { a: '1' }, value: [5, 'NaN'] },
    { metric: {}, histogram: [5, histogram] },
  ];
  assert.deepEqual(decodeInstant({ resultType: 'vector', result, stats }), {
    value: {
      kind: 'vector',
      series: [
        { labels: { a: '1' }, times: [5], values: [NaN] },
        { labels: {}, times: [5], values: [decoded] },
      ],
    },
    stats: { samples: 40, seconds: 0.25 },
  });
});

test('scalars and strings', () => {
  assert.deepEqual(decodeInstant({ resultType: 'scalar', result: [5, '-Inf'] }).value, { kind: 'scalar', value: -Infinity });
  assert.deepEqual(decodeInstant({ resultType: 'string', result: [5, 'x'] }).value, { kind: 'string', value: 'x' });
});

test('a range with both kinds of samples is in the order of time, histograms as counts', () => {
  const result = [
    {
      metric: { __name__: 'm' },
      values: [
        [1, '2'],
        [3, '4'],
      ],
      histograms: [[2, histogram]],
    },
  ];
  const { series } = decodeRange({ resultType: 'matrix', result });
  assert.deepEqual(series, [{ labels: { __name__: 'm' }, times: [1, 2, 3], values: [2, 3, 4], histogram: true }]);
});

test('what is no result is refused', () => {
  const wrong: readonly [unknown, RegExp][] = [
    [undefined, /data to be an object/],
    [{ resultType: 'other', result: [] }, /a result and not a other/],
    [{ resultType: 'vector', result: {} }, /result to be a list/],
    [{ resultType: 'vector', result: [7] }, /a series to be an object/],
    [{ resultType: 'vector', result: [{ histogram: [1, 7] }] }, /a histogram to be an object/],
  ];
  for (const [data, message] of wrong) assert.throws(() => decodeInstant(data), message);
  assert.throws(() => decodeRange({ resultType: 'vector', result: [] }), /a matrix and not a vector/);
});
