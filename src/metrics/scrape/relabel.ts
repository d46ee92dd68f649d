// Relabelling: rules that rewrite, drop and keep label sets, of targets before they are scraped and of samples before they are stored.
//
//   labels ─▶ rule ─▶ rule ─▶ … ─▶ labels, or undefined when a rule dropped them
//
// Source: Prometheus `model/relabel`, and its documentation "relabel_config". Patterns are RE2 and always match the whole value.

import { createHash } from 'node:crypto';

import { RE2JS } from 're2js';

import { RequestError } from '../../base/request-error.ts';
import type { Labels } from '../../query/labels.ts';
import { labelPairs, labelsOf, NO_LABELS } from '../../query/labels.ts';
import { expandTemplate } from './expand-template.ts';
import type { NameScheme } from './names.ts';
import { isLabelName, quoted } from './names.ts';

export const RELABEL_ACTIONS = [
  'replace',
  'keep',
  'drop',
  'keepequal',
  'dropequal',
  'hashmod',
  'labelmap',
  'labeldrop',
  'labelkeep',
  'lowercase',
  'uppercase',
] as const;

export type RelabelAction = (typeof RELABEL_ACTIONS)[number];

/** One rule as configured. `action` is empty only before `checkRelabelRule`. */
export interface RelabelRule {
  readonly sourceLabels: readonly string[];
  readonly separator: string;
  /** The pattern as written, without its anchors. */
  readonly regex: string;
  readonly modulus: bigint;
  readonly targetLabel: string;
  readonly replacement: string;
  readonly action: RelabelAction | '';
  /** The rule's own `name_validation_scheme`; empty takes the scrape configuration's. */
  readonly nameScheme: NameScheme | '';
}

export const DEFAULT_RELABEL_RULE: RelabelRule = {
  sourceLabels: [],
  separator: ';',
  regex: '(.*)',
  modulus: 0n,
  targetLabel: '',
  replacement: '$1',
  action: 'replace',
  nameScheme: '',
};

const NEEDS_TARGET: ReadonlySet<string> = new Set(['replace', 'hashmod', 'lowercase', 'uppercase', 'keepequal', 'dropequal']);
const PLAIN_TARGET: ReadonlySet<string> = new Set(['lowercase', 'uppercase', 'keepequal', 'dropequal']);
const LEGACY_TEMPLATE = RE2JS.compile('^(?:(?:[a-zA-Z_]|\\$(?:\\{\\w+\\}|\\w+))+\\w*)+$');

/** Compiles an anchored pattern, as relabelling reads it. Throws `bad_data` with the reason. */
export function compileRelabelRegex(regex: string): RE2JS {
  try {
    return RE2JS.compile(`^(?s:${regex})$`);
  } catch (cause) {
    throw new RequestError('bad_data', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** Whether a name that may hold `$1` and `${name}` is allowed before they are expanded. */
export function isTemplateName(text: string, scheme: NameScheme): boolean {
  return scheme === 'legacy' ? LEGACY_TEMPLATE.testExact(text) : isLabelName(text, scheme);
}

/** Throws `bad_data` in Prometheus's words when the rule contradicts itself. `scheme` holds where the rule names none. */
export function checkRelabelRule(rule: RelabelRule, scheme: NameScheme): void {
  const problem = relabelProblem(rule, rule.nameScheme === '' ? scheme : rule.nameScheme);
  if (problem !== undefined) throw new RequestError('bad_data', problem);
}

function relabelProblem(rule: RelabelRule, scheme: NameScheme): string | undefined {
  const { action, targetLabel, replacement } = rule;
  if (action === '') return 'relabel action cannot be empty';
  if (action === 'hashmod' && rule.modulus === 0n) return 'relabel configuration for hashmod requires non-zero modulus';
  if (NEEDS_TARGET.has(action) && targetLabel === '') return `relabel configuration for ${action} action requires 'target_label' value`;
  if (!isTargetAllowed(rule, scheme)) return `${quoted(targetLabel)} is invalid 'target_label' for ${action} action`;
  if (PLAIN_TARGET.has(action) && replacement !== DEFAULT_RELABEL_RULE.replacement) {
    return `'replacement' can not be set for ${action} action`;
  }
  if (action === 'labelmap' && !isTemplateName(replacement, scheme)) {
    return `${quoted(replacement)} is invalid 'replacement' for ${action} action`;
  }
  if ((action === 'dropequal' || action === 'keepequal') && !hasDefaults(rule, ['regex', 'modulus', 'separator'])) {
    return `${action} action requires only 'source_labels' and \`target_label\`, and no other fields`;
  }
  const isLabelFilter = action === 'labeldrop' || action === 'labelkeep';
  if (isLabelFilter && (rule.sourceLabels.length > 0 || !hasDefaults(rule, ['targetLabel', 'modulus', 'separator', 'replacement']))) {
    return `${action} action requires only 'regex', and no other fields`;
  }
  return undefined;
}

function isTargetAllowed(rule: RelabelRule, scheme: NameScheme): boolean {
  const { action, targetLabel } = rule;
  if (action === 'replace' && targetLabel.includes('$')) return isTemplateName(targetLabel, scheme);
  return !NEEDS_TARGET.has(action) || isLabelName(targetLabel, scheme);
}

function hasDefaults(rule: RelabelRule, fields: readonly (keyof RelabelRule)[]): boolean {
  return fields.every((field) => rule[field] === DEFAULT_RELABEL_RULE[field]);
}

/** Rules made ready to run. */
export interface Relabeling {
  /** Rewrites `labels` in place; false when a rule dropped them. */
  readonly apply: (labels: Map<string, string>) => boolean;
  readonly isEmpty: boolean;
}

/** Compiles rules that `checkRelabelRule` has passed. */
export function compileRelabeling(rules: readonly RelabelRule[], scheme: NameScheme): Relabeling {
  const steps = rules.map((rule) => compileRule(rule, rule.nameScheme === '' ? scheme : rule.nameScheme));
  return { isEmpty: steps.length === 0, apply: (labels) => steps.every((step) => step(labels)) };
}

/** The rewritten set, or undefined when a rule dropped it. */
export function relabel(labels: Labels, relabeling: Relabeling): Labels | undefined {
  if (relabeling.isEmpty) return labels;
  const rewritten = new Map(labelPairs(labels));
  return relabeling.apply(rewritten) ? labelsOf(rewritten) : undefined;
}

/** What a rule made of the labels that the rules before it left. */
export interface RelabelStep {
  readonly rule: RelabelRule;
  /** Empty from the rule on that dropped them. */
  readonly output: Labels;
  readonly keep: boolean;
}

/** Runs rules one by one, for people who want to see what each does. */
export function relabelSteps(labels: Labels, rules: readonly RelabelRule[], scheme: NameScheme): readonly RelabelStep[] {
  let left: Labels | undefined = labels;
  return rules.map((rule) => {
    left = left && relabel(left, compileRelabeling([rule], scheme));
    return { rule, output: left ?? NO_LABELS, keep: left !== undefined };
  });
}

type Step = (labels: Map<string, string>) => boolean;

function compileRule(rule: RelabelRule, scheme: NameScheme): Step {
  const regex = compileRelabelRegex(rule.regex);
  const source = (labels: ReadonlyMap<string, string>): string =>
    rule.sourceLabels.map((name) => labels.get(name) ?? '').join(rule.separator);
  const { targetLabel, action } = rule;
  switch (action) {
    case 'keep':
      return (labels) => regex.testExact(source(labels));
    case 'drop':
      return (labels) => !regex.testExact(source(labels));
    case 'keepequal':
      return (labels) => (labels.get(targetLabel) ?? '') === source(labels);
    case 'dropequal':
      return (labels) => (labels.get(targetLabel) ?? '') !== source(labels);
    case 'lowercase':
      return (labels) =>
        put(
          labels,
          targetLabel,
          mapCharacters(source(labels), (character) => character.toLowerCase()),
        );
    case 'uppercase':
      return (labels) =>
        put(
          labels,
          targetLabel,
          mapCharacters(source(labels), (character) => character.toUpperCase()),
        );
    case 'hashmod':
      return (labels) => put(labels, targetLabel, hashModulus(source(labels), rule.modulus));
    case 'labeldrop':
      return (labels) => removeLabels(labels, (name) => regex.testExact(name));
    case 'labelkeep':
      return (labels) => removeLabels(labels, (name) => !regex.testExact(name));
    case 'labelmap':
      return (labels) => mapLabels(labels, regex, rule.replacement);
    default:
      return (labels) => replaceLabel({ rule, regex, scheme, labels, value: source(labels) });
  }
}

interface Replacing {
  readonly rule: RelabelRule;
  readonly regex: RE2JS;
  readonly scheme: NameScheme;
  readonly labels: Map<string, string>;
  readonly value: string;
}

function replaceLabel({ rule, regex, scheme, labels, value }: Replacing): boolean {
  const matcher = regex.matcher(value);
  if (!matcher.matches()) return true;
  const target = expandTemplate(rule.targetLabel, matcher, regex);
  if (!isLabelName(target, scheme)) return true;
  return put(labels, target, expandTemplate(rule.replacement, matcher, regex));
}

function mapLabels(labels: Map<string, string>, regex: RE2JS, replacement: string): boolean {
  for (const [name, value] of Array.from(labels)) {
    const matcher = regex.matcher(name);
    if (matcher.matches()) put(labels, expandTemplate(replacement, matcher, regex), value);
  }
  return true;
}

function removeLabels(labels: Map<string, string>, remove: (name: string) => boolean): boolean {
  for (const name of labels.keys()) if (remove(name)) labels.delete(name);
  return true;
}

function put(labels: Map<string, string>, name: string, value: string): boolean {
  if (value === '') labels.delete(name);
  else labels.set(name, value);
  return true;
}

/** The last eight bytes of the MD5 as a number, as every earlier version of Prometheus sharded. */
function hashModulus(value: string, modulus: bigint): string {
  return (createHash('md5').update(value, 'utf8').digest().readBigUInt64BE(8) % modulus).toString();
}

/** Go changes case one character for one; a character whose other case is several stays as it is. */
function mapCharacters(text: string, change: (character: string) => string): string {
  let out = '';
  for (const character of text) {
    const changed = change(character);
    if (character === 'İ' && changed !== character) out += 'i';
    else out += isOneCharacter(changed) ? changed : character;
  }
  return out;
}

function isOneCharacter(text: string): boolean {
  return text.length === ((text.codePointAt(0) ?? 0) > 0xffff ? 2 : 1);
}
