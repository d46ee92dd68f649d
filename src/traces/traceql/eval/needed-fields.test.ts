// What queries read, a line each: fields, `+` those that are selected, and what else they need.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseTraceql } from '../parse.ts';
import { printField } from '../print.ts';
import { neededFields } from './needed-fields.ts';

function needs(text: string): string {
  const needed = neededFields(parseTraceql(text));
  const selected = new Set(needed.selected);
  const fields = needed.fields.map((field) => `${selected.has(field) ? '+' : ''}${printField(field)}`);
  const flags = (['usesStructure', 'usesTrace', 'usesSeveralSpans', 'usesAllAttributes'] as const).filter((name) => needed[name]);
  return [...fields, ...flags].join(' ');
}

test('fields and facts that a query reads', () => {
  const cases: readonly (readonly [query: string, expected: string])[] = [
    ['{ }', ''],
    ['{ .a = 1 || .a = 2 && span.b > duration }', '.a span.b duration'],
    ['{ duration > 1 && span:duration < 5 }', 'duration'], // two spellings of one field
    ['{ -.a = 1 && !.b && .c != nil }', '.a .b .c'],
    ['{ parent.a = 1 }', 'parent.a usesStructure'],
    ['{ nestedSetParent < 0 }', 'nestedSetParent usesStructure'],
    ['{ rootName = "x" }', 'rootName usesTrace'],
    ['{ .a } || { .b }', '.a .b'],
    ['{ .a } && { .b }', '.a .b usesSeveralSpans'],
    ['{ .a } >> { .b } || { .c }', '.a .b .c usesStructure usesSeveralSpans'],
    ['{ .a } | by(.b) | count() > 2 | select(.c, .a)', '+.a .b +.c usesSeveralSpans'],
    ['{ .a } | sum(.b) + max(.c) > avg(.d)', '.a .b .c .d usesSeveralSpans'],
    ['({ .a } | count()) > ({ .b } | count())', '.a .b usesSeveralSpans'],
    ['{ .a } | quantile_over_time(duration, .9) by(.b)', '.a duration .b'],
    ['({ .a } | rate()) / ({ .b } | rate() by(.c))', '.a .b .c'],
    ['{ .a } | compare({ .b })', '.a .b usesAllAttributes'],
  ];
  for (const [query, expected] of cases) assert.equal(needs(query), expected, query);
});
