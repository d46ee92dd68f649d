// What TraceQL means, as trees printed back; what it is not, with the parser's words.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RequestError } from '../../base/request-error.ts';
import { checkTraceql } from './check.ts';
import { parseIdentifier } from './parse-identifier.ts';
import { parseAsWritten, parseTraceql } from './parse.ts';
import { printField, printTraceql } from './print.ts';

function prints(text: string, canonical: string): void {
  assert.equal(printTraceql(parseTraceql(text)), canonical, text);
}

function refuses(text: string, message: string): void {
  assert.throws(() => parseTraceql(text), { name: 'RequestError', code: 'bad_data', message: `parse error ${message}` }, text);
}

function fails(text: string, message: RegExp): void {
  const tree = parseTraceql(text);
  assert.throws(
    () => checkTraceql(tree),
    (error) => error instanceof RequestError && message.test(error.message),
    text,
  );
}

test('expressions bind as the operators say', () => {
  prints('{ .x - .y - .z }', '{ (.x - .y) - .z }');
  prints('{ .x ^ .y ^ .z }', '{ .x ^ (.y ^ .z) }');
  prints('{ .x * .y + .z > 1 && .w }', '{ (((.x * .y) + .z) > 1) && .w }');
  prints('{ .x && .y || .z }', '{ (.x && .y) || .z }');
  prints('{ !.x && -.y * 2 < 0 }', '{ (!.x) && ((-(.y * 2)) < 0) }');
  prints('{ span:name = "a" && trace:duration > 90s }', '{ (name = `a`) && (traceDuration > 1m30s) }');
  prints('{ .x != nil || nil = span.y }', '{ (.x != nil) || (span.y = nil) }');
  prints('{ parent.span."a b".c = event.d }', '{ parent.span."a b.c" = event.d }');
  prints('{ .x = "a`b" }', '{ .x = "a`b" }');
});

test('what needs no span is computed', () => {
  prints('{ 7 / 2 = 3 }', '{ true }');
  prints('{ 7 / 2.0 = 3.5 }', '{ true }');
  prints('{ duration > 2 * 1m }', '{ duration > 1.2e+11 }');
  prints('{ "abc" =~ "a.*" }', '{ true }');
  prints('{ -(-3) = .x }', '{ 3 = .x }');
  prints('{ 1 / 0 = .x }', '{ (1 / 0) = .x }');
  prints('count() > 6 / 4', '(count()) > 1');
  prints('({ } | rate()) + (1.0 / 0 - 7)', '({ true } | rate()) + (1. / 0)');
});

test('comparisons of one field become one', () => {
  prints('{ .x = 1 || 2 = .x || .x = 3 }', '{ .x IN [1, 2, 3] }');
  prints('{ .x != `a` && .x != `b` }', '{ .x NOT IN [`a`, `b`] }');
  prints('{ .x =~ "a" || .x =~ "b" }', '{ .x MATCH ANY [`a`, `b`] }');
  prints('{ .x !~ "a" && .x !~ "b" }', '{ .x MATCH NONE [`a`, `b`] }');
  prints('{ .x = 1 || .x = "1" }', '{ (.x = 1) || (.x = `1`) }'); // values of two types
  prints('{ .x = 1 || .y = 1 }', '{ (.x = 1) || (.y = 1) }'); // two fields
  prints('{ .x = 1 || span.x = 1 }', '{ (.x = 1) || (span.x = 1) }'); // two scopes
  prints('{ .x = 1 && .x = 2 }', '{ (.x = 1) && (.x = 2) }'); // both, not either
  prints('{ .x = ok || .x = error }', '{ (.x = ok) || (.x = error) }'); // no list holds a status
});

test('sets of spans and their pipeline', () => {
  prints('{ .x } >> { .y } && { .z }', '(({ .x }) >> ({ .y })) && ({ .z })');
  prints('{ .x } !>> { .y } &~ { .z }', '(({ .x }) !>> ({ .y })) &~ ({ .z })');
  prints('{} | by(resource.a) | coalesce() | select(span.b, name)', '{ true }|by(resource.a)|coalesce()|select(span.b, name)');
  prints('avg(duration) + 1 > 2 | { .x }', '((avg(duration)) + 1) > 2|{ .x }');
  prints('{ /* nothing */ } // to the end', '{ true }');
});

test('metrics queries', () => {
  prints('{} | quantile_over_time(duration, .5, 0.99) by (.a)', '{ true } | quantile_over_time(duration,0.50000,0.99000)by(.a)');
  prints('{} | compare({ .x }, 5, 10, 20)', '{ true } | compare({ .x }, 5, 10, 20)');
  prints('{} | compare({ .x })', '{ true } | compare({ .x })');
  prints('{} | rate() > 1 / 2 | topk(3) with (a=1, b=`x`)', '{ true } | rate() > 0 | topk(3) with(a=1,b=`x`)');
  prints('{} | max_over_time(duration) > 1500ms', '{ true } | max_over_time(duration) > 1.5');
  prints('1 - 2 * ({} | rate()) / 3', '1 - ((2 * ({ true } | rate())) / 3)');
  prints('(({} | rate()) + 2 * 3) < 5', '({ true } | rate()) + 6 < 5');
  prints('(2 + 3.5) * ({} | rate() | topk(2))', '5.5 * ({ true } | rate() | topk(2))');
});

test('what is no query, and where', () => {
  refuses('{ .x', 'at line 1, col 5: syntax error: unexpected $end');
  refuses('{ .x }\n  }', 'at line 2, col 3: syntax error: unexpected }, expecting with');
  refuses('{ } | by(', 'at line 1, col 10: syntax error: unexpected $end');
  refuses('{ .x = what }', 'at line 1, col 8: unknown identifier: what');
  refuses('{ .x = "a', 'at line 1, col 8: literal not terminated');
  refuses('{ . }', 'at line 1, col 3: syntax error: unexpected END_ATTRIBUTE, expecting IDENTIFIER');
  refuses('{} | rate() | count()', 'at line 1, col 15: syntax error: unexpected count, expecting topk or bottomk');
  refuses(
    '({} | rate()) * 2s',
    'at line 1, col 19: syntax error: only numbers and their sums and products may stand beside a metrics query',
  );
  refuses('{ .x = 99999999999999999999 }', 'at line 1, col 8: strconv.Atoi: parsing "99999999999999999999": value out of range');
  refuses(`{ ${'!'.repeat(3000)}.x }`, 'at line 1, col 3006: expressions within more than 2000 others');
});

test('an error says where, for an editor', () => {
  assert.throws(
    () => parseTraceql('{ .x } | nothing'),
    (error) => error instanceof RequestError && error.options.from === 9 && error.options.to === 16,
  );
});

test('what parses and is no query', () => {
  fails('{ .x =~ .y }', /^invalid type for =~ or !~: \.y$/);
  fails('{ .x =~ "(" || .x =~ "a" }', /^invalid regex: `\(`$/);
  fails('{ duration = "1s" }', /^binary operations must operate on the same type: duration = `1s`$/);
  fails('{ name = 1 || name = 2 }', /^binary operations must operate on the same type: name IN \[1, 2\]$/);
  fails('{ resource.service.name = nil }', /resource.service.name cannot be nil/);
  fails('{} | by(1)', /^grouping field expressions must reference the span: by\(1\)$/);
  fails('sum(name) > 1', /^aggregate field expressions must resolve to a number type: sum\(name\)$/);
  fails('{} | select(parent.x)', /^parent not yet supported$/);
  fails('{} | quantile_over_time(duration, 2)', /^quantile must be between 0 and 1: 2$/);
  fails('{} | rate() by (.a, .b, .c, .d, .e, .f)', /^metrics group by 6 values not yet supported$/);
  fails('{} | compare({ .x }, 5, 20, 10)', /end timestamp must be greater/);
  checkTraceql(parseTraceql('{ resource.x = nil && kind = server } | max(.y) > 1s | rate() by (name)'));
});

test('a name alone', () => {
  assert.equal(printField(parseIdentifier('span:duration')), 'duration');
  assert.equal(printField(parseIdentifier('resource."a b"')), 'resource."a b"');
  for (const text of ['', '.a = 1', '.a } | { .b', 'nothing', '.a .b'])
    assert.throws(() => parseIdentifier(text), { code: 'bad_data' }, text);
});

test('a long chain is one tree', () => {
  const text = `{ ${Array.from({ length: 1900 }, (_, i) => `.a${i}`).join(' && ')} }`;
  const tree = parseAsWritten(text);
  checkTraceql(tree);
  assert.equal(printTraceql(parseTraceql(printTraceql(tree))).length, printTraceql(tree).length);
});
