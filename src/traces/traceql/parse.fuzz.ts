// Whatever the text: a tree or a parse error, never a crash; and a tree as it was written prints as a text that parses to the same tree.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { RequestError } from '../../base/request-error.ts';
import type { Query } from './ast.ts';
import { checkTraceql } from './check.ts';
import { parseAsWritten, parseTraceql } from './parse.ts';
import { printTraceql } from './print.ts';
import { TERMINALS } from './tokens.ts';

const SEED = 20_260_105;
const PIECES = [
  ...TERMINALS.filter((name) => !/^[A-Z]/.test(name)),
  ...'.a span."b c" parent.resource.d event.e span:id trace:id 1 2.5 .5 1e9 0 5m 1.5h 1d "x" `y` "a\\"b" "\\xff" "(" 09 0x1 // /* \' ? \n ä 😝 ({}|rate())'.split(
    ' ',
  ),
];
/** Rows that are often queries. */
const EXPRESSIONS = '.a|span."b c"|duration|name|1|2.5|5m|"x`y"|true|ok|server|nil|resource.service.name|trace:id'.split('|');
const OPS = '+ - * / % ^ = != < <= > >= =~ !~ && ||'.split(' ');
const STAGES = [
  'count() > 2',
  'by(.a)',
  'coalesce()',
  'select(.a, name)',
  'max(duration) >= 1s',
  '{ .a } >> { .b }',
  '-2 < sum(.c) + 1',
  'rate() by(name)',
];

const soup = fc.array(fc.constantFrom(...PIECES), { maxLength: 14 }).map((pieces) => pieces.join(' '));
const expression = fc.letrec<{ expr: string }>((tie) => ({
  expr: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(...EXPRESSIONS),
    fc.tuple(tie('expr'), fc.constantFrom(...OPS), tie('expr')).map((parts) => parts.join(' ')),
    fc.tuple(fc.constantFrom('!', '-'), tie('expr')).map((parts) => parts.join('')),
    tie('expr').map((inner) => `(${inner})`),
  ),
})).expr;
const pipeline = fc
  .tuple(
    expression,
    fc.array(fc.constantFrom(...STAGES), { maxLength: 3 }),
    fc.constantFrom('', ' | rate()', ' | quantile_over_time(.a, 0.3, 1) > -2.5 | topk(3) with(a=1.5)'),
  )
  .map(([expr, stages, end]) => [`{ ${expr} }`, ...stages].join(' | ') + end);
const math = fc.tuple(pipeline, fc.constantFrom('*', '+', '/', '-'), pipeline).map(([a, op, b]) => `2 * (${a}) ${op} (${b}) / 1.5 > 1`);

/** The tree without places. */
function shape(query: Query): string {
  return JSON.stringify(query, (key, value: unknown) =>
    key === 'place' ? undefined : typeof value === 'bigint' ? `${value}n` : Object.is(value, -0) ? '-0' : value,
  );
}

function roundTrip(text: string): boolean {
  let written: Query;
  try {
    written = parseAsWritten(text);
  } catch (error) {
    assert.ok(error instanceof RequestError && error.code === 'bad_data', `${text}: ${String(error)}`);
    assert.match(error.message, /^parse error (?:: |at line \d+, col \d+: )./);
    return false;
  }
  const printed = printTraceql(written);
  // The least int has no literal; only a name says it.
  if (!printed.includes('-9223372036854775808')) assert.equal(shape(parseAsWritten(printed)), shape(written), `${text}\n${printed}`);
  try {
    checkTraceql(parseTraceql(text));
  } catch (error) {
    assert.ok(error instanceof RequestError && error.code === 'bad_data', `${text}: ${String(error)}`);
  }
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
    fc.property(soup, (text) => void (roundTrip(text), roundTrip(`{ ${text} }`), roundTrip(`{} | ${text}`))),
    { numRuns: 1000, seed: SEED },
  );
});

test('queries print as they parse', () => {
  let trees = 0;
  fc.assert(
    fc.property(fc.oneof(pipeline, math), (text) => {
      if (roundTrip(text)) trees++;
    }),
    { numRuns: 1500, seed: SEED },
  );
  assert.ok(trees > 300, `${trees} of 1500 were queries`);
});
