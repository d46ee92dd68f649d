// Metrics queries after the spans are chosen: steps, buckets, series of aggregates, arithmetic between them, comparisons and exemplars.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RequestError } from '../../../base/request-error.ts';
import type { TraceSeries } from '../../answers.ts';
import type { RangeAggregate } from '../ast.ts';
import { parseTraceql } from '../parse.ts';
import { printField } from '../print.ts';
import { NIL, type Value } from '../value.ts';
import { Accumulator } from './accumulator.ts';
import { evaluateExpression, pipelinesOf } from './algebra.ts';
import { log2Exponent, log2Quantile } from './buckets.ts';
import { Comparison } from './compare.ts';
import { ExemplarChoice, withExemplarValues } from './exemplars.ts';
import { stepOf, stepsOf } from './steps.ts';

const S = 1_000_000_000n;
const STEPS = stepsOf({ startNs: 1n, endNs: 3n * S, stepNs: S }, false);

function grid(start: number, end: number, step: number, isInstant = false): readonly (number | bigint)[] {
  const steps = stepsOf({ startNs: BigInt(start), endNs: BigInt(end), stepNs: BigInt(step) }, isInstant);
  return [steps.fromNs, steps.toNs, ...steps.times];
}

test('steps are aligned, and a range begins one before its start', () => {
  assert.deepEqual(grid(1, 3e9, 1e9), [1n, 3_000_000_001n, 1000, 2000, 3000]);
  assert.deepEqual(grid(10e9, 12e9, 1e9), [9_000_000_001n, 12_000_000_001n, 10_000, 11_000, 12_000]);
  assert.deepEqual(grid(10.5e9, 11.5e9, 1e9), [9_000_000_001n, 12_000_000_001n, 10_000, 11_000, 12_000]);
  assert.deepEqual(grid(5e9, 8e9, 3e9, true), [5_000_000_000n, 8_000_000_001n, 8000]);
  assert.deepEqual(
    [0n, 1n, S, S + 1n, 3n * S, 3n * S + 1n].map((ns) => stepOf(STEPS, ns)),
    [-1, 0, 0, 1, 2, -1],
  );
  for (const [start, end, step] of [
    [2, 1, 1],
    [1, 1, 1],
    [1, 2, 0],
    [1, 20_000, 1],
  ] as const)
    assert.throws(() => grid(start, end, step), RequestError);
});

test('buckets are powers of two, quantiles lie between them', () => {
  assert.deepEqual(
    [0n, 1n, 2n, 3n, 4n, 5n, 1n << 62n].map((value) => log2Exponent(value)),
    [undefined, undefined, 1, 2, 2, 3, 62],
  );
  const buckets = [
    { max: 2, count: 2 },
    { max: 8, count: 2 },
  ];
  assert.equal(log2Quantile(0.5, buckets), 2);
  assert.equal(log2Quantile(0.75, buckets), 4);
  assert.equal(log2Quantile(1, buckets), 8);
  assert.equal(log2Quantile(0, buckets), Math.SQRT2);
  assert.equal(log2Quantile(0.5, []), 0);
});

type Observed = readonly [group: readonly Value[], atS: number, value?: Value];

const text = (value: string): Value => ({ type: 'string', value });
const int = (value: number): Value => ({ type: 'int', value: BigInt(value) });
const ns = (value: number): Value => ({ type: 'duration', value: BigInt(value) });

/** The aggregate of a query over spans that are said in short. */
function series(query: string, spans: readonly Observed[]): readonly string[] {
  const into = new Accumulator({ ...aggregateOf(query), steps: STEPS, seriesMax: 100 });
  for (const [group, atS, value] of spans) into.observe(group, stepOf(STEPS, BigInt(atS) * S), value);
  return into.series().map(printed);
}

function aggregateOf(query: string): { readonly aggregate: RangeAggregate; readonly labels: readonly string[] } {
  const { root } = parseTraceql(`{ } | ${query}`);
  assert.ok(root.type === 'metrics' && root.first.type === 'rangeAggregate');
  return { aggregate: root.first, labels: root.first.by.map(printField) };
}

function printed({ labels, values }: TraceSeries): string {
  return `${labels.map(([name, value]) => `${name}=${value.type === 'nil' ? 'nil' : String(value.value)}`).join(' ')}: ${[...values].join(' ')}`;
}

test('aggregates', () => {
  const [a, b, none] = [[text('a')], [text('b')], [NIL]];
  assert.deepEqual(series('rate()', []), ['__name__=rate: 0 0 0']);
  assert.deepEqual(series('min_over_time(duration)', []), []);
  assert.deepEqual(
    series('count_over_time() by (.x)', [
      [a, 1],
      [a, 1],
      [b, 3],
      [none, 2],
      [a, 4],
    ]),
    ['.x=a: 2 0 0', '.x=b: 0 0 1', '.x=nil: 0 1 0'],
  );
  assert.deepEqual(series('rate() by (.x, .y)', [[[NIL, text('a')], 1]]), ['.y=a: 1 0 0']);
  assert.deepEqual(
    series('max_over_time(duration) by (.x)', [
      [a, 1, ns(5e8)],
      [a, 1, ns(25e8)],
      [a, 2, NIL],
    ]),
    ['.x=a: 2.5 NaN NaN'],
  );
  // Only the span's own duration is in seconds.
  assert.deepEqual(series('max_over_time(traceDuration)', [[[], 1, ns(5)]]), ['__name__=max_over_time: 5 NaN NaN']);
  assert.deepEqual(
    series('avg_over_time(.n)', [
      [[], 1, int(1)],
      [[], 1, int(4)],
      [[], 1, text('4')],
      [[], 3, { type: 'float', value: 0.5 }],
    ]),
    ['__name__=avg_over_time: 2.5 NaN 0.5'],
  );
  assert.deepEqual(
    series('sum_over_time(.n) by (.x)', [
      [a, 1, int(1)],
      [a, 1, int(-4)],
      [b, 1, NIL],
    ]),
    ['.x=a: -3 NaN NaN'],
  );
  assert.deepEqual(
    series('histogram_over_time(.n)', [
      [[], 1, int(3)],
      [[], 2, int(4)],
      [[], 2, int(1)],
      [[], 2, int(5)],
    ]),
    ['__bucket=4: 1 1 0', '__bucket=8: 0 1 0'],
  );
  assert.deepEqual(
    series('quantile_over_time(duration, .5, 1) by (.x)', [
      [a, 1, ns(3)],
      [a, 1, ns(4)],
      [a, 3, ns(1024)],
    ]),
    ['.x=a p=0.5: 2.828427124746187e-9 0 0.000001024', '.x=a p=1: 4e-9 0 0.000001024'],
  );
});

test('spans and counts of spans come to the same', () => {
  const { aggregate, labels } = aggregateOf('avg_over_time(.n)');
  const into = new Accumulator({ aggregate, labels, steps: STEPS, seriesMax: 1 });
  into.observe([], 0, int(3));
  into.merge([], 0, { count: 3, sum: 9 });
  assert.deepEqual(into.series().map(printed), ['__name__=avg_over_time: 3 NaN NaN']);
  const grouped = aggregateOf('rate() by (.x)');
  const few = new Accumulator({ ...grouped, steps: STEPS, seriesMax: 1 });
  few.observe([text('a')], 0);
  assert.throws(() => few.observe([text('b')], 0), /limits\.query\.seriesMax/);
});

/** Series for the pipelines of an expression, from left to right: `a` is `{ .x="a" }`, an empty name one that has only `__name__`. */
function evaluated(text: string, ...answers: readonly Readonly<Record<string, readonly number[]>>[]): readonly string[] {
  const { root } = parseTraceql(text);
  assert.ok(root.type !== 'pipeline');
  const known = pipelinesOf(root).map((pipeline, i) => {
    const made = Object.entries(answers[i] ?? {}).map(([name, values]): TraceSeries => {
      const fn = pipeline.first.type === 'compare' ? 'compare' : pipeline.first.fn;
      const label =
        name === '' ? (['__name__', { type: 'string', value: fn }] as const) : (['.x', { type: 'string', value: name }] as const);
      return { labels: [label], values: Float64Array.from(values), exemplars: [] };
    });
    return [pipeline, made] as const;
  });
  return evaluateExpression(root, new Map(known)).map(printed);
}

test('second stages', () => {
  const five = { a: [1, 5], b: [2, 5], c: [3, 5], d: [NaN, 1] };
  // Of equal values the alphabetically first are the greatest.
  assert.deepEqual(evaluated('{ } | rate() by (.x) | topk(2)', five), ['.x=a: NaN 5', '.x=b: 2 5', '.x=c: 3 NaN']);
  assert.deepEqual(evaluated('{ } | rate() by (.x) | bottomk(2)', five), ['.x=a: 1 NaN', '.x=b: 2 NaN', '.x=c: NaN 5', '.x=d: NaN 1']);
  assert.deepEqual(evaluated('{ } | rate() by (.x) | topk(9)', five).length, 4);
  assert.deepEqual(evaluated('{ } | rate() by (.x) >= 3 | topk(1)', five), ['.x=a: NaN 5', '.x=c: 3 NaN']);
});

test('arithmetic', () => {
  assert.deepEqual(evaluated('({ } | rate()) / ({ } | count_over_time())', { '': [1, 1] }, { '': [4, 0] }), [
    '__name__=(rate / count_over_time): 0.25 NaN',
  ]);
  // One without labels serves all others; what has no match is left out.
  assert.deepEqual(evaluated('({ } | rate() by (.x)) - ({ } | rate())', { a: [3], b: [NaN] }, { '': [1] }), ['.x=a: 2', '.x=b: NaN']);
  assert.deepEqual(evaluated('({ } | rate() by (.x)) + ({ } | rate() by (.x))', { a: [3], b: [1] }, { a: [1], c: [1] }), ['.x=a: 4']);
  assert.deepEqual(evaluated('10 / (({ } | rate()) * 2) > 1', { '': [2, 0, 10] }), ['__name__=rate: 2.5 NaN NaN']);
  assert.deepEqual(evaluated('({ } | rate()) + 1.0 / 0', { '': [2] }), ['__name__=rate: Infinity']);
});

test('what tells a selection from the rest', () => {
  const comparison = new Comparison(1, 2);
  comparison.count('selection', 'name', { value: text('a'), step: 0, count: 2 });
  comparison.count('selection', 'name', { value: text('b'), step: 1, count: 1 });
  comparison.count('baseline', 'name', { value: text('b'), step: 1, count: 1 });
  comparison.count('baseline', 'duration', { value: ns(1), step: 1, count: 1 });
  assert.deepEqual(comparison.series().map(printed), [
    '__meta_type=baseline name=b: 0 1',
    '__meta_type=selection name=a: 2 0',
    '__meta_type=baseline_total name=nil: 0 1',
    '__meta_type=selection_total name=nil: 2 1',
    '__meta_error=__too_many_values__ name=nil: 0 0',
  ]);
});

test('exemplars are few, of different traces, spread over the range', () => {
  const choice = new ExemplarChoice(6, STEPS);
  const taken = [0, 1, 2, 3, 1000, 2999, 2999, 2999].map((tsMs, i) => choice.take(`trace ${i}`, tsMs));
  assert.deepEqual(taken, [true, true, false, false, true, true, true, false]);
  assert.equal(choice.take('trace 0', 1500), false);
  assert.equal(choice.take('another', 1500), true);
  assert.ok(choice.isFull);
  const values = Float64Array.of(7, NaN, 9);
  const exemplars = [2500, 500, 1500].map((tsMs) => ({ tsMs, value: tsMs === 500 ? 0.5 : NaN, traceId: 'x', attributes: [] }));
  const shown = withExemplarValues({ labels: [], values, exemplars }, STEPS).exemplars;
  assert.deepEqual(
    shown.map(({ tsMs, value }) => [tsMs, value]),
    [
      [500, 0.5],
      [2500, 9],
    ],
  );
});
