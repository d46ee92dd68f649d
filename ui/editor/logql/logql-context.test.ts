// What may be written where the cursor stands in a LogQL text. A caret marks the cursor.

import assert from 'node:assert/strict';
import test from 'node:test';
import { wantedAt } from './logql-context.ts';

function wanted(marked: string): string {
  const at = marked.indexOf('^');
  const found = wantedAt(marked.replace('^', ''), at);
  if (found.kind === 'nothing') return 'nothing';
  const { kind, from, ...rest } = found;
  const more = Object.values(rest).filter((value) => value !== '' && value !== false);
  return [`${kind} <${marked.slice(from, at)}>`, ...more].join(' ');
}

const cases: readonly (readonly [string, string])[] = [
  // operands
  ['^', 'operand <> any'],
  ['ra^', 'operand <ra> any'],
  ['sum(ra^)', 'operand <ra> numbers'],
  ['rate(^', 'operand <> lines'],
  ['topk(3, ^', 'operand <> numbers'],
  ['rate({a="b"}[5m]) / ^', 'operand <> numbers true'],
  ['vector(1) and ^', 'operand <> numbers true'],
  ['vector(1) > bool v^', 'operand <v> numbers true'],
  ['vector(1) / on (a) ^', 'operand <> numbers true'],
  // behind operands
  ['sum ^', 'operator <> grouping'],
  ['rate({a="b"}[5m]) ^', 'operator <> grouping'],
  ['sum by (a) (rate({a="b"}[5m])) o^', 'operator <o> numbers'],
  ['rate({a="b"}[5m] ^', 'operator <> range'],
  ['rate({a="b"}[5m] offset 1^', 'duration <1>'],
  ['rate({a="b"}[^', 'duration <>'],
  ['rate({a="b"} | json [5^])', 'duration <5>'],
  ['12^', 'nothing'],
  // selectors
  ['{^', 'label <>'],
  ['{a="1", b^}', 'label <b> {a="1"}'],
  ['{a ^}', 'nothing'],
  ['{a="^"}', 'value <> a "'],
  ['{b!="2",a=~`v^', 'value <v> a ` {b!="2"}'],
  ['{a="b"} ^', 'pipe <>'],
  // stages
  ['{a="b"} |^', 'pipe <|>'],
  ['{a="b"} |= "x" !^', 'pipe <!>'],
  ['{a="b"} |=^', 'pipe <|=>'],
  ['{a="b"} |= ^', 'nothing'],
  ['{a="b"} |= "^', 'nothing'],
  ['{a="b"} |= "x" o^', 'operator <o> filters'],
  ['{a="b"} | ^', 'stage <> {a="b"}'],
  ['rate({a="b"}[5m] | js^', 'stage <js> {a="b"}'],
  ['{a="b"} | json | l^', 'stage <l> {a="b"} | json'],
  ['{a="b"} | logfmt ^', 'flag <>'],
  ['{a="b"} | json ^', 'pipe <>'],
  ['{a="b"} | json x="^', 'nothing'],
  ['{a="b"} | json a, ^', 'nothing'],
  ['{a="b"} | x="1" ^', 'operator <> filters'],
  ['{a="b"} | x="1" or ^', 'field <> {a="b"} filter'],
  ['{a="b"} | (x="1" and y^', 'field <y> {a="b"} filter'],
  ['{a="b"} | json | x!="^', 'field_value <> x " {a="b"} | json'],
  ['{a="b"} | x = ip("^', 'nothing'],
  ['{a="b"} | drop x, ^', 'field <> {a="b"} list'],
  ['{a="b"} | keep ^', 'field <> {a="b"} list'],
  ['{a="b"} | label_format x=^', 'field <> {a="b"} list'],
  ['{a="b"} | label_format ^', 'nothing'],
  ['rate({a="b"} | json | unwrap ^', 'field <> {a="b"} | json unwrap'],
  ['rate({a="b"} | json | unwrap bytes(s^', 'field <s> {a="b"} | json list'],
  ['rate({a="b"} | json | unwrap s | e^', 'stage <e> {a="b"} | json'],
  ['sum by (^) (rate({a="b"} | json | unwrap x [5m]))', 'field <> {a="b"} | json list'],
  ['sum(rate({a="b"}[5m])) by (x, y^)', 'field <y> {a="b"} list'],
  ['avg_over_time(({a="b"} | json | ^', 'stage <> {a="b"} | json'],
  // templates
  ['{a="b"} | line_format "x ^', 'nothing'],
  ['{a="b"} | line_format "{{^', 'template <>'],
  ['{a="b"} | line_format "{{ .x | tr^', 'template <tr>'],
  ['{a="b"} | line_format "{{ trunc 3 .x^', 'template_field <x> {a="b"}'],
  ['{a="b"} | line_format "{{.x}} ^', 'nothing'],
  ['{a="b"} | label_format y=`{{.^', 'template_field <> {a="b"}'],
  // comments and strings
  ['{a="b"} # no^', 'nothing'],
  ['label_replace(vector(1), "a^', 'nothing'],
];

test('every place', () => {
  for (const [marked, expected] of cases) assert.equal(wanted(marked), expected, marked);
});
