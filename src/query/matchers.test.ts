// Matchers: every cheap form must mean the same as the expression it stands for.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { compileMatcher, compileRegex, matchesEmpty, patternOf, printMatcher } from './matchers.ts';

test('regular expressions take their cheapest form', () => {
  for (const [source, kind] of [
    ['a|b|c', 'set'],
    ['(a|b)', 'set'],
    ['', 'set'],
    ['a\\.b', 'set'],
    ['.*', 'any'],
    ['.+', 'nonempty'],
    ['api-.*', 'prefix'],
    ['a\\.*', 'regex'], // any number of dots, no prefix
    ['a|b.*', 'regex'],
    ['a{2}', 'regex'],
    ['(?i)a', 'regex'],
    ['\\d', 'regex'],
    ['(a)|(b)', 'regex'],
  ] as const) {
    assert.equal(patternOf(source).kind, kind, source);
  }
});

test('every form means the same as the expression', () => {
  const values = ['', 'a', 'b', 'ab', 'a.b', 'axb', 'api-', 'api-1', 'api-\n', 'a|b', '(a|b)', 'a...', 'A', '\n', 'b\n'];
  const sources = [
    'a|b|c',
    '(a|b)',
    '',
    'a\\.b',
    '.*',
    '.+',
    'api-.*',
    'api-.+',
    'a\\.*',
    'a|b.*',
    'a||b',
    'a\\|b',
    '(?i)a',
    'a.b',
    '^a$',
    'b|',
  ];
  for (const source of sources) {
    const test = compileMatcher({ name: 'x', op: '=~', value: source });
    const not = compileMatcher({ name: 'x', op: '!~', value: source });
    for (const value of values) {
      const wanted = compileRegex(source).test(value);
      assert.equal(test(value), wanted, `${source} on ${JSON.stringify(value)}`);
      assert.equal(not(value), !wanted);
    }
  }
});

test('a dot matches a newline, and expressions are anchored', () => {
  assert.equal(compileMatcher({ name: 'x', op: '=~', value: 'a.b' })('a\nb'), true);
  assert.equal(compileMatcher({ name: 'x', op: '=~', value: 'b+' })('abb'), false);
});

test('bad expressions are refused', () => {
  for (const value of ['a(b', '*', 'a)(b', '[', '(?=a)', '(a)\\1']) {
    assert.throws(() => compileMatcher({ name: 'x', op: '=~', value }), { code: 'bad_data' }, value);
  }
});

test('the empty value', () => {
  assert.equal(matchesEmpty({ name: 'x', op: '=', value: '' }), true);
  assert.equal(matchesEmpty({ name: 'x', op: '!=', value: 'a' }), true);
  assert.equal(matchesEmpty({ name: 'x', op: '=~', value: 'a|' }), true);
  assert.equal(matchesEmpty({ name: 'x', op: '!~', value: '.+' }), true);
  assert.equal(matchesEmpty({ name: 'x', op: '=~', value: '.+' }), false);
});

test('matchers print with quotes where a name needs them', () => {
  assert.equal(printMatcher({ name: 'job', op: '=~', value: 'a"b' }), 'job=~"a\\"b"');
  assert.equal(printMatcher({ name: 'my.label', op: '!=', value: '' }), '"my.label"!=""');
});
