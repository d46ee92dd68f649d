// LogQL texts in the editor: colours of what is unfinished, underlines, words explained, the layout.

import assert from 'node:assert/strict';
import test from 'node:test';
import { BUILTINS } from '../../../src/query/template/builtins.ts';
import { NUMBER_FUNCTIONS } from '../../../src/logs/logql/template/number-functions.ts';
import { TEXT_FUNCTIONS } from '../../../src/logs/logql/template/text-functions.ts';
import { timeFunctions } from '../../../src/logs/logql/template/time-functions.ts';
import { decodeFields } from './completion-questions.ts';
import { diagnosticsOf } from './diagnose.ts';
import { explainAt } from './explain.ts';
import { formatLogqlText } from './format-logql-text.ts';
import { classTokens } from './logql-classes.ts';
import { logqlProblem } from './logql-problem.ts';
import * as signatures from './signatures.ts';
import { TEMPLATE_ACTIONS_OFFERED, TEMPLATE_FUNCTIONS_OFFERED } from './template-words.ts';

/** Each word or mark with the first letters of its class; brackets and operators left out. */
function classes(text: string): string {
  return classTokens(text)
    .filter(({ kind }) => kind !== 'bracket' && kind !== 'operator')
    .map(({ kind, from, to }) => `${text.slice(from, to)}:${kind.slice(0, 3)}`)
    .join(' ');
}

test('words are told apart by what stands around them', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['{app="x"} |= "e" | json | level="a"', 'app:lab "x":str "e":str json:key level:lab "a":str'],
    ['sum by (rate) (rate({a="b"}[5m]))', 'sum:fun by:key rate:lab rate:fun a:lab "b":str [5m]:num'],
    ['{a="b"} | json="x"', 'a:lab "b":str json:lab "x":str'],
    ['{a="b"} | json != "x"', 'a:lab "b":str json:key "x":str'],
    ['{a="b"} | took > 5s and size < 1MB', 'a:lab "b":str took:lab 5s:num and:key size:lab 1MB:num'],
    ['{a="b"} | logfmt --strict | unwrap bytes(size)', 'a:lab "b":str logfmt:key --strict:key unwrap:key bytes:fun size:lab'],
    ['{a="b"} | x=ip("::1") # why', 'a:lab "b":str x:lab ip:fun "::1":str # why:com'],
    // unfinished
    ['{a="b', 'a:lab "b:str'],
    ['rate({a="b"}[5', 'rate:fun a:lab "b":str [5:num'],
    ['rate({a="b"}[5m) + rate({c="d"}[1m])', 'rate:fun a:lab "b":str [5m:num rate:fun c:lab "d":str [1m]:num'],
    ['{a="b"} ? | json', 'a:lab "b":str json:key'],
  ];
  for (const [text, expected] of cases) assert.equal(classes(text), expected, text);
});

test('what is wrong is underlined where it is', () => {
  const underlined = (text: string): string =>
    diagnosticsOf(text)
      .map(({ from, to, message }) => `<${text.slice(from, to)}> ${message}`)
      .join();
  const cases: readonly (readonly [string, string])[] = [
    ['', ''],
    ['{a="b"} | json', ''],
    ['sum(rate({a="b"}[5m])', '<)> unexpected $end, expecting )'],
    ['{a=~"("}', '<"("> '],
    ['{a="b"} | line_format "{{ nosuch }}" | json', '<| line_format "{{ nosuch }}"> invalid line template: '],
  ];
  for (const [text, expected] of cases)
    assert.ok(expected === '' ? underlined(text) === '' : underlined(text).startsWith(expected), underlined(text));
});

test('words are explained', () => {
  const title = (marked: string): string => explainAt(marked.replace('^', ''), marked.indexOf('^'))?.title ?? '';
  const cases: readonly (readonly [string, string])[] = [
    ['ra^te({a="b"}[5m])', 'rate(lines [range])'],
    ['{a="b"} | js^on', 'json [label="path", …]'],
    ['{a="b"} ^|= "x"', '|= "text"'],
    ['{a^="b"}', ''],
    ['{a="b"} | x^!="y"', ''],
    ['{a="b"} | line_format "{{ tr^unc 3 .x }} lower"', 'trunc count text'],
    ['{a="b"} | line_format "{{ trunc 3 .x }} low^er"', ''],
    ['{a="b"} |= "ra^te"', ''],
  ];
  for (const [marked, expected] of cases) assert.equal(title(marked), expected, marked);
});

test('formats what is whole, and keeps comments', () => {
  assert.deepEqual(formatLogqlText('sum( rate({a="b"}[5m]) )by(a)'), { kind: 'formatted', text: 'sum by (a)(rate({a="b"}[5m]))' });
  assert.equal(formatLogqlText('{a="b"} # why').kind, 'refused');
  assert.equal(formatLogqlText('{a="b"').kind, 'refused');
  assert.deepEqual(formatLogqlText(' '), { kind: 'formatted', text: '' });
});

test('every function of a template is offered', () => {
  const own = ['__line__', '__timestamp__'];
  const known = [...BUILTINS, ...TEXT_FUNCTIONS, ...NUMBER_FUNCTIONS, ...timeFunctions(() => 0)].map(([name]) => name);
  assert.deepEqual(TEMPLATE_FUNCTIONS_OFFERED.map(({ label }) => label).sort(), [...known, ...own].sort());
});

test('every example is LogQL', () => {
  const lines = '{app="shop"} ';
  const wrong = (text: string): boolean => logqlProblem(text) !== undefined;
  const { RANGES_OFFERED, VECTORS_OFFERED, CALLS_OFFERED, STAGES_OFFERED, LINE_FILTERS_OFFERED, CONVERSIONS_OFFERED } = signatures;
  const texts = [
    ...[...RANGES_OFFERED, ...VECTORS_OFFERED, ...CALLS_OFFERED].map(({ example }) => example),
    ...[...STAGES_OFFERED, ...LINE_FILTERS_OFFERED, ...CONVERSIONS_OFFERED].map(({ example }) =>
      example.includes('unwrap') ? `sum_over_time(${lines}${example} [1m])` : lines + example,
    ),
    ...[...TEMPLATE_FUNCTIONS_OFFERED, ...TEMPLATE_ACTIONS_OFFERED].map(({ example }) => `${lines}| line_format \`${example}\``),
  ];
  assert.deepEqual(texts.filter(wrong), []);
});

test('answers about fields', () => {
  const fields = [
    { label: 'status', type: 'int', cardinality: 2, parsers: ['json'] },
    { label: 'pod', type: 'string', parsers: null },
  ];
  assert.deepEqual(decodeFields({ fields, limit: 10 }), [
    { name: 'status', type: 'int', parsers: ['json'] },
    { name: 'pod', type: 'string', parsers: [] },
  ]);
  assert.deepEqual(decodeFields({ fields: null }), []);
  assert.throws(() => decodeFields([]), /fields/);
});
