// Go's text/template: what templates make, and with which words they are refused. The expected texts are what Go itself gives.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { goFunction, textArg, type TemplateLimits } from './function.ts';
import { GoTime } from './go-time.ts';
import { TemplateError, TemplateSyntaxError } from './template-error.ts';
import { compileTemplate } from './template.ts';
import { goMap, type Value } from './value.ts';

const limits: TemplateLimits = { lengthMax: 1000, stepsMax: 500, depthMax: 20 };

const functions = new Map([
  ['list', goFunction('...any', (args) => args)],
  ['twice', goFunction('int string', (args) => textArg(args, 1).repeat(2))],
  ['double', goFunction('float64', ([x]) => (typeof x === 'number' ? x * 2 : 0))],
  ['add', goFunction('', () => goFunction('int int', ([a, b]) => (typeof a === 'bigint' && typeof b === 'bigint' ? a + b : 0n)))],
  ['at', goFunction('', () => GoTime.ofNs(1_700_000_000_123_456_789n))],
  ['zero', goFunction('', () => null)],
]);

const data = goMap(
  new Map<string, Value>([
    ['name', 'ann'],
    ['n', 3n],
    ['x', 1.5],
    ['items', ['a', 'b', 'c']],
    ['none', []],
    ['in', goMap(new Map<string, Value>([['k', 'v']]))],
    ['nil', null],
  ]),
);

function render(text: string): string {
  return compileTemplate(text, { name: 't', functions, missingKey: 'default', limits }).execute(data);
}

/** `[template, output]` */
const outputs: readonly (readonly [string, string])[] = [
  ['plain', 'plain'],
  ['{{.name}}-{{.n}}-{{.x}}', 'ann-3-1.5'],
  ['{{.missing}}|{{.nil}}|{{.in.k}}|{{.in.nope}}', '<no value>|<no value>|v|<no value>'],
  ['{{.items}} {{.in}} {{list}} {{list nil 1 "a b"}}', '[a b c] map[k:v] [] [<nil> 1 a b]'],
  // blanks that are trimmed, and comments
  ['a  {{- 1 -}}  b {{- /* c */ -}} d {{/* e */}}f', 'a1bd f'],
  ['{{- "x" }}\n{{ "y" -}}\n z', 'x\nyz'],
  ['{{"a" |\n printf "%s"}}', 'a'],
  // conditions
  ['{{if .name}}y{{else}}n{{end}}{{if .none}}y{{else}}n{{end}}{{if .missing}}y{{end}}', 'yn'],
  ['{{if eq .n 1}}1{{else if eq .n 3}}3{{else}}?{{end}}', '3'],
  ['{{with .in}}{{.k}}{{$.name}}{{end}}{{with .none}}{{else}}e{{end}}', 'vanne'],
  ['{{with .none}}a{{else with .in}}{{.k}}{{else}}c{{end}}', 'v'],
  // loops
  ['{{range .items}}{{.}},{{end}}{{range .none}}{{else}}-{{end}}', 'a,b,c,-'],
  ['{{range $i, $e := .items}}{{$i}}{{$e}}{{end}}{{range $e := .items}}{{$e}}{{end}}', '0a1b2cabc'],
  ['{{range $k, $v := .in}}{{$k}}={{$v}}{{end}}{{range 3}}{{.}}{{end}}{{range $i := 2}}{{$i}}{{end}}', 'k=v01201'],
  ['{{range .items}}{{if eq . "b"}}{{continue}}{{end}}{{.}}{{if eq . "c"}}{{break}}{{end}}{{end}}', 'ac'],
  // variables
  ['{{$a := 1}}{{if true}}{{$a = 2}}{{$a := 3}}{{$a}}{{end}}{{$a}}', '32'],
  ['{{$m := .in}}{{$m.k}}{{($m).k}}{{$.in.k}}', 'vvv'],
  // templates within
  ['{{define "T"}}<{{.}}{{$}}>{{end}}{{template "T" .n}}{{template "T"}}', '<33><<no value><no value>>'],
  ['{{block "B" .name}}[{{.}}]{{end}}{{template "B" 1}}', '[ann][1]'],
  // literals
  ['{{0x1F}} {{0b11}} {{0o17}} {{017}} {{1_000}} {{.5}} {{1e3}} {{-3}} {{0x1p4}} {{true}}', '31 3 15 15 1000 0.5 1000 -3 16 true'],
  [`{{'a'}} {{'\\n'}} {{"q\\tü\\x41"}} {{\`r\\n\`}}`, '97 10 q\tüA r\\n'],
  // pipelines and calls
  ['{{.name | printf "%s-%s" "b" | printf "<%s>"}}', '<b-ann>'],
  ['{{twice 2 "a"}}{{"b" | twice 2}}{{double 2}}{{double .x}}', 'aabb43'],
  ['{{call add 1 2}}{{(call add 1 2) | print}}', '33'],
  ['{{and 1 0 2}} {{and 1 2}} {{or 0 "" "x"}} {{not 1}} {{or .missing "d"}} {{1 | and 2}}', '0 2 x false d 1'],
  // comparisons
  [
    '{{eq 1 2 1}} {{ne 1 2}} {{lt 1 2}} {{le 2 2}} {{gt "b" "a"}} {{ge 1.5 2.5}} {{eq .nil nil}} {{eq "a" .missing}}',
    'true true true true true false true false',
  ],
  // elements
  ['{{len "héllo"}} {{len .items}} {{len .in}} {{index .items 1}} {{index .in "k"}} {{index "abc" 1}}', '6 3 1 b v 98'],
  ['{{slice "abcdef" 1 3}} {{slice .items 1}} {{slice .items 0 1 2}} {{slice "ab"}}', 'bc [b c] [a] ab'],
  ['{{print 1 2 "a" "b" 3 4.0 true nil}}|{{println "a" 1}}', '1 2ab3 4 true <nil>|a 1\n'],
  [
    `{{html "<a&'\\">"}} {{js "it's <b> & é"}} {{urlquery "a b&c/é~!*"}}`,
    "&lt;a&amp;&#39;&#34;&gt; it\\'s \\u003Cb\\u003E \\u0026 é a+b%26c%2F%C3%A9~%21%2A",
  ],
  // times
  [
    '{{at}} {{at.Unix}} {{at.UnixMilli}} {{at.UnixNano}} {{at.Year}} {{at.Month}} {{at.Weekday}} {{at.YearDay}}',
    '2023-11-14 22:13:20.123456789 +0000 UTC 1700000000 1700000000123 1700000000123456789 2023 November Tuesday 318',
  ],
  [
    '{{at.Format "02 Jan 06"}} {{(at.Add 1500000000).Sub at}} {{printf "%d" (at.Add 5).Nanosecond}} {{(at.AddDate 0 4 0).Format "2006-01-02"}}',
    '14 Nov 23 1.5s 123456794 2024-03-14',
  ],
];

for (const [text, output] of outputs) test(`makes ${text}`, () => assert.equal(render(text), output));

/** `[template, what it fails with]` */
const failures: readonly (readonly [string, string])[] = [
  ['{{.name.x}}', 't:1:7: executing "t" at <.name.x>: can\'t evaluate field x in type string'],
  ['{{.name "x"}}', 't:1:2: executing "t" at <.name>: name is not a method but has arguments'],
  ['é\n {{len 3}}', 't:2:3: executing "t" at <len 3>: error calling len: len of type int'],
  ['é {{len 3}}', 't:1:5: executing "t" at <len 3>: error calling len: len of type int'],
  ['{{twice "a" "b"}}', 't:1:8: executing "t" at <"a">: expected integer; found "a"'],
  ['{{twice .x "b"}}', 't:1:8: executing "t" at <.x>: wrong type for value; expected int; got float64'],
  ['{{twice 1}}', 't:1:2: executing "t" at <twice>: wrong number of args for twice: want 2 got 1'],
  ['{{.missing | twice 1}}', 't:1:19: executing "t" at <1>: invalid value; expected string'],
  ['{{zero | twice 1}}', 't:1:15: executing "t" at <1>: invalid value; expected string'],
  ['{{eq 1 1.0}}', 't:1:2: executing "t" at <eq 1 1.0>: error calling eq: incompatible types for comparison'],
  ['{{index .items 9}}', 't:1:2: executing "t" at <index .items 9>: error calling index: index out of range: 9'],
  ['{{template "T"}}', 't:1:11: executing "t" at <{{template "T"}}>: template "T" not defined'],
  ['{{range .x}}{{end}}', 't:1:8: executing "t" at <.x>: range can\'t iterate over 1.5'],
  ['{{define "T"}}{{len 1}}{{end}}{{template "T"}}', 't:1:16: executing "T" at <len 1>: error calling len: len of type int'],
  ['{{nil}}', 't:1:2: executing "t" at <nil>: nil is not a command'],
  ['{{(print 1) 2}}', 't:1:2: executing "t" at <(print 1) 2>: can\'t give argument to non-function print 1'],
  // what would cost too much
  ['{{define "T"}}{{template "T"}}{{end}}{{template "T"}}', 'exceeded maximum template depth (20)'],
  ['{{range 9999}}{{end}}', 'more than 500 steps'],
  ['{{range 100}}{{"0123456789abcdef"}}{{end}}', 'output of more than 1000 characters'],
  ['{{printf "%900000d" 1}}', 'error calling printf: result of 900000 characters, 1000 at most'],
  ['{{printf "%300v" .items}}', 'error calling printf: result of 1200 characters, 1000 at most'],
];

for (const [text, message] of failures) {
  test(`fails on ${text}`, () => {
    assert.throws(
      () => render(text),
      (error) => (error instanceof TemplateError && error.message.endsWith(message) ? true : assert.fail(String(error))),
    );
  });
}

/** `[template, why it is none]` */
const refusals: readonly (readonly [string, string])[] = [
  ['{{', 'unclosed action'],
  ['{{.a', 'unclosed action'],
  ['{{}}', 'missing value for command'],
  ['{{if}}{{end}}', 'missing value for if'],
  ['{{if 1}}', 'unexpected EOF'],
  ['{{end}}', 'unexpected {{end}}'],
  ['{{else}}', 'unexpected {{else}}'],
  ['{{if 1}}{{else}}{{else}}{{end}}', 'expected end; found {{else}}'],
  ['{{foo}}', 'function "foo" not defined'],
  ['{{$x}}', 'undefined variable "$x"'],
  ['{{"a}}', 'unterminated quoted string'],
  ['{{`a}}', 'unterminated raw quoted string'],
  ["{{'ab'}}", "malformed character constant: 'ab'"],
  ['{{1a}}', 'bad number syntax: "1a"'],
  ['{{"x".y}}', 'unexpected . after term "\\"x\\""'],
  ['{{1 | 2}}', 'non executable command in pipeline stage 2'],
  ['{{(print}}', 'unclosed left paren'],
  ['{{print)}}', 'unexpected ")" in command'],
  ['{{/* a }}', 'unclosed comment'],
  ['{{/* a */ b}}', 'comment ends before closing delimiter'],
  ['{{%}}', 'unexpected "%" in command'],
  ['{{.a!}}', "bad character U+0021 '!'"],
  ['{{$a, $b := 1}}', 'too many declarations in command'],
  ['{{break}}', '{{break}} outside {{range}}'],
  ['{{template x}}', 'unexpected "x" in template clause'],
  ['{{define "a"}}x{{end}}{{define "a"}}y{{end}}', 'template: multiple definition of template "a"'],
  ['{{define "a"}}', 'unexpected EOF'],
  ['{{if 1}}'.repeat(300), 'max expression depth exceeded'],
  [`{{${'('.repeat(300)}`, 'max expression depth exceeded'],
  ['{{1i}}', 'complex numbers are not supported: 1i'],
];

for (const [text, message] of refusals) {
  test(`refuses ${text.slice(0, 60)}`, () => {
    assert.throws(
      () => render(text),
      (error) =>
        error instanceof TemplateSyntaxError && error.message === `template: t:1: ${message}` ? true : assert.fail(String(error)),
    );
  });
}

test('a missing key is an error where that is asked for, or the zero of the map', () => {
  const error = compileTemplate('{{.nope}}', { name: 't', functions, missingKey: 'error', limits });
  assert.throws(() => error.execute(data), /map has no entry for key "nope"/);
  const zero = compileTemplate('[{{.nope}}]', { name: 't', functions, missingKey: 'zero', limits });
  assert.equal(zero.execute(goMap(new Map(), 'map[string]string', '')), '[]');
});
