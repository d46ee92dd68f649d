// What the grammar takes and what it refuses, with words and positions. Trees are printed, never built.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RequestError } from '../../base/request-error.ts';
import { parseExpr } from './parse.ts';
import { printExpr } from './print.ts';

function prints(text: string, canonical = text): void {
  assert.equal(printExpr(parseExpr(text)), canonical, text);
}

function refuses(text: string, message: RegExp): void {
  assert.throws(
    () => parseExpr(text),
    (error) => error instanceof RequestError && error.code === 'bad_data' && message.test(error.message),
    text.slice(0, 60),
  );
}

test('literals', () => {
  prints('2');
  prints('.5', '0.5');
  prints('1e3', '1000');
  prints('0x1F', '31');
  prints('010', '8'); // octal, as in Go
  prints('1_000', '1000');
  prints('Inf', '+Inf');
  prints('-NaN', 'NaN');
  prints('-1');
  prints('5m');
  prints('"a\\nb"');
  prints("'a\"'", '"a\\""');
});

test('selectors', () => {
  prints('up');
  prints('job:requests:rate5m');
  prints(':leading');
  prints('up{}', 'up');
  prints('up{b="1",a!="2",}', 'up{a!="2",b="1"}');
  prints('{__name__=~"a.+"}');
  prints('{"my.metric","label.x"="y"}', '{"label.x"="y",__name__="my.metric"}');
  prints('sum{by="x"}'); // a keyword as a name
  prints('{on="1"}');
  prints('up[5m]');
  prints('up[1h30m] offset 5m');
  prints('up offset -1m');
  prints('up offset 1m @ 10', 'up @ 10.000 offset 1m');
  prints('up @ start()');
  prints('up[5m] @ end() offset 1m');
  prints('up[90]', 'up[1m30s]'); // plain numbers are seconds
  prints('up[2*step()]', 'up[2 * step()]');
  prints('rate(up[5m])[1h:1m]');
  prints('up[1h:] offset 1m');
  prints('up # a comment', 'up');
});

test('operators bind as they should', () => {
  prints('1+2*3^2', '1 + 2 * 3 ^ 2');
  assert.equal(groups('a + b * c'), '(a + (b * c))');
  assert.equal(groups('a * b + c'), '((a * b) + c)');
  assert.equal(groups('a - b - c'), '((a - b) - c)');
  assert.equal(groups('a ^ b ^ c'), '(a ^ (b ^ c))');
  assert.equal(groups('-a ^ b'), '-((a ^ b))');
  assert.equal(groups('-a * b'), '(-(a) * b)');
  assert.equal(groups('a or b and c unless d'), '(a or ((b and c) unless d))');
  assert.equal(groups('a == b + c'), '(a == (b + c))');
  assert.equal(groups('a atan2 b + c'), '((a atan2 b) + c)');
  assert.equal(groups('-a offset 5m'), '-(a offset 5m)');
});

function groups(text: string): string {
  const shown = (expr: ReturnType<typeof parseExpr>): string => {
    if (expr.kind === 'binary') return `(${shown(expr.left)} ${expr.op} ${shown(expr.right)})`;
    return expr.kind === 'unary' ? `${expr.op}(${shown(expr.inner)})` : printExpr(expr);
  };
  return shown(parseExpr(text));
}

test('aggregations, functions, matching', () => {
  prints('sum by (job) (up)');
  prints('sum(up) by(job)', 'sum by (job) (up)');
  prints('topk without ("x.y") (3, up)');
  prints('SUM(up)', 'sum(up)');
  prints('a / on (job) group_left (x) b');
  prints('a and ignoring (x) b');
  prints('a > bool 1');
  prints('histogram_quantile(0.9, sum by (le) (rate(x_bucket[5m])))');
  prints('label_join(up, "a", ",", "b", "c")');
  prints('info(up, {a=~".*"})'); // chooses labels, not series
  prints('histogram_quantiles(up, "q", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)');
});

test('what is no expression is refused, with the place', () => {
  refuses('', /^1:1: parse error: no expression found in input/);
  refuses('up{', /^1:4: parse error: unexpected end of input inside braces/);
  refuses('up{a}', /^1:5: parse error: unexpected "}" in label matching, expected label matching operator/);
  refuses('up{a=1}', /^1:6: parse error: unexpected character inside braces: '1'/);
  refuses('up\n  +', /^2:4: parse error: unexpected end of input/);
  refuses('up)', /^1:3: parse error: unexpected right parenthesis/);
  refuses('(up', /unclosed left parenthesis/);
  refuses('up up', /^1:4: parse error: unexpected identifier "up"/);
  refuses('ä', /^1:1: parse error: unexpected character: 'ä'/);
  refuses('"a', /unterminated quoted string/);
  refuses('1x', /bad number or duration syntax: "1x"/);
  refuses('up{a=~"("}', /^1:7: parse error: error parsing regexp: missing closing \)/);
  refuses('{a=~".*"}', /at least one non-empty matcher/);
  refuses('info({a=~".*"}, {a="b"})', /at least one non-empty matcher/);
  refuses('histogram_quantiles(up, "q")', /expected at least 3 argument/);
  refuses('up{__name__="x"}', /metric name must not be set twice/);
  refuses('up[5m', /unexpected end of input in duration expression/);
  refuses('up[0]', /duration must be greater than 0/);
  refuses('up offset 5m offset 5m', /offset may not be set multiple times/);
  refuses('1 offset 5m', /offset modifier must be preceded by/);
  refuses('up @ 1 @ 2', /may not be set multiple times/);
  refuses('nope(up)', /unknown function with name "nope"/);
  refuses('rate(up)', /expected type range vector in call to function "rate", got instant vector/);
  refuses('1 > 2', /comparisons between scalars must use BOOL modifier/);
  refuses('up + "a"', /binary expression must contain only scalar and instant vector types/);
  refuses('topk(up)', /wrong number of arguments for aggregate expression provided, expected 2, got 1/);
  refuses(`${'('.repeat(5000)}1${')'.repeat(5000)}`, /levels deep/);
  refuses(`1${'+1'.repeat(5000)}`, /levels deep|operations in one expression/);
  refuses(`${'-'.repeat(5000)}1`, /levels deep/);
  refuses(`a[${'-'.repeat(5000)}1]`, /levels deep/);
});

test('an error carries its range', () => {
  try {
    parseExpr('sum(up) + nope(up)');
    assert.fail('took an unknown function');
  } catch (error) {
    assert.ok(error instanceof RequestError);
    assert.deepEqual([error.options.from, error.options.to], [10, 14]);
  }
});
