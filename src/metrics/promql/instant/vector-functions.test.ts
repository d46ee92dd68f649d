// Functions that look at all series at once, as a table: call, series, result and annotations.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RequestError } from '../../../base/request-error.ts';
import { labelsRecord } from '../../../query/labels.ts';
import { absentLabels } from './absent.ts';
import { parseExpr } from '../parse.ts';
import { precedesNaturally, scalarOf } from './sorting.ts';
import { runCall, testCall, type TestOptions } from '../steps/test-call.ts';
import { VECTOR_FUNCTIONS } from './vector-functions.ts';

type Case = readonly [call: string, series: readonly string[], result: readonly string[], options?: TestOptions];

const ONE: TestOptions = { steps: 1 };
const DELAYED: TestOptions = { steps: 1, delayedNameRemoval: true };
const MONOTONIC =
  'PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)';
const SORT = 'PromQL warning: sort is ineffective for range queries since results are always ordered by labels (1:1)';
const H = '{{schema:0 count:4 sum:4 z_bucket:4 z_bucket_w:1}}';
const NAN = '{{schema:0 count:15 sum:NaN buckets:[12]}}';

const buckets: readonly string[] = [
  'x_bucket{a="1", le="0.1"} 3 3',
  'x_bucket{a="1", le="5e-1"} 7 7',
  'x_bucket{a="1", le="1"} 9 9',
  'x_bucket{a="1", le="+Inf"} 9 10',
];
const falling: readonly string[] = ['x{le="1"} 5 1', 'x{le="2"} 3 2', 'x{le="4"} 4.5 3', 'x{le="Inf"} 6 2.9999'];

const cases: readonly Case[] = [
  // absent
  ['absent(x{a="b", c=~"d"})', [], ['{a="b"} 1 1 1 1 1']],
  ['absent(x{a="b"})', ['x 1 _ 1', `y _ _ _ ${H}`], ['{a="b"} _ 1 _ _ 1']],
  ['absent(x)', ['x 1 1 1 1 1'], []],
  ['absent(((x{a="b"})))', [], ['{a="b"} 1'], ONE],
  ['absent(sum(x{a="b"}))', [], ['{} 1'], ONE],
  // label_replace
  ['label_replace(x, "a", "$1-$2", "b", "(.)(.*)")', ['x{b="one"} 1'], ['x{a="o-ne", b="one"} 1'], ONE],
  ['label_replace(x, "a", "$0", "b", "n")', ['x{b="one"} 1'], ['x{b="one"} 1'], ONE],
  ['label_replace(x, "a", "${first}_$first", "b", "(?P<first>.).*")', ['x{b="one"} 1'], ['x{a="o_o", b="one"} 1'], ONE],
  ['label_replace(x, "a", "[$1x$9$$1${}$]", "b", "(.*)")', ['x{b="one"} 1'], ['x{a="[$1${}$]", b="one"} 1'], ONE],
  ['label_replace(x, "a", "", "c", "")', ['x{a="b"} 1'], ['x 1'], ONE],
  ['label_replace(x, "a", "v", "b", "a.c")', ['x{b="a\\nc"} 1'], ['x{a="v", b="a\\nc"} 1'], ONE],
  ['label_replace(x, "a", "v", "a", ".*")', ['x{a="1"} 1', 'x{a="2"} _ 2'], ['x{a="v"} 1 2 _ _ _']],
  ['label_replace(x, "ü ", "v", "", "")', ['x 1'], ['x{ü ="v"} 1'], ONE],
  // label_join
  ['label_join(x, "a", "-", "b", "none", "c")', ['x{b="1", c="2"} 1'], ['x{a="1--2", b="1", c="2"} 1'], ONE],
  ['label_join(x, "a", "-")', ['x{a="1"} 1'], ['x 1'], ONE],
  // sort
  ['sort(x)', ['x{i="1"} NaN', 'x{i="2"} 2', 'x{i="3"} 1', `x{i="4"} ${H}`], ['x{i="3"} 1', 'x{i="2"} 2', 'x{i="1"} NaN'], ONE],
  [
    'sort_desc(x)',
    ['x{i="1"} NaN', 'x{i="2"} 2', 'x{i="3"} 1', 'x{i="4"} Inf'],
    ['x{i="4"} +Inf', 'x{i="2"} 2', 'x{i="3"} 1', 'x{i="1"} NaN'],
    ONE,
  ],
  ['sort(x)', [`x 3 ${H} 2`], ['x 3 _ 2 _ _', SORT]],
  ['sort_by_label(x, "i")', ['x{i="10"} 1', 'x{i="9"} 1', 'x{i="9", a="b"} 1'], ['x{a="b", i="9"} 1', 'x{i="9"} 1', 'x{i="10"} 1'], ONE],
  [
    'sort_by_label(x, "j", "i")',
    ['x{i="1", j="b"} 1', 'x{i="2", j="a"} 1', 'x{i="1", j="a"} 1'],
    ['x{i="1", j="a"} 1', 'x{i="2", j="a"} 1', 'x{i="1", j="b"} 1'],
    ONE,
  ],
  ['sort_by_label_desc(x, "i")', ['x{i="9"} 1', 'x{i="10"} 1', `x{i="11"} ${H}`], ['x{i="11"} h4', 'x{i="10"} 1', 'x{i="9"} 1'], ONE],
  // histogram_quantile, classic
  ['histogram_quantile(0.5, x_bucket)', buckets, ['{a="1"} 0.25 0.30000000000000004 _ _ _']],
  ['histogram_quantile(1, x_bucket)', buckets, ['{a="1"} 1 1 _ _ _']],
  ['histogram_quantile(0, x_bucket)', buckets, ['{a="1"} 0 0 _ _ _']],
  ['histogram_quantile(0.5, x)', ['x{le="-1"} 3', 'x{le="Inf"} 4'], ['{} -1'], ONE],
  ['histogram_quantile(0.9, x)', ['x{le="-2"} 2', 'x{le="-1"} 4', 'x{le="Inf"} 4'], ['{} -1.2'], ONE],
  ['histogram_quantile(0.5, x)', ['x{le="1"} 3', 'x{le="2"} 4'], ['{} NaN'], ONE],
  ['histogram_quantile(0.5, x)', ['x{le="Inf"} 3'], ['{} NaN'], ONE],
  ['histogram_quantile(0.5, x)', ['x{le="1"} 0', 'x{le="Inf"} 0'], ['{} NaN'], ONE],
  ['histogram_quantile(0.5, x)', ['x{le="1.0"} 1', 'x{le="1"} 1', 'x{le="Inf"} 4'], ['{} 1'], ONE],
  ['histogram_quantile(0.5, x)', ['x{le="1"} 5', 'x{le="2"} 5.000000000000001', 'x{le="Inf"} 5'], ['{} 0.5'], ONE],
  [
    'histogram_quantile(0.5, x)',
    ['x 3', 'x{le="one", a="b"} 3'],
    [
      'PromQL warning: bucket label "le" is missing or has a malformed value of "" (1:25)',
      'PromQL warning: bucket label "le" is missing or has a malformed value of "one" (1:25)',
    ],
  ],
  [
    'histogram_quantile(0.5, x)',
    ['x 3'],
    ['PromQL warning: bucket label "le" is missing or has a malformed value of "" for metric name "x" (1:25)'],
    DELAYED,
  ],
  [
    'histogram_quantile(2, x_bucket)',
    [buckets[3] ?? ''],
    ['{a="1"} +Inf', 'PromQL warning: quantile value should be between 0 and 1, got 2 (1:20)'],
    ONE,
  ],
  [
    'histogram_quantile(-1, x_bucket)',
    [buckets[3] ?? ''],
    ['{a="1"} -Inf', 'PromQL warning: quantile value should be between 0 and 1, got -1 (1:20)'],
    ONE,
  ],
  ['histogram_quantile(NaN, x)', [], ['PromQL warning: quantile value should be between 0 and 1, got NaN (1:20)']],
  ['histogram_quantile(0.5, x_bucket)', buckets, ['~x_bucket{a="1"} 0.25'], DELAYED],
  [
    'histogram_quantile(0.5, x)',
    falling,
    [
      '{} 0.6 1.5 _ _ _',
      `${MONOTONIC}, from buckets 2 to +Inf, with a max diff of 2, over 2 samples from 1970-01-01T00:00:00Z to 1970-01-01T00:01:00Z (1:25)`,
    ],
  ],
  [
    'histogram_quantile(0.5, x)',
    falling,
    [
      '~x 0.6',
      `${MONOTONIC} for metric name "x", from buckets 2 to 4, with a max diff of 2, over 1 samples from 1970-01-01T00:00:00Z to 1970-01-01T00:00:00Z (1:25)`,
    ],
    DELAYED,
  ],
  // histogram_quantile, native and mixed
  ['histogram_quantile(0.5, x)', [`x{a="1"} ${H} _ ${H}`], ['{a="1"} 0 _ 0 _ _']],
  ['histogram_quantile(0.5, x)', [`x{le="1"} 1 ${H}`, 'x{le="Inf"} 2 2'], ['{le="1"} _ 0 _ _ _', '{} 1 NaN _ _ _']],
  [
    'histogram_quantile(0.5, x)',
    [`x ${H} ${H}`, 'x{le="Inf"} 2', 'x{le="1"} 2'],
    ['{} _ 0 _ _ _', 'PromQL warning: vector contains a mix of classic and native histograms (1:25)'],
  ],
  [
    'histogram_quantile(1, x)',
    [`x ${NAN}`],
    ['{} NaN', 'PromQL info: input to histogram_quantile has NaN observations, result is NaN (1:23)'],
    ONE,
  ],
  [
    'histogram_quantile(0.8, x)',
    [`x ${NAN}`],
    ['~x 1', 'PromQL info: input to histogram_quantile has NaN observations, result is skewed higher for metric name "x" (1:25)'],
    DELAYED,
  ],
  // histogram_quantiles
  ['histogram_quantiles(x_bucket, "q", 0, 0.5, 1)', buckets, ['{a="1", q="0.0"} 0', '{a="1", q="0.5"} 0.25', '{a="1", q="1.0"} 1'], ONE],
  ['histogram_quantiles(x, "q", 0.25)', [`x ${H}`], ['{q="0.25"} -0.5'], ONE],
  [
    'histogram_quantiles(x, "q", NaN)',
    [`x ${H}`],
    ['{q="NaN"} NaN', 'PromQL warning: quantile value should be between 0 and 1, got NaN (1:29)'],
    ONE,
  ],
  [
    'histogram_quantiles(x_bucket, "q", scalar(y))',
    buckets,
    ['{a="1", q="0.5"} 0.25 _ _ _ _', '{a="1", q="1.0"} _ 1 _ _ _'],
    { scalars: { 2: [0.5, 1] } },
  ],
  [
    'histogram_quantiles(x, "q", 0.5, 1)',
    falling,
    [
      '{q="0.5"} 0.6',
      '{q="1.0"} 4',
      `${MONOTONIC}, from buckets 2 to 4, with a max diff of 2, over 1 samples from 1970-01-01T00:00:00Z to 1970-01-01T00:00:00Z (1:21)`,
    ],
    ONE,
  ],
  // histogram_fraction
  ['histogram_fraction(0, 0.1, x_bucket)', buckets, ['{a="1"} 0.3333333333333333 0.3 _ _ _']],
  ['histogram_fraction(-Inf, Inf, x_bucket)', buckets, ['{a="1"} 1 1 _ _ _']],
  ['histogram_fraction(0.05, 0.3, x_bucket)', buckets, ['{a="1"} 0.3888888888888889'], ONE],
  ['histogram_fraction(1, 0, x_bucket)', buckets, ['{a="1"} 0'], ONE],
  ['histogram_fraction(NaN, 1, x_bucket)', buckets, ['{a="1"} NaN'], ONE],
  ['histogram_fraction(-5, -2, x)', ['x{le="-2"} 2', 'x{le="Inf"} 4'], ['{} 0'], ONE],
  ['histogram_fraction(0, 1, x)', ['x{le="1"} 2'], ['{} NaN'], ONE],
  ['histogram_fraction(0, 1, x)', [`x ${H}`], ['{} 0.5'], ONE],
  [
    'histogram_fraction(0, 1, x)',
    [`x ${NAN}`],
    [
      '~x 0.8',
      'PromQL info: input to histogram_fraction has NaN observations, which are excluded from all fractions for metric name "x" (1:26)',
    ],
    DELAYED,
  ],
  [
    'histogram_fraction(0, 1, x)',
    [`x ${H}`, 'x{le="1"} 1'],
    ['PromQL warning: vector contains a mix of classic and native histograms (1:26)'],
    ONE,
  ],
];

test('each function over all series', () => {
  const found = cases.map(([call, series, , options]) => [`${call} ${series.join()}`, ...runCall(call, series, options)]);
  const expected = cases.map(([call, series, result]) => [`${call} ${series.join()}`, ...result]);
  assert.deepEqual(found, expected);
});

test('a written name is kept at the end, a dropped one that was not written is not', () => {
  const run = (call: string): readonly string[] => {
    const context = testCall(call, ['x{a="b"} 1'], DELAYED);
    const dropped = context.series.map((series) => ({ ...series, dropName: true }));
    return (VECTOR_FUNCTIONS.get(context.call.name)?.(dropped, context) ?? []).map(
      ({ dropName, labels }) => `${dropName} ${labels.join(' ')}`,
    );
  };
  assert.deepEqual(run('label_replace(x, "__name__", "y_$1", "a", "(.*)")'), ['false __name__ y_b a b']);
  assert.deepEqual(run('label_replace(x, "__name__", "y", "a", "none")'), ['true __name__ x a b']);
  assert.deepEqual(run('label_replace(x, "c", "$1", "__name__", "(.*)")'), ['true __name__ x a b c x']);
  assert.deepEqual(run('label_join(x, "__name__", "_", "__name__", "a")'), ['false __name__ x_b a b']);
});

/** `[call, series, the error's message]` */
const refused: readonly (readonly [string, readonly string[], string])[] = [
  ['label_replace(x, "a", "v", "b", "(")', [], 'invalid regular expression in label_replace(): ('],
  ['label_replace(x, "", "v", "b", "")', [], 'invalid destination label name in label_replace(): '],
  ['label_replace(x, "\\xff", "v", "b", "")', [], 'invalid destination label name in label_replace(): \udcff'],
  ['label_join(x, "a", "v", "")', [], 'invalid source label name in label_join(): '],
  ['label_join(x, "", "v", "b")', [], 'invalid destination label name in label_join(): '],
  ['label_replace(x, "a", "v", "", "")', ['x{a="1"} 1', 'x{a="2"} 1'], 'vector cannot contain metrics with the same labelset'],
  ['label_join(x, "a", "v", "b")', ['x{a="1"} 1', 'x{a="2"} 1'], 'vector cannot contain metrics with the same labelset'],
  ['histogram_quantile(1, {a="1"})', ['x{le="Inf"} 1', 'y{le="Inf"} 1'], 'vector cannot contain metrics with the same labelset'],
  ['histogram_quantiles(x, "a", 1)', [`x{a="1"} ${H}`, `x{a="2"} ${H}`], 'vector cannot contain metrics with the same labelset'],
];

test('refuses what has no result, in the words of the original', () => {
  for (const [call, series, message] of refused) {
    assert.throws(
      () => runCall(call, series),
      (error) => error instanceof RequestError && error.code === 'execution' && error.message === message,
      call,
    );
  }
});

test('what a function takes it gives back or hands on', () => {
  for (const [call, series, , options] of cases) {
    const context = testCall(call, series, options);
    const result = VECTOR_FUNCTIONS.get(context.call.name)?.(context.series, context) ?? [];
    assert.equal(context.held.samples, result.length * context.evaluation.steps.count, call);
  }
});

test('absent fixes the labels that are asked for once', () => {
  const cases: readonly (readonly [string, object])[] = [
    ['x{a="1", b!="2", c=~"3"}', { a: '1' }],
    ['x{a="1", a="2", b="3"}', { b: '3' }],
    ['x{a=~"1", a="2"}', { a: '2' }],
    ['x{a="1", a=~"2"}', {}],
    ['x{a=""}', {}],
    ['{"x", a="1"}[5m]', { a: '1' }],
    ['(x{a="1"})', { a: '1' }],
    ['x{a="1"} + y', {}],
    ['x{a="1"}[5m:1m]', {}],
  ];
  for (const [query, labels] of cases) assert.deepEqual(labelsRecord(absentLabels(parseExpr(query))), labels, query);
});

test('natural order: numbers within text count as numbers', () => {
  // A text and a number are compared as text, and so is a number that no 64 bits hold.
  const pairs: readonly (readonly [string, string, boolean])[] = [
    ['1', '2', true],
    ['2', '10', true],
    ['10', '2', false],
    ['a2b1', 'a2b10', true],
    ['a10', 'a9', false],
    ['a', 'a1', true],
    ['a1', 'a', false],
    ['1.11.3', '1.2.3', false],
    ['a', '1', false],
    ['a99999999999999999999', 'a100000000000000000000', false],
    ['', 'a', true],
    ['a', '', false],
    ['', '', false],
  ];
  for (const [a, b, before] of pairs) assert.equal(precedesNaturally(a, b), before, `${a} before ${b}`);
});

test('scalar: the only float of a step', () => {
  const context = testCall('absent(x)', ['x{a="1"} 1 2 _', `x{a="2"} _ 3 4 ${H}`]);
  assert.deepEqual([...scalarOf(context.series, context.evaluation)], [1, NaN, 4, NaN, NaN]);
  assert.equal(context.held.samples, 0);
});
