// Random queries over random traces: laws that spansets keep, and a query that means the same after it is printed and parsed.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { parseAsWritten, parseTraceql } from '../parse.ts';
import { printTraceql } from '../print.ts';
import type { TraceView } from '../span-view.ts';
import { madeTrace, ns } from './made-trace.ts';
import { compilePipeline } from './pipeline.ts';
import type { Spanset } from './spanset.ts';

const trace: fc.Arbitrary<TraceView> = fc
  .array(
    fc.record({
      parent: fc.integer({ min: -1, max: 9 }),
      a: fc.constantFrom<bigint | string | boolean | number>(0n, 1n, 2n, 'x', true, 1.5),
      b: fc.bigInt({ min: 0n, max: 3n }),
      isInRange: fc.integer({ max: 5, min: 0 }).map((each) => each > 0),
    }),
    { maxLength: 8 },
  )
  .map((rows) =>
    madeTrace(
      rows.map(({ parent, a, b, isInRange }, at) => ({
        id: `s${at}`,
        ...(parent < 0 ? {} : { parent: `s${parent}` }),
        fields: { '.a': a, ...(b === 3n ? {} : { '.b': b, '.list': { type: 'int[]', value: [b, b + 1n] } }), duration: ns(at) },
        isInRange,
      })),
    ),
  );

const operand = fc.constantFrom(
  '.a',
  '.b',
  'span.a',
  'parent.b',
  '.list',
  'duration',
  'span:childCount',
  'nestedSetLeft',
  '1',
  '1.5',
  '"x"',
  '2ns',
);
const condition = fc.oneof(
  fc.tuple(operand, fc.constantFrom('=', '!=', '<', '<=', '>', '>='), operand).map((parts) => parts.join(' ')),
  fc.tuple(operand, operand).map(([left, right]) => `${left} + 1 > ${right} * 2`),
  fc.constantFrom('.b = nil', '.a != nil', '!.a', '.a =~ "x|y"', '.a = 1 || .a = 2', '.b != 1 && .b != 2', 'true', 'false'),
);
const filter = condition.map((each) => `{ ${each} }`);
const op = fc.constantFrom('&&', '||', '>', '<', '>>', '<<', '~', '!>', '!<', '!>>', '!<<', '!~', '&>', '&<', '&>>', '&<<', '&~');
const spansets = fc.oneof(
  filter,
  fc.tuple(filter, op, filter).map((parts) => parts.join(' ')),
  fc.tuple(filter, op, filter, op, filter).map(([a, first, b, second, c]) => `(${a} ${first} ${b}) ${second} ${c}`),
);
const stage = fc.constantFrom(
  'by(.b)',
  'by(.a)',
  'coalesce()',
  'count() > 1',
  'avg(duration) >= 2ns',
  'max(.b) = 2',
  'sum(.b) + 1 > 2',
  'select(.a)',
  '{ .b >= 1 }',
);
const query = fc.tuple(spansets, fc.array(stage, { maxLength: 3 })).map(([first, stages]) => [first, ...stages].join(' | '));

function evaluate(text: string, view: TraceView, parse = parseTraceql): readonly Spanset[] {
  const { root } = parse(text);
  assert(root.type === 'pipeline', text);
  return compilePipeline(root)(view);
}

function idsOf(sets: readonly Spanset[]): readonly string[] {
  return sets.flatMap((set) => set.spans.map(({ view }) => view.spanId)).toSorted();
}

function said(sets: readonly Spanset[]): unknown {
  return sets.map(({ spans, attributes }) => [spans.map(({ at }) => at), attributes.map(({ name, value }) => [name, value])]);
}

test('spansets hold spans in range, each once, and are never empty', () => {
  const property = fc.property(query, trace, (text, view) => {
    const sets = evaluate(text, view);
    for (const set of sets) {
      assert(set.spans.length > 0 && set.spans.every((span) => span.view.isInRange));
    }
    assert.equal(new Set(idsOf(sets)).size, idsOf(sets).length);
  });
  fc.assert(property, { seed: 1, numRuns: 800 });
});

test('a query means the same when it is printed, and before chains of comparisons become lists', () => {
  const property = fc.property(query, trace, (text, view) => {
    const sets = said(evaluate(text, view));
    assert.deepEqual(said(evaluate(printTraceql(parseAsWritten(text)), view)), sets);
    assert.deepEqual(said(evaluate(text, view, parseAsWritten)), sets);
  });
  fc.assert(property, { seed: 2, numRuns: 500 });
});

test('&& and || unite, groups part and coalesce joins', () => {
  const property = fc.property(filter, filter, trace, (left, right, view) => {
    const [a, b] = [idsOf(evaluate(left, view)), idsOf(evaluate(right, view))];
    const united = [...new Set([...a, ...b])].toSorted();
    assert.deepEqual(idsOf(evaluate(`${left} || ${right}`, view)), united);
    assert.deepEqual(idsOf(evaluate(`${left} && ${right}`, view)), a.length > 0 && b.length > 0 ? united : []);
    assert.deepEqual(idsOf(evaluate(`${left} | by(.a)`, view)), a);
    assert.deepEqual(idsOf(evaluate(`${left} | by(.b) | coalesce()`, view)), a);
    assert.deepEqual(
      idsOf(evaluate(`${left} > ${right}`, view))
        .concat(idsOf(evaluate(`${left} !> ${right}`, view)))
        .toSorted(),
      b,
    );
    assert.deepEqual(idsOf(evaluate(`${left} | count() = ${a.length}`, view)), a);
  });
  fc.assert(property, { seed: 3, numRuns: 300 });
});

test('chains and brackets as deep as the parser lets them be are compiled and evaluated', () => {
  const view = madeTrace([{ id: 'a', fields: { '.a': 1n, '.b': true } }]);
  const parts = [
    ['{}', '||{}', '', ''],
    ['{}', '>{}', '', ''],
    ['{ .a', ' + .a', '', ' > 1 }'],
    ['{.a=1', '&&.a=1', '', '}'],
    ['{}|count()', '+count()', '', '>1'],
    ['{', '!(', '.b)', '}'],
    ['{', '.a + (', '.a)', '=1}'],
    ['', '({}||', '{})', ''],
  ] as const;
  for (const [first, next, close, end] of parts) {
    const depth = 1900;
    const inner = close.slice(0, -1);
    evaluate(`${first}${next.repeat(depth)}${inner}${')'.repeat(close === '' ? 0 : depth)}${end}`, view);
  }
});
