// What the grammar takes and what it refuses, with words and positions. Trees are printed; those whose shape matters are looked at.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RequestError } from '../../base/request-error.ts';
import type { LabelFilter } from './ast.ts';
import { LOGQL_LENGTH_MAX } from './lex.ts';
import { parseLogExpr, parseLogql, parseMetricExpr, parseSelector } from './parse.ts';
import { printLogql } from './print.ts';

function prints(text: string, canonical = text): void {
  assert.equal(printLogql(parseLogql(text)), canonical, text);
}

function refuses(text: string, message: string, parse: (text: string) => unknown = parseLogql): void {
  assert.throws(
    () => parse(text),
    (error) => error instanceof RequestError && error.code === 'bad_data' && error.message.includes(message),
    `${text.slice(0, 80)}: ${message}`,
  );
}

test('selectors and line filters', () => {
  prints('{a="b"}');
  prints('({ a = "b" , c != `d` })', '{a="b", c!="d"}');
  prints('{by="x", rate=~"y+", json!~"z", of="u", unwrap="v"}');
  prints('{größe="x"}');
  prints('{a="b"} |= "x" or ip("10.0.0.0/8") or "y" |~ `\\d+`', '{a="b"} |= "x" or ip("10.0.0.0/8") or "y" |~ "\\\\d+"');
  prints('{a="b"} != "x" or "y" !> "<_>z"', '{a="b"} != "x" != "y" !> "<_>z"');
  prints('{a="b"}\n  # no filter: |= "x"\n  |= "#" # the end', '{a="b"} |= "#"');
});

test('stages', () => {
  prints(
    '{a="b"} | json | logfmt --keep-empty --strict | unpack | decolorize',
    '{a="b"} | json | logfmt --strict --keep-empty | unpack | decolorize',
  );
  prints('{a="b"} | json c, d="e.f[0]" | logfmt --strict g, h="i"', '{a="b"} | json c="c",d="e.f[0]" | logfmt --strict g="g",h="i"');
  prints('{a="b"} | json != "c" | JSON !~ "d"', '{a="b"} | json != "c" | json !~ "d"');
  prints('{a="b"} | regexp "(?P<c>.)(?<d>.)" | pattern "<c> <_> <d>"');
  prints('{a="b"} | line_format "{{.c}}" | label_format c=d,e="{{.f}}"');
  prints('{a="b"} | drop c, d=~"e" | keep f, g!="h" | distinct i, j', '{a="b"} | drop c,d=~"e" | keep f,g!="h" | distinct i,j');
});

test('keywords are labels where an operator follows', () => {
  prints('{a="b"} | json="c" | drop>1 | unwrap="d" | keep!="e"', '{a="b"} | json="c" | drop>1 | unwrap="d" | keep!="e"');
});

test('a label named as a stage keeps its parentheses before an operator that is also a line filter', () => {
  prints('{a="b"} | (json!="c") | (unpack!=5) | ( json!="c" , d="e" )');
});

test('label filters', () => {
  prints('{a="b"} | c>1 | d>=-1.5 | e=2 | f==.5 | g!=+3', '{a="b"} | c>1 | d>=-1.5 | e==2 | f==0.5 | g!=3');
  prints(
    '{a="b"} | c>1h30m | d<1.5s | e>=-5m | f!=2d | g==250ns | h<1us',
    '{a="b"} | c>1h30m0s | d<1.5s | e>=-5m0s | f!=48h0m0s | g==250ns | h<1µs',
  );
  prints('{a="b"} | c>1KB | d<4KiB | e=10GB | f>1.5MB | g>0B', '{a="b"} | c>1.0kB | d<4096B | e==10GB | f>1.5MB | g>0B');
  prints('{a="b"} | c=ip("::1") | d!=ip("1.2.3.4")');
});

/** The filter with parentheses around every operation. */
function grouped(filter: LabelFilter): string {
  if (filter.kind !== 'and' && filter.kind !== 'or') return filter.name;
  return `(${grouped(filter.left)} ${filter.kind} ${grouped(filter.right)})`;
}

test('label filters group as in the grammar of Loki', () => {
  const cases = {
    'a=1 or b=2 and c=3': '(a or (b and c))',
    'a=1 and b=2 or c=3': '((a and b) or c)',
    'a=1 or b=2 or c=3': '((a or b) or c)',
    'a=1, b=2 or c=3': '(a and (b or c))',
    'a=1 or b=2, c=3': '(a or (b and c))',
    'a=1 b=2 or c=3': '(a and (b or c))',
    '(a=1 or b=2) and c=3': '((a or b) and c)',
  };
  for (const [text, expected] of Object.entries(cases)) {
    const [stage] = parseLogExpr(`{x="y"} | ${text}`).stages;
    assert.equal(stage?.kind === 'label_filter' ? grouped(stage.filter) : stage?.kind, expected, text);
  }
});

test('ranges: the window before and behind the stages', () => {
  const canonical = 'count_over_time({a="b"} |= "c" | json[5m])';
  prints('count_over_time({a="b"} |= "c" | json [5m])', canonical);
  prints('count_over_time({a="b"}[5m] |= "c" | json)', canonical);
  prints('count_over_time(({a="b"} |= "c" | json)[5m])', canonical);
  prints('count_over_time(({a="b"}[5m] |= "c" | json))', canonical);
  prints('rate({a="b"}[1h30m] offset -90s)', 'rate({a="b"}[1h30m] offset -1m30s)');
  prints('rate({a="b"}[1w] offset 1d |= "c")', 'rate({a="b"} |= "c"[1w] offset 24h0m0s)');
});

test('unwrap', () => {
  prints('sum_over_time({a="b"} | unwrap c [1m])', 'sum_over_time({a="b"} | unwrap c[1m])');
  prints(
    'max_over_time({a="b"} | json | unwrap duration(c) | __error__="" | d>5 [1m]) by (e, f)',
    'max_over_time({a="b"} | json | unwrap duration(c) | __error__="" | d>5[1m]) by (e,f)',
  );
  prints(
    'quantile_over_time(.99, {a="b"}[1m] offset 5m | unwrap bytes(c)) without ()',
    'quantile_over_time(0.99,{a="b"} | unwrap bytes(c)[1m] offset 5m0s) without ()',
  );
  refuses('{a="b"} | unwrap c', 'syntax error: unexpected |');
  refuses('sum_over_time({a="b"} | unwrap seconds(c) [1m])', 'unexpected (');
  refuses('sum_over_time({a="b"} | unwrap c | json [1m])', 'syntax error');
});

test('vector aggregations', () => {
  prints('sum by (a, b) (rate({c="d"}[1m]))', 'sum by (a,b)(rate({c="d"}[1m]))');
  prints('sum(rate({c="d"}[1m])) without (a)', 'sum without (a)(rate({c="d"}[1m]))');
  prints('SUM(RATE({c="d"}[1m])) BY ()', 'sum(rate({c="d"}[1m]))');
  prints('topk(3, rate({c="d"}[1m])) by (a)', 'topk by (a)(3,rate({c="d"}[1m]))');
  prints('approx_topk(3, sort_desc(vector(1)))', 'approx_topk(3,sort_desc(vector(1.000000)))');
  prints('label_replace(vector(.5), "a", "$1", "b", "(.*)")', 'label_replace(vector(0.500000),"a","$1","b","(.*)")');
});

test('operators', () => {
  const v = 'vector(1.000000)';
  prints(`${v} + ${v} * ${v} ^ ${v} ^ ${v}`, `(${v} + (${v} * (${v} ^ (${v} ^ ${v}))))`);
  prints(`${v} or ${v} and ${v} == ${v} - ${v}`, `(${v} or (${v} and (${v} == (${v} - ${v}))))`);
  prints(`${v} - ${v} - 1`, `((${v} - ${v}) - 1)`);
  prints(`${v} > bool on (a, b) group_left (c) ${v}`, `(${v} > bool on (a,b) group_left (c) ${v})`);
  prints(`${v} / ignoring (a) group_right (${v})`, `(${v} / ignoring (a) group_right ${v})`);
  prints(`${v} / ignoring () ${v}`, `(${v} / ${v})`);
  prints(`${v} > -1`, `(${v} > -1)`);
});

test('operations between literals are literals', () => {
  prints('1 + 2 * 3', '7');
  prints('-2 ^ 2', '4');
  prints('5 % 0', '(0 / 0)');
  prints('2 >= bool 2', '1');
  prints('1e21 * 10', '1e+22');
  prints('1 / 100000', '1e-05');
  prints('1e308 * -10', '(-2 ^ 1025)');
});

test('variants', () => {
  prints(
    'variants(count_over_time({a="b"}[1m]), vector(1)) of ({a="b"} | json [1m])',
    'variants(count_over_time({a="b"}[1m]), vector(1.000000)) of ({a="b"} | json[1m])',
  );
  refuses('variants(vector(1)) of ({a!="b"}[1m])', 'at least one regexp or equality matcher');
  refuses('variants() of ({a="b"}[1m])', 'unexpected )');
  refuses('1 + variants(vector(1)) of ({a="b"}[1m])', 'unexpected variants');
});

test('syntax errors say where', () => {
  refuses('', 'parse error at line 1, col 1: syntax error: unexpected $end');
  refuses('{a="b"', 'col 7: syntax error: unexpected $end, expecting }');
  refuses('{a="b",}', 'unexpected }, expecting IDENTIFIER');
  refuses('{a="b"} |=\n  c', 'parse error at line 2, col 3: syntax error: unexpected IDENTIFIER, expecting STRING or ip');
  refuses('{a="b}', 'col 4: literal not terminated');
  refuses('{a="\\q"}', 'unknown escape sequence');
  refuses('{a="b"} | c', 'unexpected $end');
  refuses('{a="b"} | c=="d"', 'unexpected STRING');
  refuses('{a="b"} | c>=ip("::1")', 'unexpected ip');
  refuses('rate({a="b"}[5m)', "missing closing ']' in duration");
  refuses('rate({a="b"}[5parsecs])', 'unknown unit');
  refuses('rate({a="b"})', 'unexpected )');
  refuses('sum(rate({a="b"}[1m])) by (c) by (d)', 'unexpected by');
  refuses('-vector(1)', 'unexpected VECTOR, expecting NUMBER');
  refuses('{a="b"} ; {c="d"}', "unexpected character ';'");
  try {
    parseLogql('{a="b"} |= 5');
    assert.fail('parsed');
  } catch (error) {
    assert.ok(error instanceof RequestError);
    assert.deepEqual([error.options.from, error.options.to], [11, 12]);
  }
});

test('what makes no sense is refused', () => {
  refuses('{}', 'queries require at least one regexp or equality matcher');
  refuses('{a=~".*", b!="c"}', 'queries require at least one');
  refuses('{a=~"("}', 'error parsing regexp');
  refuses('{a="b"} |~ "("', 'error parsing regexp');
  refuses('{a="b"} |> "<c>"', 'named captures are not allowed');
  refuses('{a="b"} | regexp "x"', 'invalid regexp parser: at least one named capture must be supplied');
  refuses('{a="b"} | regexp "(?P<c>.)(?P<c>.)"', "duplicate extracted label name 'c'");
  refuses('{a="b"} | pattern "x <_>"', 'at least one capture is required');
  refuses('{a="b"} | pattern "<c><d>"', 'found consecutive capture');
  refuses('{a="b"} | pattern "<c> <c>"', 'duplicate capture name (c)');
  refuses('{a="b"} | label_format c=d,c=e', "multiple label name 'c'");
  refuses('{a="b"} | c>0x10', 'unable to parse literal as a float');
  refuses('{a="b"} | c>1e999', 'value out of range');
  refuses('rate({a="b"}[1m]) by (c)', 'grouping not allowed for rate aggregation');
  refuses('rate(1, {a="b"}[1m])', 'parameter 1 not supported for operation rate');
  refuses('quantile_over_time({a="b"} | unwrap c [1m])', 'parameter required for operation quantile_over_time');
  refuses('bytes_rate({a="b"} | unwrap c [1m])', 'invalid aggregation bytes_rate with unwrap');
  refuses('avg_over_time({a="b"}[1m])', 'invalid aggregation avg_over_time without unwrap');
  refuses('topk(vector(1))', 'parameter required for operation topk');
  refuses('topk(1.5, vector(1))', 'invalid parameter topk(1.5,');
  refuses('bottomk(0, vector(1))', 'must be greater than 0');
  refuses('sum(1, vector(1))', 'unsupported parameter for operation sum(1,');
  refuses('approx_topk(1, vector(1)) by (c)', 'grouping not allowed for approx_topk aggregation');
  refuses('sort(vector(1)) by (c)', "sort and sort_desc doesn't allow grouping by");
  refuses('vector(1) or 1', 'unexpected literal for right leg of logical/set binary operation (or): 1.000000');
  refuses('vector(1) + {a="b"} | json', 'unexpected type for right leg of binary operation (+): *syntax.PipelineExpr');
  refuses('label_replace(vector(1), "a", "b", "c", "(")', 'invalid regex in label_replace');
});

test('length and depth are bounded', () => {
  refuses('x'.repeat(LOGQL_LENGTH_MAX), 'input size too long');
  refuses('('.repeat(5000), 'nested more than');
  refuses(`1${'^1'.repeat(5000)}`, 'nested more than');
  refuses(`vector(1)${'+vector(1)'.repeat(5000)}`, 'nested more than');
  refuses(`{a="b"} | c=1${',c=1'.repeat(5000)}`, 'nested more than');
  refuses(`rate(${'('.repeat(5000)}`, 'nested more than');
});

test('the other entries', () => {
  assert.deepEqual(parseSelector('{a="b"}'), [{ name: 'a', op: '=', value: 'b' }]);
  assert.deepEqual(parseSelector('{}', { mayTakeAll: true }), []);
  refuses('{}', 'queries require', parseSelector);
  refuses('{a="b"} |= "c"', 'unexpected |=', parseSelector);
  refuses('vector(1)', 'only log selector is supported', parseLogExpr);
  refuses('{a="b"}', 'only sample expression supported', parseMetricExpr);
});
