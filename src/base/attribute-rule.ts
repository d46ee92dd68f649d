// One rule of `otlpRules`: what becomes of the attributes whose whole name fits a regular expression. Settings check it, ingestion applies it.

import { RE2JS } from 're2js';

export type AttributeLevel = 'resource' | 'scope' | 'record';
/** A label of the stream, structured metadata, or nothing at all. */
export type AttributeAction = 'label' | 'metadata' | 'drop';

export interface AttributeRule {
  readonly level: AttributeLevel;
  readonly action: AttributeAction;
  readonly fits: (name: string) => boolean;
}

const RULE = /^(resource|scope|record) +(label|metadata|drop) +(\S.*)$/;
const EXPRESSION_LENGTH_MAX = 1000;

/** A rule from text such as `resource label pod\..*`, or what is wrong with it. Regular expressions are RE2's. */
export function parseAttributeRule(text: string): AttributeRule | { readonly problem: string } {
  const [, level, action, source = ''] = RULE.exec(text) ?? [];
  if (level !== 'resource' && level !== 'scope' && level !== 'record')
    return { problem: 'is not `resource`, `scope` or `record`, then `label`, `metadata` or `drop`, then a regular expression' };
  if (level === 'scope' && action === 'label') return { problem: 'asks for a label of the stream from a scope' };
  if (source.length > EXPRESSION_LENGTH_MAX) return { problem: `has an expression longer than ${EXPRESSION_LENGTH_MAX} characters` };
  try {
    const pattern = RE2JS.compile(`^(?s:${source})$`);
    return { level, action: action === 'label' || action === 'drop' ? action : 'metadata', fits: (name) => pattern.matches(name) };
  } catch (error) {
    return { problem: `has an expression that is none: ${error instanceof Error ? error.message : String(error)}` };
  }
}

export function attributeRuleProblem(text: string): string | undefined {
  const rule = parseAttributeRule(text);
  return 'problem' in rule ? rule.problem : undefined;
}
