// Selectors survive being read and printed, whatever they hold.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { OPERATORS, addMatcher, parseSelector, printSelector, removeMatcher } from './selector.ts';

test('reads and prints', () => {
  const cases: readonly [string, string | undefined][] = [
    ['up', 'up'],
    [' up { job = "a" , instance!~\'b.*\',} ', 'up{job="a", instance!~"b.*"}'],
    ['{job="a"}', '{job="a"}'],
    ['{__name__=~"node_.*"}', '{__name__=~"node_.*"}'],
    ['{"http.requests", "a.b"=`c\\d`}', '{"http.requests", "a.b"="c\\\\d"}'],
    ['up{}', 'up'],
    ['', undefined],
    ['up{', undefined],
    ['up{job}', undefined],
    ['up{job="a"', undefined],
    ['up{job="a" instance="b"}', undefined],
    ['rate(up[5m])', undefined],
    ['up offset 5m', undefined],
  ];
  for (const [text, expected] of cases) {
    const selector = parseSelector(text);
    assert.equal(selector && printSelector(selector), expected, text);
  }
});

test('matchers are added once and taken away', () => {
  const matcher = { label: 'job', op: '=', value: 'a"b' } as const;
  const added = addMatcher('up', matcher);
  assert.equal(added, 'up{job="a\\"b"}');
  assert.equal(addMatcher(added, matcher), added);
  assert.equal(removeMatcher(added, matcher), 'up');
  assert.equal(removeMatcher('{job="a"}', { label: 'job', op: '=', value: 'a' }), '{job="a"}');
  assert.equal(addMatcher('sum(up)', matcher), 'sum(up)');
});

test('what is printed is read back the same', () => {
  const matcher = fc.record(
    { label: fc.string({ minLength: 1 }), op: fc.constantFrom(...OPERATORS), value: fc.string() },
    { noNullPrototype: true },
  );
  const selector = fc.record(
    { metric: fc.string({ minLength: 1 }), matchers: fc.array(matcher, { maxLength: 4 }) },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(selector, (s) => {
      assert.deepEqual(parseSelector(printSelector(s)), s);
    }),
    { numRuns: 2000, seed: 1 },
  );
});
