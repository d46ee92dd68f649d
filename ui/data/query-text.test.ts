// Queries are changed where their selectors stand, and the rest of their text stays as it was written.

import assert from 'node:assert/strict';
import test from 'node:test';
import { parseExpr } from '../../src/metrics/promql/parse.ts';
import { quantityOf } from './query-quantity.ts';
import { addMatcher, commonMatchers, isDrawable, metricOf, rateForm, readQuery, removeMatcher, selectorTexts } from './query-text.ts';

const JOB = { name: 'job', op: '=', value: 'a"b' } as const;

test('what is wrong has its place', () => {
  assert.deepEqual(readQuery('sum(nosuch(up))'), {
    kind: 'wrong',
    problem: { from: 4, to: 10, message: 'unknown function with name "nosuch"' },
  });
  assert.equal(readQuery(' \n').kind, 'empty');
  assert.equal(readQuery('up{a=~"("}').kind, 'wrong');
});

test('a matcher is added to every selector, once', () => {
  const cases: readonly [string, string][] = [
    ['up', 'up{job="a\\"b"}'],
    ['up{job="a\\"b"}', 'up{job="a\\"b"}'],
    ['sum( rate(x[5m]) ) # all\n / y offset 1h', 'sum( rate(x{job="a\\"b"}[5m]) ) # all\n / y{job="a\\"b"} offset 1h'],
    ['{__name__="a.b"}', '{__name__="a.b",job="a\\"b"}'],
    ['info(up, {k8s="x"})', 'info(up{job="a\\"b"}, {k8s="x"})'],
    ['1 + 2', '1 + 2'],
    ['up{', 'up{'],
  ];
  for (const [text, expected] of cases) assert.equal(addMatcher(text, JOB), expected, text);
});

test('a matcher is taken away, but not the last of a selector', () => {
  assert.equal(removeMatcher('a{job="a\\"b"} / b{job="a\\"b",x="1"}', JOB), 'a / b{x="1"}');
  assert.equal(removeMatcher('{job="a\\"b"}', JOB), '{job="a\\"b"}');
  assert.equal(removeMatcher('{job="a\\"b",x=""}', JOB), '{job="a\\"b",x=""}');
});

test('what selectors share', () => {
  assert.deepEqual(commonMatchers('a{job="a\\"b",x="1"} / b{job="a\\"b"}'), [JOB]);
  assert.deepEqual(commonMatchers('up'), []);
  assert.equal(commonMatchers('1'), undefined);
  assert.equal(commonMatchers('up{'), undefined);
  assert.deepEqual(selectorTexts('rate(a{x="1"}[5m] offset 1h) / a{x="1"} + b'), ['a{x="1"}', 'b']);
});

test('what a query is about', () => {
  const cases: readonly [string, string][] = [
    ['up{job="a"}', 'up'],
    ['{__name__="up"}', 'up'],
    ['sum(rate(x[5m])) / sum(x)', 'x'],
    ['x / y', ''],
    ['{job="a"}', ''],
    ['1', ''],
  ];
  for (const [text, metric] of cases) assert.equal(metricOf(text), metric, text);
});

test('a selector and its rate', () => {
  assert.deepEqual(rateForm('x{a="1"} offset 1h', 300_000), { kind: 'raw', other: 'rate(x{a="1"}[5m] offset 1h)' });
  assert.deepEqual(rateForm('rate(x{a="1"}[90s] offset 1h)', 300_000), { kind: 'rate', other: 'x{a="1"} offset 1h' });
  for (const text of ['sum(x)', 'rate(x[5m:1m])', 'x[5m]', '']) assert.equal(rateForm(text, 300_000), undefined, text);
});

test('what has a value at every step', () => {
  const drawn = ['up', '1', 'rate(x[5m])', '(a + b)'];
  for (const text of drawn) assert.ok(isDrawable(parseExpr(text)), text);
  for (const text of ['x[5m]', '"a"', '(x[5m:1m])']) assert.ok(!isDrawable(parseExpr(text)), text);
});

test('what values measure', () => {
  const cases: readonly [string, string][] = [
    ['x_bytes', 'bytes'],
    ['sum by (a) (rate(x_bytes_total[5m]))', 'bytes/s'],
    ['sum(x_seconds) - sum(y_seconds)', 'seconds'],
    ['x_seconds + y_bytes', 'none'],
    ['x_bytes / y_bytes', 'none'],
    ['x_bytes > 5', 'bytes'],
    ['x_bytes > bool 5', 'none'],
    ['count(x_bytes)', 'none'],
    ['histogram_quantile(0.9, sum by (le) (rate(x_seconds_bucket[5m])))', 'seconds'],
    ['max_over_time(x_bytes[1h:5m])', 'bytes'],
    ['count_over_time(x_bytes[1h])', 'none'],
    ['timestamp(x_bytes)', 'timestamp'],
    ['changes(x_bytes[1h])', 'none'],
    ['time()', 'timestamp'],
  ];
  for (const [text, expected] of cases) {
    const { unit, perSecond } = quantityOf(parseExpr(text));
    assert.equal(`${unit}${perSecond ? '/s' : ''}`, expected, text);
  }
});
