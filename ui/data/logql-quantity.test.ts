// What metric queries over lines measure.

import assert from 'node:assert/strict';
import test from 'node:test';
import { logQuantityOf } from './logql-quantity.ts';
import { readLogql } from './logql-text.ts';

test('the quantity of a metric query', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['rate({a="b"}[5m])', 'none/s'],
    ['sum by (x) (bytes_rate({a="b"}[5m]))', 'bytes/s'],
    ['bytes_over_time({a="b"}[5m])', 'bytes'],
    ['count(rate({a="b"}[5m]))', 'none'],
    ['quantile_over_time(0.99, {a="b"} | json | unwrap duration(took) [5m]) by (x)', 'seconds'],
    ['sum_over_time({a="b"} | json | unwrap bytes(size) [5m])', 'bytes'],
    ['sum(rate({a="b"}[5m])) / sum(rate({a="b"}[5m]))', 'none'],
    ['sum(bytes_rate({a="b"}[5m])) + sum(bytes_rate({a="c"}[5m]))', 'bytes/s'],
    ['vector(1)', 'none'],
  ];
  for (const [text, expected] of cases) {
    const read = readLogql(text);
    const { unit, perSecond } = read.kind === 'metric' ? logQuantityOf(read.expr) : assert.fail(text);
    assert.equal(`${unit}${perSecond ? '/s' : ''}`, expected, text);
  }
});
