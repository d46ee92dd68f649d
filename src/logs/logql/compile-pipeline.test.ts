// Each stage by what it makes of a line: the stages, the line, and the labels behind them (or that the line is dropped).

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RequestError } from '../../base/request-error.ts';
import { labelsOfRecord, labelsRecord } from '../../query/labels.ts';
import type { PipelineHints } from './compile-pipeline.ts';
import { compilePipeline } from './compile-pipeline.ts';
import { LineLabels } from './line-labels.ts';
import { parseLogExpr } from './parse.ts';

type Found = Readonly<Record<string, string>>;
const DROPPED = 'dropped';

/** What the stages are given besides the line. */
interface Given extends PipelineHints {
  readonly stream?: Found;
  readonly metadata?: Found;
}

function run(stages: string, text: string, { stream = {}, metadata = {}, needed }: Given = {}): Found | typeof DROPPED {
  const pipeline = compilePipeline(parseLogExpr(`{stream="x"} ${stages}`).stages, { needed });
  const labels = new LineLabels();
  labels.reset(labelsOfRecord(stream), labelsOfRecord(metadata));
  const line = { tsNs: 1_700_000_000_123_456_789n, text, labels };
  if (!pipeline.process(line)) return DROPPED;
  return { ...labelsRecord(labels.labels()), ...(line.text === text ? {} : { line: line.text }) };
}

type Row = readonly [stages: string, text: string, expected: Found | typeof DROPPED, given?: Given];

function table(name: string, rows: readonly Row[]): void {
  test(name, () => {
    for (const [stages, text, expected, given] of rows) {
      assert.deepEqual(run(stages, text, given), expected, `${stages} on ${text} with ${JSON.stringify(given)}`);
    }
  });
}

const failed = (error: string, details?: string): Found => ({
  __error__: error,
  ...(details === undefined ? {} : { __error_details__: details }),
});

table('line filters', [
  ['|= `err`', 'an error', {}],
  ['|= `err`', 'all well', DROPPED],
  ['|= `` ', 'anything', {}],
  ['|= `a` or `b`', 'xbx', {}],
  ['!= `a` or `b`', 'xbx', DROPPED],
  ['!= `a` or `b`', 'xcx', {}],
  ['|~ `a.c`', 'xabcx', {}],
  ['|~ `^abc$`', 'xabc', DROPPED],
  ['|~ `.*(foo|bar).*`', 'a bar', {}],
  ['|~ `a.c`', 'a\nc', DROPPED], // a dot is no newline
  ['|~ `a\\.*`', 'b', DROPPED], // an escaped dot is no wildcard
  ['|~ `(?i)Straße|x`', 'STRASSE straße', {}],
  ['|~ `(?i)k`', '\u212A', {}], // the sign of Kelvin folds to k
  ['!~ `(?i)error`', 'ERROR', DROPPED],
  ['|~ `a|`', 'zzz', {}], // an empty alternative is everywhere
]);

table('patterns of line filters', [
  ['|> `<_> GET <_>`', 'ip GET /', {}],
  ['|> `<_> GET <_>`', ' GET /', DROPPED], // a gap holds something
  ['|> `<_>GET <_>`', 'xGET /', {}],
  ['|> `ip <_> end`', 'ip x end more', DROPPED],
  ['|> `exact`', 'exact', {}],
  ['|> `exact`', 'exactly', DROPPED],
  ['!> `<_> GET <_>`', 'ip GET /', DROPPED],
  ['|> ``', '', {}],
  ['|> ``', 'x', DROPPED],
]);

table('addresses', [
  ['|= ip(`10.0.0.0/8`)', 'from 10.200.3.4:80', {}],
  ['|= ip(`10.0.0.0/8`)', 'from 11.200.3.4', DROPPED],
  ['|= ip(`10.0.0.1-10.0.0.9`)', 'x 10.0.0.9.', DROPPED], // a dot more is no address
  ['|= ip(`10.0.0.1-10.0.0.9`)', 'x 10.0.0.9', {}],
  ['!= ip(`10.0.0.1`)', 'x 10.0.0.1 y', DROPPED],
  ['|= ip(`10.0.0.1`) or `yes`', 'yes', {}],
  ['|= ip(`2001:db8::/32`)', 'at 2001:0db8::ff.', DROPPED],
  ['|= ip(`2001:db8::/32`)', 'at [2001:0db8::ff]', {}],
  ['|= ip(`::ffff:10.0.0.1`)', 'at ::ffff:a00:1', {}],
  ['|= ip(`10.0.0.1`)', 'at ::ffff:10.0.0.1', DROPPED], // another family
  ['|= ip(`10.0.0.1`)', 'at 010.0.0.1', DROPPED],
  ['| addr = ip(`fe80::1-fe80::9`)', '', { addr: 'fe80::5' }, { metadata: { addr: 'fe80::5' } }],
  ['| logfmt | addr = ip(`fe80::1-fe80::9`)', 'addr=fe80::5', { addr: 'fe80::5' }],
  ['| logfmt | addr != ip(`fe80::1-fe80::9`)', 'addr=fe80::5', DROPPED],
  ['| logfmt | addr != ip(`fe80::1-fe80::9`)', 'other=x', DROPPED],
]);

table('json', [
  ['| json', '{"a":"x","b":1.50,"c":true,"d":null,"e":[1],"f":{"g":{"h":"i"}}}', { a: 'x', b: '1.50', c: 'true', f_g_h: 'i' }],
  ['| json', '{"a":"first","a":"second"}', { a: 'first' }],
  ['| json', '{"a.b-c":"1","9":"2","ü":"3"," d ":"4"}', { a_b_c: '1', _9: '2', _: '3', d: '4' }],
  ['| json', '{"a":{"9":"x"," ":"y"}}', { a_9: 'x', a: 'y' }],
  ['| json', '{"":1," ":{" b ":2}}', { b: '2' }],
  ['| json', '{"x":{" y ":1,"":2}," z ":3}', { x: 's', x__extracted: '2', x_y: 's', x_y__extracted: '1', z: 's', z_extracted: '3' }, { stream: { x: 's', x_y: 's', z: 's' } }], // prettier-ignore
  ['| json', String.raw`{"a":"\u00e4\n\"\ud83d\ude00","b\u0063":"1"}`, { a: 'ä\n"😀', bc: '1' }],
  ['| json', String.raw`{"a":"\ud83d","b":"\x","c":"ok"}`, { a: '', b: '', c: 'ok' }], // broken escapes leave nothing
  ['| json', '{"a":"x\uFFFDy"}', { a: 'x y' }],
  ['| json', '  {"a":"x",}  trailing', { a: 'x' }],
  ['| json', '{"app":"x","pod":"y"}', { app: 'keep', app_extracted: 'x', pod: 'meta', pod_extracted: 'y' }, { stream: { app: 'keep' }, metadata: { pod: 'meta' } }], // prettier-ignore
  ['| json', '{}', {}],
  ['| json', '', failed('JSONParserErr', "Value looks like object, but can't find closing '}' symbol")],
  ['| json', '[1]', failed('JSONParserErr', "Value looks like object, but can't find closing '}' symbol")],
  ['| json', '{"a":"1","b":"2', { a: '1', ...failed('JSONParserErr', `Value is string, but can't find closing '"' symbol`) }],
  ['| json', '{"a":"1","b":{"c":"2"', { a: '1', ...failed('JSONParserErr', "Value looks like object, but can't find closing '}' symbol") }],
  ['| json', '{"a":tru}', failed('JSONParserErr', 'Unknown value type')],
  ['| json', '{"a" "b"}', failed('JSONParserErr', 'Malformed JSON error')],
  ['| json', '{"\\x":1}', failed('JSONParserErr', 'Encountered an invalid escape sequence in a string')],
  ['| json | json', '{"a":"x"}', { a: 'x' }],
  ['| json | logfmt', '{"a":"x"}', { a: 'x' }],
]);

const DOCUMENT = '{"a":{"b":["x",{"c":"y"}],"d":"z"},"n":null,"o":{"p":1}, "q r":"s"}';

table('json with expressions', [
  ['| json x="a.b[0]", y=`a["b"][1].c`, z="a.d"', DOCUMENT, { x: 'x', y: 'y', z: 'z' }],
  ['| json x="a.b[5]", y="nope", n="n"', DOCUMENT, { x: '', y: '', n: '' }],
  ['| json x="a.b", y="o", z=`["q r"]`', DOCUMENT, { x: '["x",{"c":"y"}]', y: '{"p":1}', z: 's' }],
  ['| json x="o", y="o.p"', DOCUMENT, { x: '{"p":1}', y: '1' }],
  ['| json x="[1].c"', '[0, {"c":"y"}]', { x: 'y' }],
  ['| json a="a"', '{"a":"1"}', { a: 'stream', a_extracted: '1' }, { stream: { a: 'stream' } }],
  ['| json a="a", b="b"', '{"a":"1","b":', { a: '1', b: '' }],
  [
    '| json a="a", b="b"',
    '{"a":"1","b":"2',
    { a: '1', b: '', ...failed('JSONParserErr', `Value is string, but can't find closing '"' symbol`) },
  ],
  ['| json a="a"', '{"a":"1", broken', { a: '1' }], // all is found before it breaks
  ['| json a="a"', 'text', failed('JSONParserErr')],
  ['| json a="a"', '', {}],
]);

table('logfmt', [
  ['| logfmt', 'a=1 b="two words" c="q\\"t\\n" d', { a: '1', b: 'two words', c: 'q"t\n' }],
  ['| logfmt --keep-empty', 'a= b="" c', { a: '', b: '', c: '' }],
  ['| logfmt', 'a=1 a=2', { a: '1' }],
  ['| logfmt', 'a.b=1 9=2 ü=3', { a_b: '1', _9: '2', _: '3' }],
  ['| logfmt', 'a=1 "junk" b=2 x=y"z c=3', { a: '1', b: '2', c: '3' }],
  ['| logfmt --strict', 'a=1 "junk" b=2', { a: '1', ...failed('LogfmtParserErr', `logfmt syntax error at pos 5 : unexpected '"'`) }],
  ['| logfmt --strict', 'ä=1 b="x', { _: '1', ...failed('LogfmtParserErr', 'logfmt syntax error at pos 10 : unterminated quoted value') }],
  ['| logfmt --strict', 'a="\\x" b=1', failed('LogfmtParserErr', 'logfmt syntax error at pos 7 : invalid quoted value')],
  ['| logfmt', 'app=x', { app: 'keep', app_extracted: 'x' }, { stream: { app: 'keep' } }],
  ['| logfmt x="a", b', 'a=1 b=2 c=3', { x: '1', b: '2' }],
  ['| logfmt x="a", y="nope"', 'a=1', { x: '1', y: '' }],
  ['| logfmt x="a"', 'a=1 a=2', { x: '2' }],
  ['| logfmt x="a", y="a"', 'a=1', { x: '1', y: '' }],
  ['| logfmt x="a", x="b"', 'a=1 b=2', { x: '2' }],
  ['| logfmt x="a"', 'x=1', { x: '1' }],
  ['| logfmt app', 'app=1', { app: 'keep', app_extracted: '1' }, { metadata: { app: 'keep' } }],
  ['| logfmt --strict x="a"', 'a=1 ==', { x: '1', ...failed('LogfmtParserErr', "logfmt syntax error at pos 5 : unexpected '='") }],
]);

table('regexp, pattern and unpack', [
  ['| regexp `(?P<a>\\w+)=(?P<b>\\d+)?`', 'k=', { a: 'k', b: '' }],
  ['| regexp `(?P<a>\\d+)`', 'none', {}],
  ['| pattern `<a> - <_> <b>`', 'x - y z w', { a: 'x', b: 'z w' }],
  ['| pattern `<a> - <b>`', 'x', { a: 'x' }],
  ['| pattern `head <a>`', 'x', {}],
  ['| pattern `<a>;`', 'x;y', { a: 'x' }],
  ['| unpack', '{"a":"1","n":2,"_entry":"the line"}', { a: '1', line: 'the line' }],
  ['| unpack', '{"a":"1"}', {}],
  ['| unpack', 'text', failed('JSONParserErr', 'expecting json object(6), but it is not')],
  ['| unpack', '{"a":"1","_entry":"x"', failed('JSONParserErr', "Value is array, but can't find closing ']' symbol")],
]);

table('label filters', [
  ['| logfmt | n > 5', 'n=6', { n: '6' }],
  ['| logfmt | n > 5', 'n=5', DROPPED],
  ['| logfmt | n > 5', 'm=6', DROPPED], // without the label nothing compares
  ['| logfmt | n != 5', 'm=6', DROPPED],
  ['| logfmt | n == 1e3', 'n=1000', { n: '1000' }],
  ['| logfmt | d >= 1.5s', 'd=1500ms', { d: '1500ms' }],
  ['| logfmt | d < 1m', 'd=-2h', { d: '-2h' }],
  ['| logfmt | b > 1KB', 'b=1KiB', { b: '1KiB' }],
  ['| logfmt | b == 1000', 'b=1KB', { b: '1KB', ...failed('LabelFilterErr', 'strconv.ParseFloat: parsing "1KB": invalid syntax') }],
  ['| logfmt | n > 5 or m = "x"', 'm=x', { m: 'x' }],
  ['| logfmt | n > 5, m = "x"', 'n=6 m=y', DROPPED],
  ['| logfmt | m = ""', 'n=6', { n: '6' }],
  ['| logfmt | m =~ "a.*"', 'm=ba', DROPPED],
  ['| json | __error__ = ""', 'text', DROPPED],
  ['| json | __error__ = ""', '{}', {}],
  ['| json | __error__ > 0', 'text', DROPPED], // an error is no label that converts
  ['| json | __error_details__ != ""', 'text', DROPPED],
  ['| json | __error__ != ""', 'text', failed('JSONParserErr', "Value looks like object, but can't find closing '}' symbol")],
]);

table('labels chosen, renamed and taken away', [
  ['| logfmt | drop a, b="x"', 'a=1 b=y c=3', { b: 'y', c: '3' }],
  ['| logfmt | keep a, b="x", s', 'a=1 b=y c=3', { a: '1', s: '1' }, { stream: { s: '1', t: '2' } }],
  ['| drop s', '', {}, { stream: { s: '1' } }],
  ['| drop s | logfmt', 's=2', { s_extracted: '2' }, { stream: { s: '1' } }], // the stream had it, dropped or not
  ['| drop s | logfmt', 's=2', { s: '2' }, { metadata: { s: '1' } }],
  ['| json | drop __error__', 'text', { __error_details__: "Value looks like object, but can't find closing '}' symbol" }],
  [
    '| json | keep a',
    'text',
    failed('JSONParserErr', "Value looks like object, but can't find closing '}' symbol"),
    { stream: { s: '1' } },
  ],
  ['| decolorize', '\u001B[1;31mred\u001B[0m', { line: 'red' }],
]);

table('lines and labels written anew', [
  ['| logfmt | line_format `{{.b}}-{{.a | ToUpper}}`', 'a=x b=y', { a: 'x', b: 'y', line: 'y-X' }],
  ['| line_format `{{ __line__ }}!`', 'x', { line: 'x!' }],
  ['| logfmt | label_format c=a, d=`{{.b}}{{.a}}`', 'a=x b=y', { b: 'y', c: 'x', d: 'y' }], // renamed before the template runs
  ['| logfmt | label_format a=`{{.b}}`, b=`{{.a}}`', 'a=x b=y', { a: 'y', b: 'x' }], // templates see what was before
  ['| label_format a=b', '', {}],
  ['| label_format s=t', '', { s: 'meta' }, { stream: { s: 'stream' }, metadata: { t: 'meta' } }],
  ['| label_format n=s | json', '{"n":"x","s":"y"}', { n: '1', s_extracted: 'y' }, { stream: { s: '1' } }], // what was set stays
  ['| line_format `{{ now "x" }}`', 'line', failed('TemplateFormatErr', 'template: line:1:3: executing "line" at <now>: wrong number of args for now: want 0 got 1')], // prettier-ignore
]);

table('what nobody looks at is not found', [
  ['| json | line_format `{{.a}}`', '{"a":"1","b":"2"}', { a: '1', line: '1' }, { needed: new Set<string>() }],
  ['| json | label_format n=a', '{"a":"1","b":"2"}', { n: '1' }, { needed: new Set(['n']) }],
  ['| json', '{"a":"1","b":"2"}', { b: '2' }, { needed: new Set(['b']) }],
  ['| json', '{"a":"1","b":', { a: '1' }, { needed: new Set(['a']) }], // the rest is not read
  ['| json', '{"a":"1","b":', {}, { needed: new Set<string>() }],
  ['| json | b > 1', '{"a":"1","b":"2"}', { b: '2' }, { needed: new Set<string>() }],
  ['| json', '{"a":{"b":"1","c":"2"},"d":{"e":"3"}}', { a_b: '1' }, { needed: new Set(['a_b']) }],
  ['| logfmt', 's=2 t=3', { s: '1', s_extracted: '2' }, { stream: { s: '1' }, needed: new Set(['s_extracted']) }],
  ['| logfmt --strict', '== a=1', { __preserve_error__: 'true', ...failed('LogfmtParserErr', "logfmt syntax error at pos 1 : unexpected '='") }, { needed: new Set(['__error__']) }], // prettier-ignore
]);

test('each value once', () => {
  const pipeline = compilePipeline(parseLogExpr('{a="b"} | logfmt | distinct k').stages);
  const labels = new LineLabels();
  const kept = ['k=1', 'k=2', 'k=1', 'j=1', 'k=3'].filter((text) => {
    labels.reset([], []);
    return pipeline.process({ tsNs: 0n, text, labels });
  });
  assert.deepEqual(kept, ['k=1', 'k=2', 'k=3']);
});

const REFUSED = [
  '| json x="a..b"',
  '| json x="a b"',
  '| json x="[1.5]"',
  '| json x=""',
  '| json x="a."',
  '| json x=`["a`',
  '| logfmt x="a b"',
  '|= ip(`10.0.0`)',
  '|= ip(`10.0.0.9-10.0.0.1`)',
  '|= ip(`10.0.0.0/33`)',
  '|= ip(`1::2::3`)',
  '| a = ip(`10.0.0.1-::1`)',
];

test('what is no path, key or address is refused', () => {
  for (const stages of REFUSED) {
    assert.throws(
      () => run(stages, ''),
      (error) => error instanceof RequestError && error.code === 'bad_data',
      stages,
    );
  }
});
