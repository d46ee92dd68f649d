// Whatever the text: a tree or a parse error, never a crash; and a printed tree parses to the same tree.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { RequestError } from '../../base/request-error.ts';
import type { Expr } from './ast.ts';
import { parseExpr } from './parse.ts';
import { formatExpr, printExpr } from './print.ts';

const PIECES =
  'up sum by without on ignoring group_left bool offset @ start() end() step() and or unless atan2 rate time() ( ) { } [ ] , + - * / % ^ == != < =~ !~ = : 5m 1h30m 1 0.5 0x1f NaN Inf "a" \'b\' `c` "." a b le # \n anchored smoothed [5m] [1h:5m] {a="b"} min_of max_of topk fill(1) ä \\'.split(
    / /,
  );

const soup = fc.array(fc.constantFrom(...PIECES), { maxLength: 14 }).map((pieces) => pieces.join(' '));
const SEED = 20_260_101;

/** The tree without positions and with its matchers in one order. */
function shape(expr: Expr): string {
  return JSON.stringify(expr, (key, value: unknown) => {
    if (key === 'from' || key === 'to') return undefined;
    if (key === 'matchers' && Array.isArray(value)) return value.map((matcher) => JSON.stringify(matcher)).sort();
    if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function parsed(text: string): Expr | undefined {
  try {
    return parseExpr(text);
  } catch (error) {
    assert.ok(error instanceof RequestError && error.code === 'bad_data', `${text}: ${String(error)}`);
    assert.match(error.message, /^\d+:\d+: parse error: ./);
    return undefined;
  }
}

function roundTrip(text: string): void {
  const expr = parsed(text);
  if (expr === undefined) return;
  assert.equal(shape(parseExpr(printExpr(expr))), shape(expr), text);
  assert.equal(shape(parseExpr(formatExpr(expr, 10))), shape(expr), text);
}

test('any text is a tree or a parse error', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), roundTrip), { numRuns: 2000, seed: SEED });
});

test('any row of tokens is a tree or a parse error, and trees print', () => {
  fc.assert(fc.property(soup, roundTrip), { numRuns: 5000, seed: SEED });
});

const { expr: exprArbitrary } = fc.letrec<{ expr: string; selector: string; vector: string }>((tie) => ({
  selector: fc
    .tuple(
      fc.constantFrom('a', 'b:c', '{"x.y"}', 'a{b="c"}', 'a{b=~"x|y",c!=""}', 'sum'),
      fc.constantFrom('', ' offset 5m', ' @ 1.5', ' @ end() offset -1h'),
    )
    .map((parts) => parts.join('')),
  vector: fc.oneof(
    { depthSize: 'small' },
    tie('selector'),
    fc.tuple(fc.constantFrom('-', '+'), tie('vector')).map((parts) => parts.join('')),
    tie('vector').map((inner) => `(${inner})`),
    tie('vector').map((inner) => `sum by (x, "y.z") (${inner})`),
    tie('vector').map((inner) => `rate(${inner}[5m:1m])`),
    fc
      .tuple(tie('vector'), fc.constantFrom('+', '/ on (a) group_left (b)', 'and', '> bool', '^', '== ignoring (x)'), tie('vector'))
      .map((parts) => parts.join(' ')),
  ),
  expr: fc.oneof(
    tie('vector'),
    fc.double({ noNaN: true }).map(String),
    fc.string().map((text) => JSON.stringify(text)),
  ),
}));

test('well-formed expressions parse and print to the same tree', () => {
  fc.assert(fc.property(exprArbitrary, roundTrip), { numRuns: 2000, seed: SEED });
});
