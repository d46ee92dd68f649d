// Relabelling rules, one line per behaviour: what a rule makes of labels, and which rules contradict themselves.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { labelsOfRecord, labelsRecord } from '../../query/labels.ts';
import type { NameScheme } from './names.ts';
import { checkRelabelRule, compileRelabeling, isTemplateName, relabel } from './relabel.ts';
import { relabelRule } from './scrape-config.ts';
import { readYaml } from './yaml-schema.ts';

type Pairs = Readonly<Record<string, string>>;

function run(input: Pairs, rules: readonly string[], scheme: NameScheme = 'utf8'): Pairs | undefined {
  const parsed = rules.map((rule) => readYaml(rule, relabelRule));
  for (const rule of parsed) checkRelabelRule(rule, scheme);
  const out = relabel(labelsOfRecord(input), compileRelabeling(parsed, scheme));
  return out === undefined ? undefined : labelsRecord(out);
}

/** `[what, input, rule, output]`; undefined: dropped. */
const cases: readonly (readonly [string, Pairs, string, Pairs | undefined])[] = [
  [
    'replace with groups',
    { host: 'db-7' },
    '{source_labels: [host], regex: "(\\\\w+)-(\\\\d+)", target_label: n, replacement: "$2-$1"}',
    { host: 'db-7', n: '7-db' },
  ],
  [
    'a named group',
    { host: 'db' },
    '{source_labels: [host], regex: "(?P<x>.)b", target_label: n, replacement: "${x}"}',
    { host: 'db', n: 'd' },
  ],
  [
    'the longest name after a dollar',
    { host: 'db' },
    '{source_labels: [host], target_label: n, replacement: "a$1x"}',
    { host: 'db', n: 'a' },
  ],
  ['a dollar for itself', { host: 'db' }, '{source_labels: [host], target_label: n, replacement: "$$1"}', { host: 'db', n: '$1' }],
  [
    'a dollar that begins nothing',
    { host: 'db' },
    '{source_labels: [host], target_label: n, replacement: "5$ -${"}',
    { host: 'db', n: '5$ -${' },
  ],
  ['an empty result removes', { host: 'db', n: '1' }, '{source_labels: [host], target_label: n, replacement: ""}', { host: 'db' }],
  ['no match changes nothing', { host: 'db' }, '{source_labels: [host], regex: d, target_label: n}', { host: 'db' }],
  [
    'a dot matches a line break',
    { host: 'a\nb' },
    '{source_labels: [host], regex: a.b, target_label: n, replacement: y}',
    { host: 'a\nb', n: 'y' },
  ],
  ['a static value', {}, '{target_label: n, replacement: v}', { n: 'v' }],
  ['several sources', { a: '1', b: '2' }, '{source_labels: [a, none, b], separator: "/", target_label: n}', { a: '1', b: '2', n: '1//2' }],
  [
    'a target out of the value',
    { a: 'x=y' },
    '{source_labels: [a], regex: "(.)=(.)", target_label: "$1", replacement: "$2"}',
    { a: 'x=y', x: 'y' },
  ],
  ['a target that comes out empty', { a: 'b' }, '{source_labels: [a], target_label: "${9}"}', { a: 'b' }],
  ['keep', { a: 'b' }, '{source_labels: [a], regex: b, action: keep}', { a: 'b' }],
  ['keep drops the rest', { a: 'bb' }, '{source_labels: [a], regex: b, action: Keep}', undefined],
  ['drop', { a: 'b' }, '{source_labels: [a], regex: b, action: drop}', undefined],
  ['keepequal', { a: 'b', c: 'd' }, '{source_labels: [a], target_label: c, action: keepequal}', undefined],
  ['dropequal of two absent ones', { a: 'b' }, '{source_labels: [x], target_label: y, action: dropequal}', undefined],
  ['hashmod', { a: 'baz' }, '{source_labels: [a], target_label: h, modulus: 1000, action: hashmod}', { a: 'baz', h: '976' }],
  ['labelmap', { m_a: '1', m_b: '2' }, '{regex: m_(.+), action: labelmap}', { m_a: '1', m_b: '2', a: '1', b: '2' }],
  ['labelmap sees the labels from before', { aa: '1', a: '2' }, '{regex: a(.+), action: labelmap}', { aa: '1', a: '1' }],
  ['labeldrop', { a: '1', ab: '2' }, '{regex: a, action: labeldrop}', { ab: '2' }],
  ['labelkeep', { a: '1', ab: '2' }, '{regex: a, action: labelkeep}', { a: '1' }],
  ['lowercase, one for one', { a: 'ÄΣİ' }, '{source_labels: [a], target_label: b, action: lowercase}', { a: 'ÄΣİ', b: 'äσi' }],
  ['uppercase, one for one', { a: 'aß' }, '{source_labels: [a], target_label: b, action: uppercase}', { a: 'aß', b: 'Aß' }],
  ['a null pattern matches the empty value', { a: '1' }, '{source_labels: [a], regex: null, target_label: b, replacement: x}', { a: '1' }],
];

test('rules do what they say', () => {
  for (const [what, input, rule, output] of cases) assert.deepEqual(run(input, [rule]), output, what);
});

test('rules run one after another', () => {
  const rules = ['{target_label: a, replacement: x}', '{source_labels: [a], regex: x, action: drop}', '{target_label: b, replacement: y}'];
  assert.equal(run({}, rules), undefined);
});

/** `[rule, scheme, what is said]` */
const refused: readonly (readonly [string, NameScheme, RegExp])[] = [
  ['{action: null}', 'utf8', /relabel action cannot be empty/],
  ['{action: explode}', 'utf8', /unknown relabel action "explode"/],
  ['{regex: "a("}', 'utf8', /error parsing regexp: missing closing \)/],
  ['{action: replace}', 'utf8', /replace action requires 'target_label' value/],
  ['{action: hashmod, target_label: a}', 'utf8', /hashmod requires non-zero modulus/],
  ['{action: uppercase, target_label: a, replacement: b}', 'utf8', /'replacement' can not be set for uppercase action/],
  ['{action: keepequal, target_label: a, separator: ","}', 'utf8', /keepequal action requires only 'source_labels' and `target_label`/],
  ['{action: labelkeep, source_labels: [a]}', 'utf8', /labelkeep action requires only 'regex'/],
  ['{action: labelmap, replacement: "-$1"}', 'legacy', /"-\$1" is invalid 'replacement' for labelmap action/],
  ['{target_label: a-b}', 'legacy', /"a-b" is invalid 'target_label' for replace action/],
  ['{target_label: a-b, name_validation_scheme: legacy}', 'utf8', /"a-b" is invalid 'target_label'/],
  ['{target: a}', 'utf8', /field target not found in type relabel\.plain/],
];

test('rules that contradict themselves are refused', () => {
  for (const [rule, scheme, said] of refused) assert.throws(() => run({}, [rule], scheme), said, rule);
});

test('names with references under the old rules', () => {
  for (const name of ['a', '$1', '${x}y', 'a$1_b', '_${1}_']) assert.equal(isTemplateName(name, 'legacy'), true, name);
  for (const name of ['', '1', 'a-b', '${}', 'a${', '-$1', 'a.$1']) assert.equal(isTemplateName(name, 'legacy'), false, name);
});
