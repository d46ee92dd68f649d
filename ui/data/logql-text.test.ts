// What clicks make of a LogQL text: filters where they belong, and the queries that stand beside it.

import assert from 'node:assert/strict';
import test from 'node:test';
import {
  addFieldFilter,
  addPatternFilter,
  addStreamMatcher,
  fieldCountQuery,
  keptLevel,
  levelQuery,
  matchersOf,
  readLogql,
  removeStreamMatcher,
  selectorOf,
  termsOf,
  toggleLevel,
} from './logql-text.ts';
import type { Matcher } from '../../src/query/matchers.ts';

const is = (name: string, value: string, op: Matcher['op'] = '='): Matcher => ({ name, op, value });

test('a matcher goes into every selector, and takes the place of what it contradicts', () => {
  const cases: readonly (readonly [string, Matcher, string])[] = [
    ['', is('app', 'x'), '{app="x"}'],
    ['  ', is('app', 'a "b"'), '{app="a \\"b\\""}'],
    ['{app="x"}', is('env', 'prod'), '{app="x", env="prod"}'],
    ['{app="x"}', is('app', 'x'), '{app="x"}'],
    ['{app="x"}', is('app', 'y'), '{app="y"}'],
    ['{app="x"}', is('app', 'y', '!='), '{app="x", app!="y"}'],
    ['{app="x", pod!="p"}', is('pod', 'p'), '{app="x", pod="p"}'],
    ['{app="x"} |= `a` | json', is('env', 'prod'), '{app="x", env="prod"} |= `a` | json'],
    ['{ app = "x" }|="a"', is('e', 'p'), '{app="x", e="p"} |="a"'],
    [
      'sum(rate({a="b"} |= "c" [5m])) / sum(rate({a="b"}[5m]))',
      is('e', 'p'),
      'sum(rate({a="b", e="p"} |= "c" [5m])) / sum(rate({a="b", e="p"}[5m]))',
    ],
    // What cannot be read stays as it is.
    ['{app="x"', is('e', 'p'), '{app="x"'],
  ];
  for (const [text, matcher, expected] of cases) assert.equal(addStreamMatcher(text, matcher), expected, text);
  assert.equal(removeStreamMatcher('{app="x", env="prod"} | json', is('env', 'prod')), '{app="x"} | json');
  assert.equal(removeStreamMatcher('{app="x"} | json', is('app', 'x')), '');
});

test('a field is filtered by where it comes from', () => {
  const filter = (category: 'stream' | 'metadata' | 'parsed', keep = true, parser?: string) => ({
    name: 'user',
    value: 'a"b',
    category,
    keep,
    ...(parser === undefined ? {} : { parser }),
  });
  const cases: readonly (readonly [string, ReturnType<typeof filter>, string])[] = [
    ['{a="b"}', filter('stream'), '{a="b", user="a\\"b"}'],
    ['{a="b"} |= "c"', filter('metadata', false), '{a="b"} |= "c" | user!="a\\"b"'],
    ['{a="b"} | json', filter('parsed', true, 'json'), '{a="b"} | json | user="a\\"b"'],
    ['{a="b"} |= "c"', filter('parsed', true, 'logfmt'), '{a="b"} |= "c" | logfmt | user="a\\"b"'],
    ['count_over_time({a="b"}[5m])', filter('metadata'), 'count_over_time({a="b"} | user="a\\"b"[5m])'],
  ];
  for (const [text, given, expected] of cases) assert.equal(addFieldFilter(text, given), expected, text);
});

test('a pattern stands before what changes the line', () => {
  assert.equal(addPatternFilter('{a="b"}', 'x <_> "y"', true), '{a="b"} |> "x <_> \\"y\\""');
  assert.equal(
    addPatternFilter('{a="b"} | json | line_format "{{.x}}"', 'x <_>', false),
    '{a="b"} !> "x <_>" | json | line_format "{{.x}}"',
  );
});

test('a level is kept in the place of another, and let go by the same click', () => {
  const error = toggleLevel('{a="b"} |= "c"', 'error');
  assert.equal(error, '{a="b"} |= "c" | detected_level="error"');
  assert.equal(keptLevel(error), 'error');
  assert.equal(toggleLevel(error, 'warn'), '{a="b"} |= "c" | detected_level="warn"');
  assert.equal(toggleLevel(error, 'error'), '{a="b"} |= "c"');
  assert.equal(toggleLevel('{a="b"} | detected_level="error" | json', 'error'), '{a="b"} | json');
  assert.equal(keptLevel('{a="b"}'), undefined);
});

function lines(text: string) {
  const read = readLogql(text);
  assert.equal(read.kind, 'lines', text);
  return read.kind === 'lines' ? read.expr : assert.fail();
}

test('the query behind the bars leaves out what counts nothing', () => {
  const cases: readonly (readonly [string, number, string])[] = [
    ['{a="b"}', 60_000, 'sum by (detected_level) (count_over_time({a="b"} [1m]))'],
    ['{a="b"} |= "c" | json | line_format "x"', 5400_000, 'sum by (detected_level) (count_over_time({a="b"} |= "c" [1h30m]))'],
    [
      '{a="b"} | json | x="1" | logfmt',
      1000,
      'sum by (detected_level) (count_over_time({a="b"} | json | x="1" | drop __error__, __error_details__ [1s]))',
    ],
    ['{a="b"} # a comment', 1000, 'sum by (detected_level) (count_over_time({a="b"} [1s]))'],
  ];
  for (const [text, stepMs, expected] of cases) {
    assert.equal(levelQuery(lines(text), stepMs), expected, text);
    assert.equal(readLogql(expected).kind, 'metric', expected);
  }
  const counted = fieldCountQuery(lines('{a="b"} |= "c"'), 'status', 'logfmt', '1h');
  assert.equal(
    counted,
    'topk(50, sum by (status) (count_over_time({a="b"} |= "c" | logfmt | drop __error__, __error_details__ | status!="" [1h])))',
  );
  assert.equal(readLogql(counted).kind, 'metric');
});

test('the texts that a query looks for', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['{a="b"} |= "x" or "y" != "z"', 'x y'],
    ['{a="b"} |~ "(?i)error|warn"', 'error/i warn/i'],
    ['{a="b"} |~ "(?i)(error|warn)"', 'error/i warn/i'],
    // Not words: nobody could tell where they stand.
    ['{a="b"} |~ "a.*b" |= ""', ''],
    ['{a="b"} |= ip("10.0.0.0/8")', ''],
  ];
  for (const [text, expected] of cases) {
    const terms = termsOf(lines(text)).map((term) => `${term.text}${term.ignoreCase ? '/i' : ''}`);
    assert.equal(terms.join(' '), expected, text);
  }
});

test('what is wrong says where', () => {
  const read = readLogql('{a="b"} |');
  assert.equal(read.kind, 'wrong');
  assert.match(read.kind === 'wrong' ? read.problem.message : '', /line 1, col 10/);
  assert.deepEqual(matchersOf('{a="b"} |'), []);
  assert.equal(selectorOf('rate({a="b", c=~"d"} | json [5m])'), '{a="b", c=~"d"}');
  assert.equal(selectorOf(''), '{}');
});
