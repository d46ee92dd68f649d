// Stages that change the line itself or what was found in it: `output`, `template`, `replace`, `redact`, `pack`, `decolorize`.

import { createHash } from 'node:crypto';

import type { RE2JS } from 're2js';
import { z } from 'zod';

import { RequestError } from '../../../base/request-error.ts';
import { compilePipeline } from '../../../logs/logql/compile-pipeline.ts';
import { LineLabels } from '../../../logs/logql/line-labels.ts';
import { NUMBER_FUNCTIONS } from '../../../logs/logql/template/number-functions.ts';
import { TEXT_FUNCTIONS } from '../../../logs/logql/template/text-functions.ts';
import { timeFunctions } from '../../../logs/logql/template/time-functions.ts';
import { goFunction, textArg } from '../../../query/template/function.ts';
import type { FunctionTable } from '../../../query/template/function.ts';
import type { Template } from '../../../query/template/compile.ts';
import { compileTemplate } from '../../../query/template/template.ts';
import { TemplateError, TemplateSyntaxError } from '../../../query/template/template-error.ts';
import { goMap } from '../../../query/template/value.ts';
import { compareText } from '../../../query/labels.ts';
import type { Entry } from './entry.ts';
import type { StageKind } from './stage-settings.ts';
import { changing, compilePattern, inputOf, simple, stageKind, textSetting } from './stage-settings.ts';

export const outputKind: StageKind = stageKind(z.strictObject({ source: textSetting }), ({ source }) =>
  changing((entry) => {
    entry.line = entry.extracted.get(source) ?? entry.line;
  }),
);

const LIMITS = { lengthMax: 1024 * 1024, stepsMax: 100_000, depthMax: 100 };

/** Those of a query's templates, and the hashes that promtail's have besides. */
const FUNCTIONS: FunctionTable = new Map([
  ...TEXT_FUNCTIONS,
  ...NUMBER_FUNCTIONS,
  ...timeFunctions(Date.now),
  ['Hash', goFunction('string string', (args) => hash('sha3-256', textArg(args, 0) + textArg(args, 1)))],
  ['Sha2Hash', goFunction('string string', (args) => hash('sha256', textArg(args, 0) + textArg(args, 1)))],
]);

function hash(algorithm: string, text: string): string {
  return createHash(algorithm).update(text).digest('hex');
}

function templateOf(text: string): Template {
  try {
    return compileTemplate(text, { name: 'pipeline_template', functions: FUNCTIONS, missingKey: 'default', limits: LIMITS });
  } catch (cause) {
    if (!(cause instanceof TemplateSyntaxError)) throw cause;
    throw new RequestError('bad_data', cause.message, { cause });
  }
}

/** The text of a template over what was found, or undefined where it fails. */
function render(template: Template, { extracted, line }: Entry, value: string): string | undefined {
  try {
    return template.execute(goMap(new Map([...extracted, ['Value', value], ['Entry', line]])));
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return undefined;
  }
}

/** An empty result takes the value away. */
export const templateKind: StageKind = stageKind(z.strictObject({ source: textSetting, template: z.string() }), ({ source, template }) => {
  const compiled = templateOf(template);
  return changing((entry) => {
    const text = render(compiled, entry, entry.extracted.get(source) ?? '');
    if (text === '') entry.extracted.delete(source);
    else if (text !== undefined) entry.extracted.set(source, text);
  });
});

const replace = z.strictObject({ expression: textSetting, source: textSetting.optional(), replace: z.string().default('') });

/** Each captured group becomes the text of the template, whose `.Value` is what the group has captured. */
export const replaceKind: StageKind = stageKind(replace, ({ expression, source, replace: template }) => {
  const pattern = compilePattern(expression);
  const compiled = templateOf(template);
  const names = Object.entries(pattern.namedGroups());
  return changing((entry) => {
    const input = inputOf(entry, source);
    if (input === undefined) return;
    const result = replaceGroups(pattern, input, (value) => render(compiled, entry, value));
    if (result === undefined) return;
    if (source === undefined) entry.line = result.text;
    else entry.extracted.set(source, result.text);
    for (const [name, group] of names) {
      const value = result.groups[group];
      if (value !== undefined) entry.extracted.set(name, value);
    }
  });
});

interface Replaced {
  readonly text: string;
  /** What the groups of the first match have become. */
  readonly groups: readonly (string | undefined)[];
}

/** Undefined where nothing matches or a replacement fails. Of groups within one another the outer one counts. */
function replaceGroups(pattern: RE2JS, input: string, replacement: (value: string) => string | undefined): Replaced | undefined {
  const matcher = pattern.matcher(input);
  let groups: (string | undefined)[] | undefined;
  let text = '';
  let end = 0;
  while (matcher.find()) {
    const found: (string | undefined)[] = [];
    for (let group = 1; group <= matcher.groupCount(); group++) {
      const value = matcher.group(group);
      if (value === null) continue;
      const becomes = replacement(value);
      if (becomes === undefined) return undefined;
      found[group] = becomes;
      if (matcher.start(group) < end) continue;
      text += input.slice(end, matcher.start(group)) + becomes;
      end = matcher.end(group);
    }
    groups ??= found;
  }
  return groups === undefined ? undefined : { text: text + input.slice(end), groups };
}

const pack = z.strictObject({ labels: z.array(textSetting).default([]), ingest_timestamp: z.boolean().default(true) });

/** Labels that would be too many streams go into the line; `| unpack` takes them out again. */
export const packKind: StageKind = stageKind(pack, ({ labels, ingest_timestamp: takesNow }) => {
  const sorted = labels.toSorted(compareText);
  return (context) => {
    const stage = simple((entry, emit) => {
      const found = sorted.filter((name) => entry.extracted.has(name));
      const packed = found.map((name) => `${JSON.stringify(name)}:${JSON.stringify(entry.extracted.get(name))}`);
      entry.line = `{${[...packed, `"_entry":${JSON.stringify(entry.line)}`].join(',')}}`;
      for (const name of found) entry.labels.delete(name);
      if (takesNow) entry.tsNs = BigInt(Math.trunc(context.nowMs())) * 1_000_000n;
      emit(entry);
    });
    return stage(context);
  };
});

export const decolorizeKind: StageKind = stageKind(z.strictObject({}), () => {
  const pipeline = compilePipeline([{ kind: 'decolorize', from: 0, to: 0 }]);
  const labels = new LineLabels();
  return changing((entry) => {
    const line = { tsNs: entry.tsNs, text: entry.line, labels };
    pipeline.process(line);
    entry.line = line.text;
  });
});
