// What becomes of each attribute of OTLP logs by a tenant's settings: label of the stream, structured metadata, or nothing.

import { parseAttributeRule, type AttributeAction, type AttributeLevel, type AttributeRule } from '../../base/attribute-rule.ts';
import type { TenantLimits } from '../../config.ts';

export type AttributeSettings = Pick<TenantLimits['logs'], 'otlpStreamLabels' | 'otlpRules'>;

/** Names whose action is remembered, for each list of rules. */
const REMEMBERED_MAX = 10_000;

/** The first rule that fits a name counts, then the list of labels; all else is structured metadata. */
export class AttributeActions {
  readonly #labels: ReadonlySet<string>;
  readonly #rules: readonly AttributeRule[];
  readonly #known = new Map<string, AttributeAction>();

  /** Rules are those that the settings have checked. */
  constructor({ otlpStreamLabels, otlpRules }: AttributeSettings) {
    this.#labels = new Set(otlpStreamLabels);
    this.#rules = otlpRules.flatMap((text) => {
      const rule = parseAttributeRule(text);
      return 'problem' in rule ? [] : [rule];
    });
  }

  of(level: AttributeLevel, name: string): AttributeAction {
    const listed = level === 'resource' && this.#labels.has(name) ? 'label' : 'metadata';
    if (this.#rules.length === 0) return listed;
    const key = `${level} ${name}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const action = this.#rules.find((rule) => rule.level === level && rule.fits(name))?.action ?? listed;
    if (this.#known.size >= REMEMBERED_MAX) this.#known.clear();
    this.#known.set(key, action);
    return action;
  }
}
