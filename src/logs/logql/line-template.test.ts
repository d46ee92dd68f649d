// The templates of `line_format` and `label_format`: every function of the peer, on the labels of a line.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { TemplateError } from '../../query/template/template-error.ts';
import { compileLineTemplate, type TemplateLine } from './line-template.ts';

const labels = new Map([
  ['app', 'Shop'],
  ['b64', 'w7w/'],
  ['empty', ''],
  ['json', '{"a":[1,2.5,"x",null,true],"o":{"k":"v"}}'],
  ['n', '7'],
  ['path', '/api/v1/users'],
  ['text', 'héllo wörld'],
  ['took', '1m30.5s'],
  ['ts', '2024-03-10 01:30:00'],
]);

const line: TemplateLine = {
  tsNs: 1_700_000_000_123_456_789n,
  text: 'the line',
  labels: { get: (name) => labels.get(name), labels: () => [...labels].flat() },
};

function render(text: string): string {
  return compileLineTemplate(text, { nowMs: () => 1_700_000_000_500 }).render(line);
}

/** `[template, output]` */
const outputs: readonly (readonly [string, string])[] = [
  ['', ''],
  ['{{.app}} {{.nope}}|{{.empty}}|{{__line__}}', 'Shop ||the line'],
  ['{{ .app -}} : {{- __line__ | upper }}', 'Shop:THE LINE'],
  ['{{ __timestamp__ }}', '2023-11-14 22:13:20.123456789 +0000 UTC'],
  ['{{range $k, $v := .}}{{if eq $k "n"}}{{$k}}={{$v}}{{end}}{{end}} {{len .}}', 'n=7 9'],
  // texts
  ['{{ToLower .app}} {{ToUpper .app}} {{lower .app}} {{upper "ß"}} {{title "ab cd-ef g_h 1a éa"}}', 'shop SHOP shop SS Ab Cd-Ef G_h 1a Éa'],
  ['{{Trim "--a-" "-"}} {{TrimLeft "--a-" "-"}} {{TrimRight "--a-" "-"}} {{trimAll "$€" "€$5$"}}', 'a a- --a 5'],
  [
    '{{TrimPrefix .path "/api"}} {{TrimSuffix .path "users"}} {{trimPrefix "/api" .path}} {{trimSuffix "/users" .path}}',
    '/v1/users /api/v1/ /v1/users /api/v1',
  ],
  ['[{{TrimSpace "\\t a\\u0085 "}}] [{{trim "  b\\u00a0"}}] [{{trimSpace "\\ufeffc"}}]', '[a] [b] [\ufeffc]'],
  [
    '{{Replace "aaaa" "a" "b" 2}} {{Replace "aa" "a" "b" -1}} {{replace "a" "" "banana"}} {{replace "" "-" "ab"}} {{Replace "ab" "" "-" 1}}',
    'bbaa bb bnn -a-b- -ab',
  ],
  ['{{contains "op" .app}} {{hasPrefix "/api" .path}} {{hasSuffix "x" .path}}', 'true true false'],
  ['{{trunc 3 .text}} {{trunc -3 .text}} {{trunc 99 .text}} {{trunc -99 .text}} {{trunc 0 .text}}', 'hél rld héllo wörld héllo wörld '],
  ['{{substr 1 3 .text}} {{substr -1 3 .text}} {{substr 6 -1 .text}} {{substr 3 2 .text}} {{substr 6 99 .text}}', 'él hél wörld  wörld'],
  [
    '[{{alignLeft 7 .app}}] [{{alignRight 7 .app}}] [{{alignLeft 2 .app}}] [{{alignRight 2 .app}}] [{{alignLeft -1 .app}}]',
    '[Shop   ] [   Shop] [Sh] [op] [Shop]',
  ],
  ['{{repeat 3 "ab"}} {{indent 2 "a\\nb"}}{{nindent 1 "c\\nd"}}', 'ababab   a\n  b\n c\n d'],
  [
    '{{regexReplaceAll "(h)(é)" .text "$2${1}"}} {{regexReplaceAll "x*" "abc" "-"}} {{regexReplaceAll "(?P<v>o)" "foo" "<${v}$$>"}}',
    'éhllo wörld -a-b-c- f<o$><o$>',
  ],
  ['{{regexReplaceAllLiteral "l+" .text "$1"}} {{count "l" .text}} {{count "x*" "abc"}} {{count "^" "a\\nb"}}', 'hé$1o wör$1d 3 4 1'],
  [
    '{{urlencode "a b/ü"}} {{urldecode "a+b%2F%C3%BC"}} {{b64enc "ü?"}} {{b64dec .b64}} {{b64dec "YQ"}} {{b64dec "!"}}',
    'a+b%2F%C3%BC a b/ü w7w/ ü? a illegal base64 data at input byte 0',
  ],
  ['{{default "-" .nope}}{{default "-" .empty}}{{default "-" .app}}{{.n | default "0"}}', '--Shop7'],
  // numbers
  ['{{add .n 1 2}} {{sub .n 10}} {{mul .n 2 3}} {{div .n 2}} {{mod .n 4}} {{add "x" 1}} {{add "1.00" 1}}', '10 -3 42 3 3 1 2'],
  [
    '{{addf 0.1 0.2}} {{subf 1 0.9}} {{mulf 1.1 1.1}} {{divf 1 3}} {{divf 10 2 4}} {{addf 1000000 0.5}}',
    '0.3 0.1 1.21 0.3333333333333333 1.25 1.0000005e+06',
  ],
  [
    '{{max .n 9 3}} {{min .n 9}} {{maxf 1.5 .n}} {{minf 1.5 .n}} {{ceil "1.2"}} {{floor -1.2}} {{round 2.345 2}} {{round 2.34 1 0.3}} {{int "42"}} {{float64 "1.5"}} {{int "x"}} {{int 3.9}}',
    '9 7 7 1.5 2 -2 2.35 2.4 42 1.5 0 3',
  ],
  ['{{bytes "2KiB"}} {{duration .took}} {{duration_seconds "300ms"}}', '2048 90.5 0.3'],
  [
    '{{int "08"}} {{int "010"}} {{int "0x1f"}} {{add "9223372036854775807" 1}} {{int "9223372036854775808"}}',
    '8 8 31 -9223372036854775808 0',
  ],
  // times
  ['{{__timestamp__ | date "05.00Z00:00"}}', '20.12Z00:00'],
  [
    '{{now}} {{unixEpoch now}} {{__timestamp__ | date "2006-01-02T15:04:05.000Z07:00"}} {{date "2006" 0}}',
    '2023-11-14 22:13:20.5 +0000 UTC 1700000000 2023-11-14T22:13:20.123Z 1970',
  ],
  [
    '{{unixEpoch __timestamp__}} {{unixEpochMillis __timestamp__}} {{unixEpochNanos __timestamp__}}',
    '1700000000 1700000000123 1700000000123456789',
  ],
  [
    '{{toDate "2006-01-02 15:04:05" .ts | unixEpoch}} {{toDateInZone "2006-01-02 15:04:05" "America/New_York" .ts}} {{toDateInZone "2006" "Nowhere" "2020"}}',
    '1710034200 2024-03-10 01:30:00 -0500 EST 2020-01-01 00:00:00 +0000 UTC',
  ],
  ['{{toDate "2006" "x"}}', '0001-01-01 00:00:00 +0000 UTC'],
  [
    '{{unixToTime "19000"}} {{unixToTime "1700000000123"}} {{(unixToTime "1700000000").Format "15:04"}}',
    '2022-01-08 00:00:00 +0000 UTC 2023-11-14 22:13:20.123 +0000 UTC 22:13',
  ],
  // JSON
  [
    '{{$j := fromJson .json}}{{index $j.a 1}} {{$j.o.k}} {{range $j.a}}<{{.}}>{{end}} {{$j}}',
    '2.5 v <1><2.5><x><<no value>><true> map[a:[1 2.5 x <nil> true] o:map[k:v]]',
  ],
  ['[{{fromJson "{"}}]', '[<no value>]'],
  ['{{printf "%-6.3s|%05d|%s" .path (int .n) .app}}', '/ap   |00007|Shop'],
];

for (const [text, output] of outputs) test(`renders ${text}`, () => assert.equal(render(text), output));

/** `[template, end of the error]` */
const failures: readonly (readonly [string, string])[] = [
  ['{{.app | now}}', 'template: line:1:9: executing "line" at <now>: wrong number of args for now: want 0 got 1'],
  ['{{div .n 0}}', 'executing "line" at <div .n 0>: error calling div: runtime error: integer divide by zero'],
  ['{{divf 1 0}}', 'error calling divf: decimal division by 0'],
  ['{{count "(" .app}}', 'error calling count: error parsing regexp: missing closing ): `(`'],
  ['{{duration "x"}}', 'error calling duration: time: invalid duration "x"'],
  ['{{bytes "1 XB"}}', 'error calling bytes: unhandled size name: xb'],
  ['{{urldecode "%zz"}}', 'error calling urldecode: invalid URL escape "%zz"'],
  ['{{unixToTime "123"}}', "error calling unixToTime: unable to parse time '123': 3 digits are no unit; 5, 10, 13, 16 or 19 are"],
  ['{{repeat 99999999 "x"}}', 'error calling repeat: result of 99999999 characters, 1048576 at most'],
  ['{{repeat -1 "x"}}', 'error calling repeat: strings: negative Repeat count'],
  ['{{indent 99999999 "x"}}', 'error calling indent: result of 99999999 characters, 1048576 at most'],
  ['{{replace "" .text (repeat 1000000 "x")}}', 'error calling replace: result of 12000011 characters, 1048576 at most'],
];

for (const [text, message] of failures) {
  test(`fails on ${text}`, () => {
    assert.throws(
      () => render(text),
      (error) => (error instanceof TemplateError && error.message.endsWith(message) ? true : assert.fail(String(error))),
    );
  });
}

test('what is no template is refused, with the name of the label', () => {
  assert.throws(() => compileLineTemplate('{{.a | nope}}'), {
    code: 'bad_data',
    message: 'invalid line template: template: line:1: function "nope" not defined',
  });
  assert.throws(() => compileLineTemplate('{{', { label: 'x' }), {
    code: 'bad_data',
    message: "invalid template for label 'x': template: label:1: unclosed action",
  });
});

test('errors of a label say so', () => {
  assert.throws(
    () => compileLineTemplate('{{.a.b}}', { label: 'x' }).render(line),
    /^TemplateError: template: label:1:4: executing "label" at <\.a\.b>: can't evaluate field b in type string$/,
  );
});
