// Structural operators and nested-set numbers over random trees, broken ones too, beside the definition written out span by span.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import type { StructuralOp } from '../ast.ts';
import { madeTrace } from './made-trace.ts';
import { EvalTrace } from './span.ts';
import type { EvalSpan } from './span.ts';
import { relate } from './structural.ts';

/** Parents come before and after their children, are missing, or are the span itself. */
const tree = fc
  .array(fc.record({ parent: fc.integer({ min: -2, max: 14 }), inLeft: fc.boolean(), inRight: fc.boolean() }), { maxLength: 12 })
  .map((rows) => {
    const spans = rows.map(({ parent }, at) => ({ id: `s${at}`, ...(parent === -2 ? {} : { parent: `s${parent}` }) }));
    const all = new EvalTrace(madeTrace(spans)).spans;
    return { all, left: all.filter((_, at) => rows[at]?.inLeft), right: all.filter((_, at) => rows[at]?.inRight) };
  });

function parent(span: EvalSpan): EvalSpan | undefined {
  return span.trace.spans[span.trace.structure.parent[span.at] ?? -1];
}

function isBelow(span: EvalSpan, other: EvalSpan): boolean {
  const above = parent(span);
  return above !== undefined && (above === other || isBelow(above, other));
}

/** Whether the right span stands in the relation to the left one. */
const definitions: Readonly<Record<'>' | '<' | '>>' | '<<' | '~', (left: EvalSpan, right: EvalSpan) => boolean>> = {
  '>': (left, right) => parent(right) === left,
  '<': (left, right) => parent(left) === right,
  '>>': (left, right) => isBelow(right, left),
  '<<': (left, right) => isBelow(left, right),
  '~': (left, right) =>
    left !== right &&
    (parent(left) === undefined
      ? parent(right) === undefined && left.view.parentId === right.view.parentId
      : parent(left) === parent(right)),
};

test('structural operators are what their definitions say', () => {
  const property = fc.property(tree, fc.constantFrom('>', '<', '>>', '<<', '~'), ({ left, right }, op) => {
    const holds = definitions[op];
    const matching = right.filter((span) => left.some((other) => holds(other, span)));
    const ops: readonly StructuralOp[] = [op, `!${op}`, `&${op}`];
    const [found, without, both] = ops.map((each) => relate(each, left, right));
    assert.deepEqual(found, matching);
    assert.deepEqual(
      without,
      right.filter((span) => !matching.includes(span)),
    );
    const above = left.filter((span) => right.some((other) => holds(span, other)));
    assert.deepEqual(new Set(both), new Set(right.length === 0 ? [] : [...matching, ...above]));
    assert.equal(both?.length, new Set(both).size);
  });
  fc.assert(property, { seed: 1, numRuns: 2000 });
});

test('an operator and its mirror meet in the same pairs', () => {
  const property = fc.property(tree, ({ left, right }) => {
    if (left.length === 0 || right.length === 0) return;
    for (const [op, mirrored] of [
      ['&>', '&<'],
      ['&>>', '&<<'],
      ['&~', '&~'],
    ] as const)
      assert.deepEqual(new Set(relate(op, left, right)), new Set(relate(mirrored, right, left)));
  });
  fc.assert(property, { seed: 2, numRuns: 1000 });
});

test('nested-set numbers lie within those of ancestors, and nowhere else', () => {
  const property = fc.property(tree, ({ all }) => {
    const numbers = all.map(({ trace: { structure }, at }) => [structure.left[at] ?? 0, structure.right[at] ?? 0] as const);
    const bounds = numbers.flat().filter((bound) => bound !== 0);
    assert.deepEqual(
      bounds.toSorted((a, b) => a - b),
      bounds.map((_, at) => at + 1),
    );
    for (const span of all) {
      for (const other of all) {
        const [[left = 0, right = 0] = [], [above = 0, beyond = 0] = []] = [numbers[span.at], numbers[other.at]];
        assert.equal(left > above && right < beyond && above > 0, isBelow(span, other) && left > 0);
      }
    }
  });
  fc.assert(property, { seed: 3, numRuns: 1000 });
});

test('a chain and a fan of 100,000 spans take no time to speak of', () => {
  const count = 100_000;
  for (const parentOf of [(at: number) => at - 1, () => 0]) {
    const made = Array.from({ length: count }, (_, at) => ({ id: `s${at}`, ...(at === 0 ? {} : { parent: `s${parentOf(at)}` }) }));
    const all = new EvalTrace(madeTrace(made)).spans;
    for (const op of ['>>', '&<<', '!<', '~'] as const) relate(op, all, all);
    assert.equal(relate('>>', all.slice(0, 1), all).length, count - 1);
  }
});
