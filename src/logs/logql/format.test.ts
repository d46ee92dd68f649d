// The layout over several lines.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { formatLogql } from './format.ts';
import { parseLogql } from './parse.ts';

function formats(text: string, lines: readonly string[], width = 20): void {
  assert.equal(formatLogql(parseLogql(text), width), lines.join('\n'), text);
}

test('what fits stays on one line, in the canonical form', () => {
  formats('rate( {a="b"} [5m] offset 1h )', ['rate({a="b"}[5m] offset 1h0m0s)'], 100);
  formats('{a="b",c="d",e="f",g="h"}', ['{a="b", c="d", e="f", g="h"}']);
});

test('pipelines', () => {
  formats('{app="shop"} |= "x" |= "y" | decolorize | json', ['{app="shop"}', '  |= "x" |= "y"', '  | decolorize', '  | json']);
  formats('{app="shop"} |= "first" or "other" != "second"', ['{app="shop"}', '  |= "first" or "other"', '  != "second"']);
});

test('aggregations', () => {
  formats('sum by (a,b) (rate({app="shop"} | json | unwrap c | d="e" [5m] offset 1h))', [
    'sum by (a, b)(',
    '  rate(',
    '    {app="shop"} | json',
    '      | unwrap c',
    '      | d="e" [5m] offset 1h',
    '  )',
    ')',
  ]);
  formats('topk(3, max_over_time({app="shop"} | unwrap c [5m]) by (d))', [
    'topk(',
    '  3,',
    '  max_over_time(',
    '    {app="shop"}',
    '      | unwrap c [5m]',
    '  ) by (d)',
    ')',
  ]);
});

test('parentheses stand where the operators need them', () => {
  const v = 'vector(1.000000)';
  formats('vector(1) * (vector(1) + vector(1)) - vector(1)', [
    `    ${v}`,
    '  *',
    '    (',
    `        ${v}`,
    '      +',
    `        ${v}`,
    '    )',
    '-',
    `  ${v}`,
  ]);
});

test('operators, label_replace and variants', () => {
  formats('rate({app="shop"}[5m]) / on (a) vector(1)', ['  rate(', '    {app="shop"} [5m]', '  )', '/ on (a) ', '  vector(1.000000)']);
  formats('label_replace(vector(1), "a", "$1", "b", "(.*)")', [
    'label_replace(',
    '  vector(1.000000),',
    '  "a",',
    '  "$1",',
    '  "b",',
    '  "(.*)"',
    ')',
  ]);
  formats('variants(vector(1), vector(2)) of ({app="shop"}[5m])', [
    'variants(',
    '  vector(1.000000),',
    '  vector(2.000000)',
    ') of (',
    '  {app="shop"} [5m]',
    ')',
  ]);
});
