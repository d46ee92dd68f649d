// Binary operators over series in lines of notation; and a plain evaluation step by step, with which the one by columns has to agree.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { RequestError } from '../../../base/request-error.ts';
import { labelsKey } from '../../../query/labels.ts';
import { Annotations } from '../steps/annotations.ts';
import type { Binary } from '../ast.ts';
import { binaryScalars, binaryVectorScalar, binaryVectors, negate } from './binary.ts';
import type { Evaluation } from '../steps/evaluation.ts';
import { mergeSameLabels } from '../steps/merge-series.ts';
import { parseExpr } from '../parse.ts';
import { getAt, putAt, type StepSeries } from '../steps/step-series.ts';
import { combineStep, type Sample } from './test-binary-step.ts';
import { printSeries, readSeries, type TestOptions, testCall } from '../steps/test-call.ts';

function binaryOf(query: string): Binary {
  const expr = parseExpr(query);
  assert(expr.kind === 'binary');
  return expr;
}

function evaluationOf(query: string, options: TestOptions = {}): { readonly evaluation: Evaluation; readonly held: { samples: number } } {
  const { evaluation, held } = testCall('vector(1)', [], options);
  return { evaluation: { ...evaluation, annotations: new Annotations(query) }, held };
}

function told({ annotations }: Evaluation): readonly string[] {
  return [...annotations.lines('warning'), ...annotations.lines('info')];
}

/** The result of an operator between two vectors in lines, then warnings and infos. */
function vectors(query: string, left: readonly string[], right: readonly string[], options?: TestOptions): readonly string[] {
  const { evaluation, held } = evaluationOf(query, options);
  const [many, one] = [left, right].map((lines) => lines.map((line) => readSeries(line, evaluation)));
  const results = binaryVectors(binaryOf(query), many ?? [], one ?? [], evaluation);
  assert.equal(held.samples, results.length * evaluation.steps.count, 'what is no result has been given back');
  return [...results.map(printSeries), ...told(evaluation)];
}

/** The same for a vector and a scalar, which is the number in the query. */
function withScalar(query: string, lines: readonly string[], options?: TestOptions): readonly string[] {
  const { evaluation, held } = evaluationOf(query, options);
  const expr = binaryOf(query);
  const side = expr.left.kind === 'number' ? 'left' : 'right';
  const scalar = side === 'left' ? expr.left : expr.right;
  assert(scalar.kind === 'number');
  const values = new Float64Array(evaluation.steps.count).fill(scalar.value);
  const results = lines.flatMap((line) => binaryVectorScalar(expr, readSeries(line, evaluation), { values, side }, evaluation) ?? []);
  assert.equal(held.samples, results.length * evaluation.steps.count, 'what is no result has been given back');
  return [...results.map(printSeries), ...told(evaluation)];
}

test('scalars are combined as Go does', () => {
  const scalars = (op: string, left: number, right: number): number | undefined =>
    binaryScalars(binaryOf(`1 ${op} 1`), Float64Array.of(left), Float64Array.of(right))[0];
  const cases: readonly (readonly [string, number, number, number])[] = [
    ['+', 1, 2, 3],
    ['-', 1, 2, -1],
    ['*', 3, 2, 6],
    ['/', 1, 0, Infinity],
    ['%', -7, 3, -1],
    ['%', 7, -3, 1],
    ['%', 7, 0, NaN],
    ['%', 5, Infinity, 5],
    ['%', Infinity, 5, NaN],
    ['^', 2, 10, 1024],
    ['^', 1, NaN, 1],
    ['^', 1, Infinity, 1],
    ['^', -1, -Infinity, 1],
    ['^', NaN, 0, 1],
    ['^', -8, 1 / 3, NaN],
    ['atan2', 1, -1, (3 * Math.PI) / 4],
    ['== bool', NaN, NaN, 0],
    ['!= bool', NaN, NaN, 1],
    ['>= bool', 2, 2, 1],
    ['> bool', 2, 2, 0],
    ['<= bool', 2, NaN, 0],
    ['< bool', 1, 2, 1],
  ];
  for (const [op, left, right, expected] of cases) assert.equal(scalars(op, left, right), expected, `${left} ${op} ${right}`);
});

const H = '{{schema:0 sum:3 count:3 buckets:[1 2]}}';
const H2 = '{{schema:0 sum:6 count:6 buckets:[2 4]}}';
const CUSTOM = '{{schema:-53 sum:3 count:3 custom_values:[1 2] buckets:[1 2]}}';
const INCOMPATIBLE = 'PromQL info: incompatible sample types encountered for binary operator';

/** `[query, series, result and annotations]` */
const scalarCases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['x + 1', ['x{a="1"} 1 _ 3'], ['{a="1"} 2 _ 4 _ _']],
  ['1 - x', ['x{a="1"} 1 _ 3'], ['{a="1"} 0 _ -2 _ _']],
  ['2 ^ x', ['x 1 2 3'], ['{} 2 4 8 _ _']],
  ['x > 1', ['x{a="1"} 1 _ 3', 'x{a="2"} 0 0'], ['x{a="1"} _ _ 3 _ _']],
  ['1 < x', ['x{a="1"} 1 _ 3'], ['x{a="1"} _ _ 3 _ _']],
  ['x > bool 1', ['x{a="1"} 1 _ 3'], ['{a="1"} 0 _ 1 _ _']],
  ['x == 1', [`x 1 ${H} 1`], ['x 1 _ 1 _ _', `${INCOMPATIBLE} "==": histogram == float (1:1)`]],
  ['x != bool 1', [`x 1 ${H} 2`], ['{} 0 _ 1 _ _', `${INCOMPATIBLE} "!=": histogram != float (1:1)`]],
  ['2 == x', [`x ${H}`], [`${INCOMPATIBLE} "==": float == histogram (1:1)`]],
  ['x * 2', [`x 1 ${H}`], ['{} 2 h6 _ _ _']],
  ['2 * x', [`x 1 ${H}`], ['{} 2 h6 _ _ _']],
  ['x / 2', [`x 1 ${H2}`], ['{} 0.5 h3 _ _ _']],
  ['2 / x', [`x 1 ${H2}`], ['{} 2 _ _ _ _', `${INCOMPATIBLE} "/": float / histogram (1:1)`]],
  ['x </ 1', [`x 1 ${H}`], ['x _ h1 _ _ _', `${INCOMPATIBLE} "</": float </ float (1:1)`]],
  ['x >/ 1', [`x ${H}`], ['x h2 _ _ _ _']],
  ['1 >/ x', [`x ${H}`], [`${INCOMPATIBLE} ">/": float >/ histogram (1:1)`]],
  ['x </ 1', ['x _ _'], []],
];
for (const [query, lines, expected] of scalarCases) {
  test(`${query} of ${lines.join(' | ')}`, () => assert.deepEqual(withScalar(query, lines), expected));
}

test('names are dropped at the end where that is set', () => {
  const late = { delayedNameRemoval: true };
  assert.deepEqual(withScalar('x + 1', ['x 1'], late), ['~x 2 _ _ _ _']);
  assert.deepEqual(withScalar('x > bool 1', ['x 1'], late), ['~x 0 _ _ _ _']);
  assert.deepEqual(withScalar('x > 0', ['x 1'], late), ['x 1 _ _ _ _']);
  assert.deepEqual(vectors('x > bool y', ['x 1'], ['y 2'], late), ['~x 0 _ _ _ _']);
  assert.deepEqual(vectors('x + y', ['x 1'], ['y 2'], late), ['{} 3 _ _ _ _']);
  const { evaluation } = evaluationOf('-x', late);
  assert.equal(printSeries(negate(readSeries(`x 1 ${H}`, evaluation), evaluation)), '~x -1 h-3 _ _ _');
});

test('a series is negated', () => {
  const { evaluation } = evaluationOf('-x');
  assert.equal(printSeries(negate(readSeries(`x{a="1"} 1 _ ${H}`, evaluation), evaluation)), '{a="1"} -1 _ h-3 _ _');
});

/** `[query, left, right, result and annotations]` */
const vectorCases: readonly (readonly [string, readonly string[], readonly string[], readonly string[]])[] = [
  ['x + y', ['x{a="1"} 1 2 _', 'x{a="2"} 1'], ['y{a="1"} 10 _ 30'], ['{a="1"} 11 _ _ _ _']],
  ['x > y', ['x{a="1"} 1 2 3'], ['y{a="1"} 2 1 3'], ['x{a="1"} _ 2 _ _ _']],
  ['x > bool y', ['x{a="1"} 1 2 3'], ['y{a="1"} 2 1'], ['{a="1"} 0 1 _ _ _']],
  ['x / on(a) y', ['x{a="1", b="2"} 6'], ['y{a="1", c="3"} 3'], ['{a="1"} 2 _ _ _ _']],
  ['x > on(a) y', ['x{a="1", b="2"} 6'], ['y{a="1", c="3"} 3'], ['{a="1"} 6 _ _ _ _']],
  ['x - ignoring(b, c) y', ['x{a="1", b="2"} 6'], ['y{a="1", c="3"} 3'], ['{a="1"} 3 _ _ _ _']],
  ['x > ignoring(b, c) y', ['x{a="1", b="2"} 6'], ['y{a="1", c="3"} 3'], ['x{a="1"} 6 _ _ _ _']],
  ['x + on(a) y', ['x{a="1", b="1"} 1 _', 'x{a="1", b="2"} _ 2'], ['y{a="1"} 10 20'], ['{a="1"} 11 22 _ _ _']], // they take turns
  ['x + on(a) y', ['x{a="1"} 1 2'], ['y{a="1", b="1"} 10 _', 'y{a="1", b="2"} _ 20'], ['{a="1"} 11 22 _ _ _']],
  [
    'x * on(a) group_left y',
    ['x{a="1", b="1"} 1', 'x{a="1", b="2"} 2'],
    ['y{a="1"} 10'],
    ['{a="1", b="1"} 10 _ _ _ _', '{a="1", b="2"} 20 _ _ _ _'],
  ],
  ['x > on(a) group_right y', ['x{a="1"} 5'], ['y{a="1", b="1"} 1', 'y{a="1", b="2"} 9'], ['y{a="1", b="1"} 5 _ _ _ _']],
  [
    'x * on(a) group_left(c) y',
    ['x{a="1", c="0"} 1 2 3'],
    ['y{a="1", c="p"} 10 _', 'y{a="1"} _ 20'],
    ['{a="1", c="p"} 10 _ _ _ _', '{a="1"} _ 40 _ _ _'],
  ],
  [
    'x + fill(0) y',
    ['x{a="1"} 1 2', 'x{a="2"} 5'],
    ['y{a="1"} 10 _ 30', 'y{a="3"} 7'],
    ['{a="1"} 11 2 30 _ _', '{a="2"} 5 _ _ _ _', '{a="3"} 7 _ _ _ _'],
  ],
  ['x - fill_left(1) y', ['x{a="1"} 5'], ['y{a="1"} 1 2'], ['{a="1"} 4 -1 _ _ _']],
  ['x != fill_right(1) y', ['x{a="1"} 5 1'], [], ['x{a="1"} 5 _ _ _ _']],
  ['x and y', ['x{a="1"} 1 2', 'x{a="2"} 3'], ['y{a="1"} _ 5'], ['x{a="1"} _ 2 _ _ _']],
  ['x or y', ['x{a="1"} 1 _'], ['y{a="1"} 7 8', 'y{a="2"} 9'], ['x{a="1"} 1 _ _ _ _', 'y{a="1"} _ 8 _ _ _', 'y{a="2"} 9 _ _ _ _']],
  ['x or on(b) x', ['x{a="1"} 1 _ 3'], ['x{a="1"} 7 8 9'], ['x{a="1"} 1 8 3 _ _']],
  ['x unless on(a) y', ['x{a="1", b="1"} 1 2', 'x{a="2"} 3'], ['y{a="1"} _ 5'], ['x{a="1", b="1"} 1 _ _ _ _', 'x{a="2"} 3 _ _ _ _']],
  [
    'x + y',
    [`x ${H} ${H} 1`],
    [`y ${H2} 1 ${H}`],
    ['{} h9 _ _ _ _', `${INCOMPATIBLE} "+": histogram + float (1:1)`, `${INCOMPATIBLE} "+": float + histogram (1:1)`],
  ],
  ['x - y', [`x ${H2}`], [`y ${H}`], ['{} h3 _ _ _ _']],
  ['x == y', [`x ${H} ${H}`], [`y ${H} ${H2}`], ['x h3 _ _ _ _']],
  ['x != bool y', [`x ${H} ${H}`], [`y ${H} ${H2}`], ['{} 0 1 _ _ _']],
  ['x + y', [`x ${H}`], [`y ${CUSTOM}`], ['PromQL warning: incompatible bucket layout encountered for binary operator + (1:1)']],
  ['x >/ y', [`x ${H} 1`], ['y 1 1'], ['x h2 _ _ _ _', `${INCOMPATIBLE} ">/": float >/ float (1:1)`]],
];
for (const [query, left, right, expected] of vectorCases) {
  test(`${query} of ${left.join(' | ')} and ${right.join(' | ')}`, () => assert.deepEqual(vectors(query, left, right), expected));
}

/** `[query, left, right, message]` */
const refused: readonly (readonly [string, readonly string[], readonly string[], string])[] = [
  [
    'x + on(a) y',
    ['x{a="1"} _ 1'],
    ['y{a="1", c="2"} 1 1', 'y{a="1", c="1"} 1 1'],
    'found duplicate series for the match group {a="1"} on the right hand-side of the operation: [{__name__="y", a="1", c="1"}, {__name__="y", a="1", c="2"}];many-to-many matching not allowed: matching labels must be unique on one side',
  ],
  [
    'x + ignoring(c) group_right y',
    ['x{a="1", c="2"} 1', 'x{"a"="1", "c d"="1", c="1"} 1', 'x{a="1", c="1"} 1'],
    ['y{b="1"} 1'],
    'found duplicate series for the match group {a="1"} on the left hand-side of the operation: [{__name__="x", a="1", c="1"}, {__name__="x", a="1", c="2"}];many-to-many matching not allowed: matching labels must be unique on one side',
  ],
  [
    'x > on(a) y',
    ['x{a="1", b="1"} 1', 'x{a="1", b="2"} 1'],
    ['y{a="1"} 5'],
    'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)',
  ],
  [
    'x * on(a) group_left(b) y',
    ['x{a="1", b="1"} 1', 'x{a="1", b="2"} 1'],
    ['y{a="1", b="0"} 5'],
    'multiple matches for labels: grouping labels must ensure unique matches',
  ],
  ['x * ignoring(b) group_left(a) y', ['x{b="1"} 1', 'x{b="2"} 1'], ['y 5', 'y{b="1"} _ 1'], ''],
];
for (const [query, left, right, message] of refused) {
  if (message === '') test(`${query} is no error`, () => assert.equal(vectors(query, left, right).length, 2));
  else test(`${query} is refused`, () => assert.throws(() => vectors(query, left, right), { code: 'execution', message }));
}

test('two of one match group are no error at a step where nothing could match', () => {
  const both = ['y{a="1", c="2"} 1 _', 'y{a="1", c="1"} 1 1'];
  assert.deepEqual(vectors('x + on(a) y', ['x{a="1"} _ 1'], both), ['{a="1"} _ 2 _ _ _']);
  assert.throws(() => vectors('x + on(a) fill(0) y', ['x{a="1"} _ 1'], both), /found duplicate series/);
});

// ── against an evaluation step by step ──

const STEPS = 3;
const OPERATORS = ['+', '/', '>', '==', '!= bool', '< bool', 'and', 'or', 'unless'];
const MATCHINGS = ['', 'on()', 'on(a)', 'on(a, b)', 'on(__name__)', 'ignoring(b)', 'ignoring(a, b)'];
const GROUPINGS = ['', '', '', 'group_left', 'group_left(c)', 'group_right', 'group_right(c)'];
const FILLS = ['', '', '', 'fill(0)', 'fill_left(1)', 'fill_right(2)'];

const label = fc.option(fc.constantFrom('1', '2'), { nil: undefined });
const series = fc.record({
  labels: fc.record({ name: fc.constantFrom('x', 'y'), a: label, b: label, c: label }),
  values: fc.array(fc.constantFrom('_', '_', '1', '2', 'NaN', H), { minLength: STEPS, maxLength: STEPS }),
});
const side = fc
  .uniqueArray(series, { maxLength: 5, selector: ({ labels }) => JSON.stringify(labels) })
  .map((all) => all.map(({ labels, values }) => `${metric(labels)} ${values.join(' ')}`));

function metric({ name, ...labels }: Readonly<Record<string, string | undefined>>): string {
  const pairs = Object.entries(labels).flatMap(([key, value]) => (value === undefined ? [] : [`${key}="${value}"`]));
  return `${name ?? ''}{${pairs.join(', ')}}`;
}

const query = fc
  .tuple(fc.constantFrom(...OPERATORS), fc.constantFrom(...MATCHINGS), fc.constantFrom(...GROUPINGS), fc.constantFrom(...FILLS))
  .map(([op, matching, grouping, fill]) => {
    const set = ['and', 'or', 'unless'].includes(op);
    return `l ${op} ${matching} ${set || matching === '' ? '' : grouping} ${set ? '' : fill} r`;
  })
  .filter((text) => {
    try {
      return parseExpr(text).kind === 'binary';
    } catch {
      return false; // a label that is both matched and included
    }
  });

/** One series per label set of the result, or the message of the error. */
function outcome(evaluate: () => readonly StepSeries[]): readonly string[] | string {
  try {
    return evaluate()
      .map((one) => printSeries(one))
      .sort();
  } catch (error) {
    if (error instanceof RequestError) return error.message;
    throw error;
  }
}

function stepByStep(
  expr: Binary,
  left: readonly StepSeries[],
  right: readonly StepSeries[],
  evaluation: Evaluation,
): readonly StepSeries[] {
  const results = new Map<string, StepSeries>();
  const at = (all: readonly StepSeries[], step: number): readonly Sample[] =>
    all.flatMap((one) => {
      const value = getAt(one, step);
      return value === undefined ? [] : [{ labels: one.labels, value }];
    });
  for (let step = 0; step < evaluation.steps.count; step++) {
    for (const { labels, value } of combineStep(expr, at(left, step), at(right, step), evaluation)) {
      const key = labelsKey(labels);
      const before = results.get(key) ?? {
        ...evaluation.arrays.take(labels),
        dropName: expr.returnBool && evaluation.settings.delayedNameRemoval,
      };
      results.set(key, putAt(before, step, value));
    }
  }
  return [...results.values()];
}

test('columns give what an evaluation step by step gives', () => {
  fc.assert(
    fc.property(query, side, side, (text, left, right) => {
      const expr = binaryOf(text);
      const columns = evaluationOf(text, { steps: STEPS }).evaluation;
      const plain = evaluationOf(text, { steps: STEPS }).evaluation;
      const read = (lines: readonly string[], into: Evaluation): StepSeries[] => lines.map((line) => readSeries(line, into));
      const got = outcome(() => binaryVectors(expr, read(left, columns), read(right, columns), columns));
      const expected = outcome(() => stepByStep(expr, read(left, plain), read(right, plain), plain));
      assert.deepEqual(got, expected);
      if (typeof expected !== 'string') assert.deepEqual(told(columns).toSorted(), told(plain).toSorted());
    }),
    { numRuns: 3000 },
  );
});

test('an operator that drops names joins what becomes the same', () => {
  const { evaluation } = evaluationOf('x + 1');
  const all = ['x{a="1"} 1 _', 'y{a="1"} _ 2'].map((line) => readSeries(line, evaluation));
  const changed = all.flatMap(
    (one) => binaryVectorScalar(binaryOf('x + 1'), one, { values: new Float64Array(5).fill(1), side: 'right' }, evaluation) ?? [],
  );
  assert.deepEqual(mergeSameLabels(changed, evaluation).map(printSeries), ['{a="1"} 2 3 _ _ _']);
});
