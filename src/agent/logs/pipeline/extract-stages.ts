// Stages that find values in a line: `json`, `logfmt`, `regex`. What they find is there for the stages after them.
//
// JSON and logfmt are read by the parsers of LogQL, so that a field found here is the field that a query finds.

import { z } from 'zod';

import { RequestError } from '../../../base/request-error.ts';
import { compilePipeline } from '../../../logs/logql/compile-pipeline.ts';
import { LineLabels } from '../../../logs/logql/line-labels.ts';
import { NO_LABELS } from '../../../query/labels.ts';
import type { Entry } from './entry.ts';
import type { StageKind } from './stage-settings.ts';
import { changing, compilePattern, inputOf, mappingSetting, simple, stageKind, textSetting } from './stage-settings.ts';

/** Puts the values that a text has into `into`. */
type Extract = (text: string, into: Map<string, string>) => void;

const json = z.strictObject({ expressions: mappingSetting, source: textSetting.optional(), drop_malformed: z.boolean().default(false) });

export const jsonKind: StageKind = stageKind(json, ({ expressions, source, drop_malformed: dropsMalformed }) => {
  const extract = fieldExtractor('json', expressions, 'expressions');
  const isWhole = dropsMalformed ? jsonTest() : () => true;
  return (context) => {
    const stage = simple((entry, emit) => {
      const input = inputOf(entry, source);
      if (input !== undefined && !isWhole(input)) return context.dropped('malformed_json');
      if (input !== undefined) extract(input, entry.extracted);
      emit(entry);
    });
    return stage(context);
  };
});

/** Single fields are found in what is no JSON too; all of them only in what is. */
function jsonTest(): (text: string) => boolean {
  const pipeline = compilePipeline([{ kind: 'json', from: 0, to: 0, extractions: [] }]);
  const labels = new LineLabels();
  return (text) => {
    labels.reset(NO_LABELS, NO_LABELS);
    pipeline.process({ tsNs: 0n, text, labels });
    return labels.error === '';
  };
}

const logfmt = z.strictObject({ mapping: mappingSetting, source: textSetting.optional() });

export const logfmtKind: StageKind = stageKind(logfmt, ({ mapping, source }) => {
  const extract = fieldExtractor('logfmt', mapping, 'mapping');
  return changing((entry) => {
    const input = inputOf(entry, source);
    if (input !== undefined) extract(input, entry.extracted);
  });
});

/** Names are the user's own; the parser is given names that are labels for certain. */
function fieldExtractor(kind: 'json' | 'logfmt', fields: ReadonlyMap<string, string>, setting: string): Extract {
  if (fields.size === 0) throw new RequestError('bad_data', `${setting} names no field`);
  const place = { from: 0, to: 0 };
  const names = [...fields.keys()].map((name, i) => ({ name, label: `field_${i}` }));
  const extractions = names.map(({ name, label }) => {
    const field = fields.get(name) ?? name;
    return { ...place, label, expression: kind === 'json' ? pathOf(field) : field };
  });
  const stage = kind === 'json' ? { kind, ...place, extractions } : { kind, ...place, extractions, strict: false, keepEmpty: true };
  const pipeline = compilePipeline([stage]);
  const labels = new LineLabels();
  return (text, into) => {
    labels.reset(NO_LABELS, NO_LABELS);
    pipeline.process({ tsNs: 0n, text, labels });
    for (const { name, label } of names) {
      const value = labels.get(label);
      if (value !== undefined && value !== '') into.set(name, value);
    }
  };
}

/** The peers' agents write `a."b-c"` for a name that is no word, where LogQL writes `a["b-c"]`. */
function pathOf(expression: string): string {
  return expression.replaceAll(/(^|\.)"([^"\\]*)"/g, '["$2"]');
}

const regex = z.strictObject({ expression: textSetting, source: textSetting.optional(), labels_from_groups: z.boolean().default(false) });

export const regexKind: StageKind = stageKind(regex, ({ expression, source, labels_from_groups: makesLabels }) => {
  const compiled = compilePattern(expression);
  const groups = Object.entries(compiled.namedGroups());
  if (groups.length === 0) throw new RequestError('bad_data', 'expression has no named group, such as (?P<level>\\w+)');
  const find = (entry: Entry): void => {
    const matcher = compiled.matcher(inputOf(entry, source) ?? '');
    if ((source !== undefined && !entry.extracted.has(source)) || !matcher.find()) return;
    for (const [name, index] of groups) {
      const value = matcher.group(index) ?? '';
      entry.extracted.set(name, value);
      if (makesLabels) entry.labels.set(name, value);
    }
  };
  return changing(find);
});
