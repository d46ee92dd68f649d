// The notation of test series: what each form stands for, and what is none.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RequestError } from '../../base/request-error.ts';
import { printLabels } from '../../query/labels.ts';
import { parseSeriesDescription } from './series-notation.ts';
import type { StepValue } from './series-notation.ts';

function print(value: StepValue): string {
  if (value.kind === 'number') return String(value.value);
  if (value.kind !== 'histogram') return value.kind === 'gap' ? '_' : 'stale';
  const { schema, sum, count, positiveSpans, positiveBuckets, negativeBuckets, counterResetHint } = value.histogram;
  const spans = positiveSpans.map(({ offset, length }) => `${offset}/${length}`).join(' ');
  return `h(${schema} ${sum} ${count} ${spans} [${positiveBuckets.join(' ')}] [${negativeBuckets.join(' ')}] ${counterResetHint})`;
}

/** `[line, labels, values]` */
const cases: readonly (readonly [string, string, string])[] = [
  ['up 1 2.5 -3', 'up', '1 2.5 -3'],
  ['up{job="a",  zone = "b" } 1', 'up{job="a", zone="b"}', '1'],
  ['{"a.b", "c d"="e"} 1', 'a.b{c d="e"}', '1'],
  ["up{job='a\\'b', path=`\\d`} 1", `up{job="a'b", path="\\\\d"}`, '1'],
  ['{} 7', '{}', '7'],
  ['a:b 0+2x3', 'a:b', '0 2 4 6'],
  ['a 10-5x2 1', 'a', '10 5 0 1'],
  ['a 4x2', 'a', '4 4 4'],
  ['a 4x0 4+1x0', 'a', '4 4'],
  ['a _ 1 _x2 stale 1', 'a', '_ 1 _ _ stale 1'],
  ['a inf -Inf NaN 1e3 0x1 +2', 'a', 'Infinity -Infinity NaN 1000 0 0 2'],
  ['a\t0+1x1\t 5', 'a', '0 1 5'],
  ['a', 'a', ''],
  ['', '{}', ''],
  ['a {{}}', 'a', 'h(0 0 0  [] [] unknown)'],
  [
    'a {{schema:2 sum:1.5 count:6 buckets:[1 2 3] offset:-1 n_buckets:[4] counter_reset_hint:gauge}}',
    'a',
    'h(2 1.5 6 -1/3 [1 2 3] [4] gauge)',
  ],
  ['a {{sum:2 buckets:[1]}}x1', 'a', 'h(0 2 0 0/1 [1] [] unknown) h(0 2 0 0/1 [1] [] unknown)'],
  ['a {{sum:2 buckets:[1]}}+{{sum:1 buckets:[1 1] offset:2}}x1', 'a', 'h(0 2 0 0/1 [1] [] unknown) h(0 3 0 0/1 1/2 [1 1 1] [] unknown)'],
  ['a {{buckets:[4]}}-{{buckets:[1 2] schema:1}}x1', 'a', 'h(0 0 0 0/1 [4] [] unknown) h(0 0 0 0/2 [3 -2] [] unknown)'],
];

test('reads what each form stands for', () => {
  for (const [line, labels, values] of cases) {
    const description = parseSeriesDescription(line);
    assert.equal(printLabels(description.labels), labels, line);
    assert.equal(description.values.map(print).join(' '), values, line);
  }
});

const broken: readonly string[] = [
  '1', // no name
  'a 1+1', // an increment without a count
  'a 1+1x', // a count without a number
  'a _y3', // a gap that is none
  'a 1 2b', // a number that is none
  'a{b} 1', // a label without a value
  'a{b="c" d="e"} 1', // no comma
  'a{b="c} 1', // an open quote
  'a{b=c} 1', // a value without quotes
  '{"a"b} 1', // a name and then another
  'a {{sum:1 sum:2}}', // twice
  'a {{size:1}}', // an unknown name
  'a {{sum :1}}', // a blank before the colon
  'a {{sum: 1}}', // a blank after it
  'a {{buckets:1}}', // a list is wanted
  'a {{counter_reset_hint:maybe}}', // no such hint
  'a {{buckets:[1] schema:1}}+{{buckets:[1]}}x1', // a coarser one cannot be added
  'a 1x2000000', // too many
];

test('refuses what is none, with a position', () => {
  for (const line of broken) assert.throws(() => parseSeriesDescription(line), RequestError, line);
  assert.throws(() => parseSeriesDescription('a 1 x'), /1:5: parse error/);
});
