// Aggregations over series in lines of notation: what each operator makes of floats, gaps, NaN and histograms, and what it says about them.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { createAggregator } from './aggregate.ts';
import { Annotations } from '../steps/annotations.ts';
import type { Aggregate, Expr } from '../ast.ts';
import { unwrap } from '../steps/call-arguments.ts';
import { quantileOf } from './float-quantile.ts';
import { labelHash, xxHash64 } from './label-hash.ts';
import { parseExpr } from '../parse.ts';
import { getAt, putAt } from '../steps/step-series.ts';
import { printSeries, readSeries, type TestOptions, testCall } from '../steps/test-call.ts';

interface AggregateOptions extends TestOptions {
  /** The parameter at each step, for one that is no literal. */
  readonly param?: readonly number[];
}

/** The result of an aggregation in lines, then warnings and infos. */
function run(query: string, lines: readonly string[], { param, ...options }: AggregateOptions = {}): readonly string[] {
  const expr = parseExpr(query);
  assert(expr.kind === 'aggregate');
  const { evaluation: base, held } = testCall('vector(1)', [], options);
  const evaluation = { ...base, annotations: new Annotations(query) };
  const aggregator = createAggregator(expr, paramOf(expr, param, evaluation.steps.count), evaluation);
  for (const line of lines) aggregator.add(readSeries(line, evaluation));
  const results = aggregator.finish();
  assert.equal(held.samples, results.length * evaluation.steps.count, 'what is no result has been given back');
  const { annotations } = evaluation;
  return [...results.map(printSeries), ...annotations.lines('warning'), ...annotations.lines('info')];
}

function paramOf({ param }: Aggregate, given: readonly number[] | undefined, steps: number): Float64Array | string | undefined {
  if (param === undefined) return undefined;
  const literal = unwrap(param);
  if (literal.kind === 'string') return literal.value;
  const values = given ?? [numberOf(literal)];
  return Float64Array.from({ length: steps }, (_, step) => values[step % values.length] ?? Number.NaN);
}

function numberOf(expr: Expr): number {
  if (expr.kind === 'number') return expr.value;
  assert(expr.kind === 'unary');
  return expr.op === '-' ? -numberOf(expr.inner) : numberOf(expr.inner);
}

const FOUR = ['x{a="1", b="p"} 1 2 _ NaN 5', 'x{a="1", b="q"} 3 _ _ 4 -1', 'y{a="2", b="p"} 10 20 30 40 Inf', 'x{b="p"} _ _ _ _ 7'];
const HISTOGRAM = '{{schema:0 sum:3 count:3 buckets:[1 2]}}';
const RESET = '{{schema:0 sum:3 count:3 buckets:[1 2] counter_reset_hint:reset}}';
const NO_RESET = '{{schema:0 sum:3 count:3 buckets:[1 2] counter_reset_hint:not_reset}}';
const CUSTOM = '{{schema:-53 sum:3 count:3 custom_values:[1 2] buckets:[1 2]}}';
const OTHER_CUSTOM = '{{schema:-53 sum:3 count:3 custom_values:[2] buckets:[3]}}';

/** `[query, series, result and annotations]` */
const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['sum(x)', FOUR, ['{} 14 22 30 NaN +Inf']],
  ['sum by (a) (x)', FOUR, ['{a="1"} 4 2 _ NaN 4', '{a="2"} 10 20 30 40 +Inf', '{} _ _ _ _ 7']],
  ['sum by (b, a, none) (x)', FOUR, FOUR.map((line) => line.replace(/^[xy]/, '').replace('Inf', '+Inf'))],
  ['sum by (__name__) (x)', FOUR, ['x 4 2 _ NaN 11', 'y 10 20 30 40 +Inf']],
  ['sum without (b) (x)', FOUR, ['{a="1"} 4 2 _ NaN 4', '{a="2"} 10 20 30 40 +Inf', '{} _ _ _ _ 7']],
  ['sum without () (x)', ['x{a="1"} 1', 'y{a="1"} 2'], ['{a="1"} 3 _ _ _ _']],
  ['sum(x)', [], []],
  ['sum(x)', ['x _ _'], []],
  ['sum(x)', ['x{a="1"} 1e100', 'x{a="2"} 1', 'x{a="3"} -1e100'], ['{} 1 _ _ _ _']], // what a plain sum loses
  ['sum(x)', ['x{a="1"} Inf -Inf Inf', 'x{a="2"} 1 1 -Inf', 'x{a="3"} 1e308 1 1'], ['{} +Inf -Inf NaN _ _']],
  ['sum(x)', ['x{a="1"} 1e308', 'x{a="2"} 1e308', 'x{a="3"} -1e308'], ['{} +Inf _ _ _ _']],
  ['avg(x)', FOUR, ['{} 4.666666666666667 11 30 NaN +Inf']],
  ['avg(x)', ['x{a="1"} 1e308', 'x{a="2"} 1e308', 'x{a="3"} 1e308'], ['{} 1e+308 _ _ _ _']], // the mean goes on where the sum overflows
  ['avg(x)', ['x{a="1"} Inf Inf NaN', 'x{a="2"} Inf -Inf 1', 'x{a="3"} 1 1 Inf'], ['{} +Inf NaN NaN _ _']],
  ['count(x)', FOUR, ['{} 3 2 1 3 4']],
  ['count(x)', [`x{a="1"} 1 ${HISTOGRAM}`, 'x{a="2"} 1 1'], ['{} 2 2 _ _ _']],
  ['group by (a) (x)', FOUR, ['{a="1"} 1 1 _ 1 1', '{a="2"} 1 1 1 1 1', '{} _ _ _ _ 1']],
  ['min(x)', FOUR, ['{} 1 2 30 4 -1']],
  ['max(x)', FOUR, ['{} 10 20 30 40 +Inf']],
  ['max(x)', ['x{a="1"} NaN NaN', 'x{a="2"} NaN -Inf'], ['{} NaN -Inf _ _ _']],
  ['max(((x)))', [`x{a="1"} 1 ${HISTOGRAM}`], ['{} 1 _ _ _ _', 'PromQL info: ignored histogram in max aggregation (1:7)']],
  ['stdvar(x)', ['x{a="1"} 1 NaN 1 5', 'x{a="2"} 3 1 Inf _'], ['{} 1 NaN NaN 0 _']],
  [
    'stddev(x)',
    ['x{a="1"} 1 4', 'x{a="2"} 3 8', `x{a="3"} ${HISTOGRAM} _`],
    ['{} 1 2 _ _ _', 'PromQL info: ignored histogram in stddev aggregation (1:8)'],
  ],
  ['sum(x)', [`x{a="1"} ${HISTOGRAM} ${HISTOGRAM}`, `x{a="2"} ${HISTOGRAM} _`], ['{} h6 h3 _ _ _']],
  ['avg(x)', [`x{a="1"} ${HISTOGRAM} ${HISTOGRAM}`, `x{a="2"} ${HISTOGRAM} _`, 'x{a="3"} _ _ 4'], ['{} h3 h3 4 _ _']],
  [
    'sum((x))',
    ['x{a="1"} 1 2', `x{a="2"} ${HISTOGRAM} _`],
    ['{} _ 2 _ _ _', 'PromQL warning: encountered a mix of histograms and floats for aggregation (1:6)'],
  ],
  [
    'avg(x)',
    [`x{a="1"} ${HISTOGRAM}`, `x{a="2"} ${CUSTOM}`, 'x{a="3"} 4'],
    ['PromQL warning: vector contains a mix of histograms with exponential and custom buckets schemas for metric name "x" (1:5)'],
  ],
  [
    'sum(x)',
    [`x{a="1"} ${RESET}`, `x{a="2"} ${NO_RESET}`],
    ['{} h6 _ _ _ _', 'PromQL warning: conflicting counter resets during histogram aggregation (1:5)'],
  ],
  [
    'sum(x)',
    [`x{a="1"} ${CUSTOM}`, `x{a="2"} ${OTHER_CUSTOM}`],
    ['{} h6 _ _ _ _', 'PromQL info: mismatched custom buckets were reconciled during aggregation (1:5)'],
  ],
  ['topk(2, x)', ['a 1 5 NaN', 'b 2 4 NaN', 'c 3 3 1', 'd NaN 2 _'], ['a _ 5 NaN _ _', 'b 2 4 _ _ _', 'c 3 _ 1 _ _']],
  ['bottomk(1, x)', ['a 1 5 NaN', 'b 2 4 NaN', 'c 3 3 1', 'd NaN 2 _'], ['a 1 _ _ _ _', 'd _ 2 _ _ _', 'c _ _ 1 _ _']],
  [
    'topk by (a) (1, x)',
    FOUR,
    [
      FOUR[0]?.replace(' NaN', ' _').replace('1 2', '_ 2') ?? '',
      'x{a="1", b="q"} 3 _ _ 4 _',
      ...FOUR.slice(2).map((line) => line.replace('Inf', '+Inf')),
    ],
  ],
  ['topk(1, x)', ['a 1', `b ${HISTOGRAM}`], ['a 1 _ _ _ _', 'PromQL info: ignored histogram in topk aggregation (1:1)']],
  ['topk(0, x)', ['a 1'], []],
  ['topk(9000000000, x)', ['a 1', 'b 2'], ['a 1 _ _ _ _', 'b 2 _ _ _ _']],
  ['limitk(2, x)', ['a 1 _ 1', 'b 2 2 2', 'c 3 3 _', 'd 4 4 4'], ['a 1 _ 1 _ _', 'b 2 2 2 _ _', 'c _ 3 _ _ _']],
  [
    'limitk by (a) (1, x)',
    [`x{a="1", b="1"} ${HISTOGRAM}`, 'x{a="1", b="2"} 1', 'x{a="2"} 1'],
    ['x{a="1", b="1"} h3 _ _ _ _', 'x{a="2"} 1 _ _ _ _'],
  ],
  ['limit_ratio(1, x)', ['a 1', 'b 2'], ['a 1 _ _ _ _', 'b 2 _ _ _ _']],
  ['limit_ratio(0, x)', ['a 1', 'b 2'], []],
  [
    'limit_ratio(-1.5, x)',
    ['a 1'],
    ['a 1 _ _ _ _', 'PromQL warning: ratio value should be between -1 and 1, got -1.5, capping to -1 (1:13)'],
  ],
  ['quantile(0.5, x)', ['a 1 1 NaN', 'b 4 2 1', 'c 9 _ _'], ['{} 4 1.5 NaN _ _']],
  ['quantile(1, x)', ['a 1', `b ${HISTOGRAM}`], ['{} 1 _ _ _ _', 'PromQL info: ignored histogram in quantile aggregation (1:13)']],
  ['quantile((2), x)', ['a 1'], ['{} +Inf _ _ _ _', 'PromQL warning: quantile value should be between 0 and 1, got 2 (1:11)']],
  ['quantile(-0.1, x)', ['a 1'], ['{} -Inf _ _ _ _', 'PromQL warning: quantile value should be between 0 and 1, got -0.1 (1:10)']],
  [
    'count_values("v", x)',
    ['a 1 2', 'b 1 1', 'c 1e21 -0', 'd 0 0'],
    ['{v="1"} 2 1 _ _ _', '{v="2"} _ 1 _ _ _', '{v="1000000000000000000000"} 1 _ _ _ _', '{v="-0"} _ 1 _ _ _', '{v="0"} 1 1 _ _ _'],
  ],
  [
    'count_values by (a) ("a", x)',
    FOUR.slice(0, 2),
    [
      '{a="1"} 1 _ _ _ _',
      '{a="2"} _ 1 _ _ _',
      '{a="NaN"} _ _ _ 1 _',
      '{a="5"} _ _ _ _ 1',
      '{a="3"} 1 _ _ _ _',
      '{a="4"} _ _ _ 1 _',
      '{a="-1"} _ _ _ _ 1',
    ],
  ],
  ['count_values without (v, b) ("v", x)', ['x{a="1", b="1"} 1', 'x{a="1", b="2"} 2'], ['{a="1"} 2 _ _ _ _']],
  ['count_values("v", x)', [`x ${HISTOGRAM}`], ['{v="{count:3, sum:3, (0.5,1]:1, (1,2]:2}"} 1 _ _ _ _']],
  ['count_values("v", x)', [`x ${CUSTOM}`], ['{v="{count:3, sum:3, [-Inf,1]:1, (1,2]:2}"} 1 _ _ _ _']],
];

for (const [query, lines, expected] of cases) {
  test(`${query} of ${lines.join(' | ')}`, () => assert.deepEqual(run(query, lines), expected));
}

test('the result of an instant query is sorted by value', () => {
  const lines = ['a 1', 'b 3', 'c NaN', 'd 2'];
  assert.deepEqual(run('topk(4, x)', lines, { steps: 1 }), ['b 3', 'd 2', 'a 1', 'c NaN']);
  assert.deepEqual(run('bottomk(4, x)', lines, { steps: 1 }), ['a 1', 'd 2', 'b 3', 'c NaN']);
  assert.deepEqual(run('topk(2, x)', ['a 1', 'b 1', 'c 1'], { steps: 1 }), ['a 1', 'b 1']);
});

test('parameters may differ from step to step', () => {
  const lines = ['a 1x4', 'b 2x4', 'c 3x4'];
  assert.deepEqual(run('topk(scalar(k), x)', lines, { param: [0, 1, 2, 3, 9] }), ['a _ _ _ 1 1', 'b _ _ 2 2 2', 'c _ 3 3 3 3']);
  assert.deepEqual(run('quantile(scalar(q), x)', lines, { param: [0, 0.5, 1, 0.25, 0.75] }), ['{} 1 2 3 1.5 2.5']);
});

/** `[query, message]` */
const refused: readonly (readonly [string, RegExp])[] = [
  ['topk(NaN, x)', /^Parameter value is NaN$/],
  ['limitk(NaN, x)', /^Parameter value is NaN$/],
  ['limit_ratio(NaN, x)', /^Ratio value is NaN$/],
  ['topk(1e19, x)', /^Scalar value 1e\+19 overflows int64$/],
  ['bottomk(Inf, x)', /^Scalar value \+Inf overflows int64$/],
  ['count_values("", x)', /^invalid label name ""$/],
  [String.raw`count_values("v\xe4", x)`, /^invalid label name "v\\xe4"$/],
];
for (const [query, message] of refused) {
  test(`${query} is refused`, () => assert.throws(() => run(query, []), { code: 'execution', message }));
}
test('topk refuses an underflow at one step', () => {
  assert.throws(() => run('topk(scalar(k), x)', [], { param: [1, -1e30] }), { message: 'Scalar value -1e+30 underflows int64' });
});

test('names to be dropped at the end are a property of the group', () => {
  const { evaluation } = testCall('vector(1)', [], { steps: 1, delayedNameRemoval: true });
  const expr = parseExpr('sum by (__name__) (x)');
  assert(expr.kind === 'aggregate');
  const aggregator = createAggregator(expr, undefined, evaluation);
  for (const line of ['x{a="1"} 1', 'y{a="1"} 2']) aggregator.add({ ...readSeries(line, evaluation), dropName: line.startsWith('x') });
  assert.deepEqual(aggregator.finish().map(printSeries), ['~x 1', 'y 2']);
});

test('the label hash is XXH64 over lengths and texts', () => {
  const hex = (text: string): string => xxHash64(new TextEncoder().encode(text)).toString(16).padStart(16, '0');
  assert.equal(hex(''), 'ef46db3751d8e999'); // published vectors of xxHash
  assert.equal(hex('a'), 'd24ec4f1a98c6e5b');
  assert.equal(hex('abc'), '44bc2cf5ad770999');
  assert.equal(hex('Nobody inspects the spammish repetition'), 'fbcea83c8a378bf1');
  assert.equal(labelHash(['a', 'b']), xxHash64(Uint8Array.of(1, 97, 1, 98)));
  const long = 'x'.repeat(300);
  assert.equal(labelHash(['a', long]), xxHash64(Uint8Array.from([1, 97, 255, 44, 1, 0, ...new TextEncoder().encode(long)])));
});

test('limit_ratio and its complement share the series between them', () => {
  const lines = Array.from({ length: 200 }, (_, i) => `x{i="${i}"} 1`);
  const some = run('limit_ratio(0.3, x)', lines, { steps: 1 });
  const rest = run('limit_ratio(-0.7, x)', lines, { steps: 1 });
  assert.deepEqual([...some, ...rest].sort(), run('limit_ratio(1, x)', lines, { steps: 1 }).toSorted());
  assert.ok(some.length > 30 && some.length < 90, `${some.length} of 200`);
});

test('a quantile by selection is the quantile by sorting', () => {
  const value = fc.oneof({ weight: 5, arbitrary: fc.integer({ min: -5, max: 5 }) }, fc.double(), fc.constant(Number.NaN));
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.array(value, { minLength: 1, maxLength: 60 }), (q, values) => {
      const nans = values.filter(Number.isNaN);
      const sorted = [...nans, ...Float64Array.from(values.filter((one) => !Number.isNaN(one))).sort()];
      const rank = q * (sorted.length - 1);
      const low = Math.floor(rank);
      const high = Math.min(sorted.length - 1, low + 1);
      const expected = (sorted[low] ?? 0) * (1 - (rank - low)) + (sorted[high] ?? 0) * (rank - low);
      assert.deepEqual(quantileOf(q, Float64Array.from(values)), expected);
    }),
    { numRuns: 1000 },
  );
});

test('topk of many series is what sorting gives', () => {
  const row = fc.array(fc.option(fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constant(Number.NaN)), { nil: undefined }), {
    minLength: 5,
    maxLength: 5,
  });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 30 }), fc.integer({ min: 1, max: 6 }), fc.boolean(), (rows, k, top) => {
      const lines = rows.map((values, i) => `x{i="${i}"} ${values.map((value) => value ?? '_').join(' ')}`);
      const got = run(`${top ? 'topk' : 'bottomk'}(${k}, x)`, lines).map((line) => line.split('} ')[1]?.split(' ') ?? []);
      for (let step = 0; step < 5; step++) {
        const order = (a: number, b: number): number => (top ? b - a : a - b) || 0;
        const floats = rows.flatMap((values) => values[step] ?? []);
        const sorted = [...floats.filter((value) => !Number.isNaN(value)).sort(order), ...floats.filter(Number.isNaN)];
        const shown = got.flatMap((values) => (values[step] === '_' ? [] : [Number(values[step])]));
        const shownSorted = [...shown.filter((value) => !Number.isNaN(value)).sort(order), ...shown.filter(Number.isNaN)];
        assert.deepEqual(shownSorted, sorted.slice(0, k));
      }
    }),
    { numRuns: 300 },
  );
});

// ── against folds of one step's values, one after another ──

function neumaier(sum: number, error: number, value: number): readonly [number, number] {
  const total = sum + value;
  if (total === Infinity || total === -Infinity) return [total, 0];
  return [total, error + (Math.abs(sum) >= Math.abs(value) ? sum - total + value : value - total + sum)];
}

function plainSum([first = 0, ...rest]: readonly number[]): number {
  let [sum, error] = [first, 0];
  for (const value of rest) [sum, error] = neumaier(sum, error, value);
  return sum + error;
}

function plainAverage([first = 0, ...rest]: readonly number[]): number {
  let [sum, error, mean, count] = [first, 0, first, 1];
  let incremental = false;
  for (const value of rest) {
    count++;
    if (!incremental) {
      const [nextSum, nextError] = neumaier(sum, error, value);
      if (nextSum !== Infinity && nextSum !== -Infinity) {
        [sum, error] = [nextSum, nextError];
        continue;
      }
      incremental = true;
      mean = sum / (count - 1);
      error /= count - 1;
    }
    const weight = (count - 1) / count;
    [mean, error] = neumaier(weight * mean, weight * error, value / count);
  }
  return incremental ? mean + error : sum / count + error / count;
}

const PLAIN: Readonly<Record<string, (values: readonly number[]) => number>> = {
  sum: plainSum,
  avg: plainAverage,
  count: ({ length }) => length,
  group: () => 1,
  min: (values) => values.reduce((least, value) => (value < least || Number.isNaN(least) ? value : least)),
  max: (values) => values.reduce((greatest, value) => (value > greatest || Number.isNaN(greatest) ? value : greatest)),
};

test('columns give what folding the values of each step gives', () => {
  const value = fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: -9, max: 9 }) },
    { weight: 3, arbitrary: fc.double() },
    fc.constantFrom(Number.NaN, Infinity, -Infinity, 1e308, -1e308, 1e100, -1e100),
  );
  const row = fc.oneof(
    fc.array(value, { minLength: 3, maxLength: 3 }),
    fc.array(fc.option(value, { nil: undefined }), { minLength: 3, maxLength: 3 }),
  );
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(PLAIN)), fc.array(row, { minLength: 1, maxLength: 8 }), (op, rows) => {
      const { evaluation } = testCall('vector(1)', [], { steps: 3 });
      const expr = parseExpr(`${op}(x)`);
      assert(expr.kind === 'aggregate');
      const aggregator = createAggregator(expr, undefined, evaluation);
      for (const values of rows) {
        const series = evaluation.arrays.take([]);
        for (const [step, one] of values.entries()) putAt(series, step, one);
        aggregator.add(series);
      }
      const [result] = aggregator.finish();
      for (let step = 0; step < 3; step++) {
        const floats = rows.flatMap((values) => values[step] ?? []);
        const got = result === undefined ? undefined : getAt(result, step);
        assert.deepEqual(got, floats.length === 0 ? undefined : PLAIN[op]?.(floats));
      }
    }),
    { numRuns: 3000 },
  );
});
