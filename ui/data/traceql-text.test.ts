// Queries that are narrowed, and those that stand beside them.

import assert from 'node:assert/strict';
import test from 'node:test';
import { conditionText, fieldText, literalText } from './trace-field.ts';
import { compareQuery, durationText, narrowed, rateQuery, readTraceql } from './traceql-text.ts';

test('one more condition', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['', '{ status = error }'],
    ['{}', '{ status = error }'],
    ['{ .a = 1 }', '{ .a = 1 && status = error }'],
    ['{ .a = 1 || .b = 2 } | rate()', '{ (.a = 1 || .b = 2) && status = error } | rate()'],
    ['{ .a } >> { .b }', '{ .a } >> { .b } | { status = error }'],
    ['count() > 1', '{ status = error } | count() > 1'],
    ['{ status = error && .a }', '{ status = error && .a }'],
    ['({ .a } | rate()) / ({ } | rate())', '({ .a && status = error } | rate()) / ({ status = error } | rate())'],
    ['{ .a = ', '{ .a = '],
  ];
  for (const [text, expected] of cases) assert.equal(narrowed(text, 'status = error'), expected);
});

test('the queries beside a search leave out its hints', () => {
  assert.equal(rateQuery('{ .a } | select(.b) with(most_recent=true)'), '{ .a } | select(.b) | rate() by(status)');
  assert.equal(compareQuery('{ }', 'status = error', { startMs: 1, endMs: 2 }), '{ } | compare({ status = error }, 8, 1000000, 2000000)');
  assert.equal(readTraceql(compareQuery('', 'duration > 1s', undefined)).kind, 'metrics');
});

test('what is wrong is said with its place', () => {
  const read = readTraceql('{ status = 5 }');
  assert.ok(read.kind === 'wrong' && read.problem.from === 2 && read.problem.to === 12, JSON.stringify(read));
  assert.equal(readTraceql('{ .a = }').kind, 'wrong');
});

test('fields, literals and lengths of time', () => {
  assert.equal(fieldText('span', 'http.method'), 'span.http.method');
  assert.equal(fieldText('resource', 'a b'), 'resource."a b"');
  assert.equal(literalText({ type: 'int', value: '500' }), '500');
  assert.equal(literalText({ type: 'doubleValue', value: '2' }), '2.0');
  assert.equal(literalText({ type: 'stringValue', value: 'say "hi"' }), String.raw`"say \"hi\""`);
  assert.equal(conditionText('status', { type: 'stringValue', value: 'error' }), 'status = error');
  assert.deepEqual([0.5, 2, 0.0000015].map(durationText), ['500ms', '2s', '2us']);
});
