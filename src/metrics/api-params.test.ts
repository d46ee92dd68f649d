// Parameters of the HTTP API: what is read, what is refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { limitParam, parseTime, unescapeLabelName } from './api-params.ts';

test('times', () => {
  for (const [text, ms] of [
    ['0', 0],
    ['123.4', 123_400],
    ['-1.5e3', -1_500_000],
    ['2015-07-01T20:10:51.781Z', 1_435_781_451_781],
    ['1970-01-01T01:02:03+01:00', 123_000],
    ['1970-01-01t00:00:00.0004z', 0],
    ['-292273086-05-16T16:47:06Z', Number.NEGATIVE_INFINITY],
    ['', undefined],
    ['boop', undefined],
    ['NaN', undefined],
    ['1e300', undefined],
    ['2015-07-01', undefined],
    ['2015-13-01T00:00:00Z', undefined],
  ] as const) {
    assert.equal(parseTime(text), ms, text);
  }
});

test('limits', () => {
  const limit = (text: string): number => limitParam(new URLSearchParams({ limit: text }));
  assert.equal(limit(''), 0);
  assert.equal(limit('7'), 7);
  for (const text of ['-1', 'x', '1.5', '99999999999999999999']) assert.throws(() => limit(text), { code: 'bad_data' }, text);
});

test('label names out of their escaped form', () => {
  for (const [name, plain] of [
    ['job', 'job'],
    ['U__job', 'job'],
    ['U__a__b', 'a_b'],
    ['U__a_2e_b', 'a.b'],
    ['U___1f600_', '😀'],
    ['U__a_b', 'U__a_b'], // no escaped form: taken as it stands
    ['U__a_zz_', 'U__a_zz_'],
  ] as const) {
    assert.equal(unescapeLabelName(name), plain, name);
  }
});
