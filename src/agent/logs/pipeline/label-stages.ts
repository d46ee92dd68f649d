// Stages that change what belongs to a line: `labels`, `static_labels`, `labeldrop`, `labelallow`, `structured_metadata`, `relabel`, `tenant`.

import { z } from 'zod';

import { RequestError } from '../../../base/request-error.ts';
import { tenantIdMistake } from '../../../base/tenant-id.ts';
import type { RelabelRule } from '../../../metrics/scrape/relabel.ts';
import {
  checkRelabelRule,
  compileRelabelRegex,
  compileRelabeling,
  DEFAULT_RELABEL_RULE,
  RELABEL_ACTIONS,
} from '../../../metrics/scrape/relabel.ts';
import { isClassicLabelName } from '../../../query/scanner.ts';
import type { Entry } from './entry.ts';
import type { StageKind } from './stage-settings.ts';
import { changing, labelsSetting, mappingSetting, simple, stageKind, textSetting, within } from './stage-settings.ts';

/** `labels: {level: , app: app_name}`: labels of the stream out of what was found. */
export const labelsKind: StageKind = stageKind(mappingSetting, (mapping) => {
  checkNames(mapping.keys());
  return changing((entry) => take(entry, mapping, entry.labels));
});

export const structuredMetadataKind: StageKind = stageKind(mappingSetting, (mapping) =>
  changing((entry) => take(entry, mapping, entry.metadata)),
);

function take({ extracted }: Entry, mapping: ReadonlyMap<string, string>, into: Map<string, string>): void {
  for (const [name, source] of mapping) {
    const value = extracted.get(source);
    if (value !== undefined) into.set(name, value);
  }
}

export const staticLabelsKind: StageKind = stageKind(labelsSetting, (labels) => {
  checkNames(labels.map(([name]) => name));
  return changing((entry) => labels.forEach(([name, value]) => entry.labels.set(name, value)));
});

const names = z.array(textSetting, 'is not a list of names').transform((list) => new Set(list));

export const labelDropKind: StageKind = stageKind(names, (dropped) =>
  changing(({ labels }) => dropped.forEach((name) => labels.delete(name))),
);

export const labelAllowKind: StageKind = stageKind(names, (allowed) =>
  changing(({ labels }) => {
    for (const name of labels.keys()) if (!allowed.has(name)) labels.delete(name);
  }),
);

export const structuredMetadataDropKind: StageKind = stageKind(z.strictObject({ values: names }), ({ values }) =>
  changing(({ metadata }) => values.forEach((name) => metadata.delete(name))),
);

/** Throws `bad_data` on a name that no label can have. */
export function checkNames(given: Iterable<string>): void {
  for (const name of given)
    if (!isClassicLabelName(name)) throw new RequestError('bad_data', `${JSON.stringify(name)} is not a valid label name`);
}

const rule = z.strictObject({
  source_labels: z.array(textSetting).default([]),
  separator: z.string().default(DEFAULT_RELABEL_RULE.separator),
  regex: z.union([z.string(), z.number().transform(String)]).default(DEFAULT_RELABEL_RULE.regex),
  modulus: z.int().min(0).default(0),
  target_label: z.string().default(''),
  replacement: z.union([z.string(), z.number().transform(String)]).default(DEFAULT_RELABEL_RULE.replacement),
  action: z
    .string()
    .transform((text) => text.toLowerCase())
    .pipe(z.enum(RELABEL_ACTIONS, `is none of ${RELABEL_ACTIONS.join(', ')}`))
    .default('replace'),
});

function ruleOf(given: z.infer<typeof rule>): RelabelRule {
  const { source_labels: sourceLabels, target_label: targetLabel, modulus, ...rest } = given;
  const checked: RelabelRule = { ...rest, sourceLabels, targetLabel, modulus: BigInt(modulus), nameScheme: '' };
  compileRelabelRegex(checked.regex);
  checkRelabelRule(checked, 'legacy');
  return checked;
}

/** Prometheus's rules over the labels, those that begin with `__` included. A line whose labels a rule drops is dropped. */
export const relabelKind: StageKind = stageKind(z.array(rule, 'is not a list of rules'), (given) => {
  const relabeling = compileRelabeling(
    given.map((each, i) => within(`rule ${i + 1}`, () => ruleOf(each))),
    'legacy',
  );
  return (context) => {
    const stage = simple((entry, emit) => {
      if (relabeling.apply(entry.labels)) emit(entry);
      else context.dropped('relabel');
    });
    return stage(context);
  };
});

const tenant = z.strictObject({ source: textSetting.optional(), label: textSetting.optional(), value: textSetting.optional() });

export const tenantKind: StageKind = stageKind(tenant, ({ source, label, value }) => {
  if ([source, label, value].filter((each) => each !== undefined).length !== 1)
    throw new RequestError('bad_data', 'names one of source, label and value');
  const mistake = value === undefined ? undefined : tenantIdMistake(value);
  if (mistake !== undefined) throw new RequestError('bad_data', mistake);
  return changing((entry) => {
    const found = value ?? (source === undefined ? entry.labels.get(label ?? '') : entry.extracted.get(source));
    if (found !== undefined && found !== '') entry.tenant = found;
  });
});
