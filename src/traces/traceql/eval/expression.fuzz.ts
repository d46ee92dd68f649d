// Random expressions over random spans: laws that hold of every value, and a filter that says what its expression says.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import type { BinaryExpression, ComparisonOp, Field, FieldExpression } from '../ast.ts';
import { NIL } from '../value.ts';
import type { Value } from '../value.ts';
import { compileComparison } from './compare-values.ts';
import { compileExpression, compileFilter } from './expression.ts';
import { madeTrace } from './made-trace.ts';
import { traceSpans } from './span.ts';
import type { EvalSpan } from './span.ts';

const place = { from: 0, to: 0 };
const word = fc.constantFrom('', 'a', 'ab', 'b.*', '(', '\u{1f600}', '\uffff');
const int = fc.oneof(fc.bigInt({ min: -3n, max: 3n }), fc.constantFrom(2n ** 63n - 1n, -(2n ** 63n)));
const float = fc.oneof(fc.constantFrom(0, -0, 1, 1.5, -3, Number.NaN, Number.POSITIVE_INFINITY), fc.double());

const value: fc.Arbitrary<Value> = fc.oneof(
  fc.constant(NIL),
  word.map((each): Value => ({ type: 'string', value: each })),
  int.map((each): Value => ({ type: 'int', value: each })),
  float.map((each): Value => ({ type: 'float', value: each })),
  fc.boolean().map((each): Value => ({ type: 'bool', value: each })),
  int.map((each): Value => ({ type: 'duration', value: each })),
  fc.constantFrom<Value>({ type: 'status', value: 'ok' }, { type: 'status', value: 'error' }, { type: 'kind', value: 'server' }),
  fc.array(word, { maxLength: 2 }).map((each): Value => ({ type: 'string[]', value: each })),
  fc.array(int, { maxLength: 2 }).map((each): Value => ({ type: 'int[]', value: each })),
  fc.array(float, { maxLength: 2 }).map((each): Value => ({ type: 'float[]', value: each })),
  fc.array(fc.boolean(), { maxLength: 2 }).map((each): Value => ({ type: 'bool[]', value: each })),
);

const COMPARISONS: readonly ComparisonOp[] = ['=', '!=', '<', '<=', '>', '>='];
const field = fc.constantFrom<Field>(
  { type: 'attribute', scope: 'any', ofParent: false, name: 'a', place },
  { type: 'attribute', scope: 'span', ofParent: false, name: 'b', place },
  { type: 'attribute', scope: 'span', ofParent: true, name: 'b', place },
  { type: 'intrinsic', name: 'nestedSetLeft', ofParent: false, spelling: 'nestedSetLeft', place },
);
const leaf: fc.Arbitrary<FieldExpression> = fc.oneof(
  field,
  value.map((each): FieldExpression => ({ type: 'literal', value: each, place })),
);
const expression = fc.letrec<{ node: FieldExpression }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.record({
      type: fc.constant('binary'),
      op: fc.constantFrom<BinaryExpression['op']>('+', '-', '*', '/', '%', '^', ...COMPARISONS, '&&', '||'),
      left: tie('node'),
      right: tie('node'),
      place: fc.constant(place),
    }),
    fc.record({
      type: fc.constant('unary'),
      op: fc.constantFrom('!', '-', 'exists', 'missing'),
      expr: tie('node'),
      place: fc.constant(place),
    }),
  ),
})).node;

const span: fc.Arbitrary<EvalSpan> = fc.tuple(value, value, value).map(([a, b, above]) => {
  const spans = traceSpans(
    madeTrace([
      { id: 'p', fields: { '.b': above } },
      { id: 'c', parent: 'p', fields: { '.a': a, '.b': b } },
    ]),
  );
  const [, child = spans[0]] = spans;
  assert(child !== undefined);
  return child;
});

test('a filter says of every span what its expression says', () => {
  const property = fc.property(expression, span, (expr, each) => {
    const found = unlessByZero(() => compileExpression(expr)(each));
    if (found !== undefined) assert.equal(compileFilter(expr)(each), found.type === 'bool' && found.value);
  });
  fc.assert(property, { seed: 1, numRuns: 5000 });
});

/** Ints divided by zero are the one thing that an evaluation refuses. */
function unlessByZero<T>(evaluate: () => T): T | undefined {
  try {
    return evaluate();
  } catch (error) {
    assert.match(String(error), /integer division by zero/);
    return undefined;
  }
}

const binary = (op: BinaryExpression['op'], left: FieldExpression, right: FieldExpression): FieldExpression => ({
  type: 'binary',
  op,
  left,
  right,
  place,
});

test('operands change places: a = b is b = a, a < b is b > a, a && b is b && a', () => {
  const mirrors = [
    ['=', '='],
    ['!=', '!='],
    ['<', '>'],
    ['<=', '>='],
    ['&&', '&&'],
    ['||', '||'],
  ] as const;
  const property = fc.property(leaf, leaf, span, fc.constantFrom(...mirrors), (left, right, each, [op, mirrored]) => {
    assert.equal(compileFilter(binary(op, left, right))(each), compileFilter(binary(mirrored, right, left))(each));
  });
  fc.assert(property, { seed: 2, numRuns: 5000 });
});

test('one list of values is the chain of its comparisons', () => {
  const kinds = [
    ['in', '=', '||'],
    ['notIn', '!=', '&&'],
  ] as const;
  const property = fc.property(
    field,
    fc.array(value, { minLength: 1, maxLength: 3 }),
    span,
    fc.constantFrom(...kinds),
    (of, values, each, [op, compare, join]) => {
      const [first, ...rest] = values.map((one) => binary(compare, of, { type: 'literal', value: one, place }));
      assert(first !== undefined);
      const chain = rest.reduce((left, right) => binary(join, left, right), first);
      assert.equal(compileFilter({ type: 'membership', op, field: of, values, place })(each), compileFilter(chain)(each));
    },
  );
  fc.assert(property, { seed: 3, numRuns: 3000 });
});

test('a value alone is never both equal and unequal, and one of three orders holds at most', () => {
  const property = fc.property(value, value, (a, b) => {
    const holds = (op: ComparisonOp): boolean => compileComparison(op, undefined)(a, b);
    if (!a.type.endsWith('[]') && !b.type.endsWith('[]')) {
      assert(!(holds('=') && holds('!=')));
      assert([holds('<'), holds('>'), holds('=')].filter(Boolean).length <= 1);
      if (a.type === 'string' && b.type === 'string') assert(holds('<') || holds('>') || holds('='));
    }
  });
  fc.assert(property, { seed: 4, numRuns: 3000 });
});

test('a chain of 20,000 conditions is no deeper than one', () => {
  const condition: FieldExpression = binary(
    '=',
    { type: 'attribute', scope: 'any', ofParent: false, name: 'a', place },
    { type: 'literal', value: NIL, place },
  );
  let chain = condition;
  for (let at = 0; at < 20_000; at++) chain = binary('||', chain, condition);
  const [alone] = traceSpans(madeTrace([{ id: 'a' }]));
  assert(alone !== undefined);
  assert.equal(compileFilter(chain)(alone), false);
});
