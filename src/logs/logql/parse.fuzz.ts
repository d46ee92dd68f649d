// Whatever the text: a tree or a parse error, never a crash; and a printed tree parses to the same tree.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { RequestError } from '../../base/request-error.ts';
import type { Expr } from './ast.ts';
import { formatLogql } from './format.ts';
import { parseLogql } from './parse.ts';
import { printLogql } from './print.ts';

const SEED = 20_260_102;
const PIECES =
  '{ } ( ) [5m] [ ] , . = == != =~ !~ > < >= |= |~ |> !> | + - * / % ^ 5m -1h 1.5s 10GB 4KiB 1 0.5 0x1f 1e400 "a" `b` "(" "<_>x" "<a>" \'c\' {a="b"} rate count_over_time quantile_over_time sum topk sort vector label_replace variants of by without on ignoring group_left bool offset and or unless json logfmt --strict --keep-empty regexp pattern unpack line_format label_format decolorize drop keep distinct unwrap duration bytes ip ip("::1") a ä # \n'.split(
    / /,
  );

const soup = fc.array(fc.constantFrom(...PIECES), { maxLength: 14 }).map((pieces) => pieces.join(' '));

/** The tree without places. */
function shape(expr: Expr): string {
  return JSON.stringify(expr, (key, value: unknown) => {
    if (key === 'from' || key === 'to') return undefined;
    return typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))
      ? `${Object.is(value, -0) ? '-0' : value}`
      : value;
  });
}

function roundTrip(text: string): boolean {
  let expr;
  try {
    expr = parseLogql(text);
  } catch (error) {
    assert.ok(error instanceof RequestError && error.code === 'bad_data', `${text}: ${String(error)}`);
    assert.match(error.message, /^parse error (?:: |at line \d+, col \d+: )./);
    return false;
  }
  assert.equal(shape(parseLogql(printLogql(expr))), shape(expr), text);
  assert.equal(shape(parseLogql(formatLogql(expr, 10))), shape(expr), text);
  assert.equal(formatLogql(parseLogql(formatLogql(expr, 30)), 30), formatLogql(expr, 30), text);
  return true;
}

test('any text is a tree or a parse error', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => void roundTrip(text)),
    { numRuns: 1000, seed: SEED },
  );
});

test('any row of tokens is a tree or a parse error', () => {
  fc.assert(
    fc.property(soup, (text) => void roundTrip(`{a="b"} ${text}`)),
    { numRuns: 2000, seed: SEED },
  );
  fc.assert(
    fc.property(soup, (text) => void roundTrip(text)),
    { numRuns: 2000, seed: SEED },
  );
});

const words = fc.constantFrom('a', 'b_1', 'json', 'by', 'rate', 'ä');
const text = fc
  .oneof(fc.string({ maxLength: 6 }), fc.constantFrom('x', '\\', '"', '\n', '{{.a}}', '\u0000'))
  .map((value) => JSON.stringify(value.replaceAll('`', '')));
const compare = fc.constantFrom('=', '==', '!=', '>', '>=', '<', '<=');
const quantity = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.tuple(fc.nat(999), fc.constantFrom('ns', 'us', 'ms', 's', 'm', 'h', 'd', 'w')).map((parts) => parts.join('')),
  fc.tuple(fc.nat(99_999), fc.constantFrom('B', 'kB', 'KiB', 'MB', 'GiB', 'TB')).map((parts) => parts.join('')),
);

const { query } = fc.letrec<{ filter: string; stage: string; log: string; range: string; metric: string; query: string }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3 },
    fc.tuple(words, fc.constantFrom('=', '!='), text).map((parts) => parts.join('')),
    fc.tuple(words, compare, quantity).map((parts) => parts.join('')),
    fc.tuple(tie('filter'), fc.constantFrom(' and ', ' or ', ' , ', ' '), tie('filter')).map((parts) => parts.join('')),
    tie('filter').map((filter) => `(${filter})`),
  ),
  stage: fc.oneof(
    fc
      .tuple(fc.constantFrom('|=', '!='), fc.array(text, { minLength: 1, maxLength: 3 }))
      .map(([op, texts]) => `${op} ${texts.join(' or ')}`),
    fc.constantFrom(
      '| json',
      '| logfmt --strict',
      '| json a="b.c", d',
      '|> "<_> x"',
      '|~ "a.b"',
      '| unpack',
      '| drop a, b="c"',
      '| decolorize',
    ),
    tie('filter').map((filter) => `| ${filter}`),
    text.map((template) => `| line_format ${template}`),
  ),
  log: fc.array(tie('stage'), { maxLength: 3 }).map((stages) => `{a="b", c!="d"} ${stages.join(' ')}`),
  range: fc.tuple(tie('log'), fc.constantFrom('[5m]', '[1h30m] offset 5m', '[1d] offset -1s')).map((parts) => parts.join(' ')),
  metric: fc.oneof(
    { maxDepth: 4 },
    tie('range').map((range) => `count_over_time(${range})`),
    fc.tuple(tie('log'), tie('filter')).map(([log, filter]) => `quantile_over_time(0.9, ${log} | unwrap bytes(x) | ${filter} [1m]) by (y)`),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    tie('metric').map((metric) => `sum without (a, b) (vector(2) + ${metric})`),
    fc
      .tuple(tie('metric'), fc.constantFrom('+', '-', '*', '^', '==', '> bool', '/ on (a)', '% ignoring (a) group_left (b)'), tie('metric'))
      .map(([left, op, right]) => `(${left} ${op} ${right})`),
    tie('metric').map((metric) => `label_replace(vector(1) * ${metric}, "a", "$1", "b", "(.*)")`),
  ),
  query: fc.oneof(tie('log'), tie('metric')),
}));

test('what the grammar makes parses, and prints as itself', () => {
  let parsed = 0;
  fc.assert(
    fc.property(query, (generated) => {
      if (roundTrip(generated)) parsed++;
    }),
    { numRuns: 1500, seed: SEED },
  );
  assert.ok(parsed > 1000, `${parsed} parsed`);
});
