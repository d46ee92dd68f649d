// The stages of a query as one function over a line.
//
//   ast.ts ─▶ a function per stage (stage/) ─▶ Pipeline ─▶ entries of an answer, samples of a range aggregation, live tails

import type { LabelFilter, Stage } from './ast.ts';
import type { Pipeline } from './pipeline.ts';
import { dropStage, keepStage } from './stage/choose-labels.ts';
import { decolorizeStage } from './stage/decolorize.ts';
import { distinctStage } from './stage/distinct.ts';
import { labelFormatStage, lineFormatStage } from './stage/format.ts';
import { jsonFieldsStage } from './stage/json-fields.ts';
import { jsonStage } from './stage/json.ts';
import { labelFilterStage } from './stage/label-filter.ts';
import { lineFilterStage } from './stage/line-filter.ts';
import { logfmtFieldsStage } from './stage/logfmt-fields.ts';
import { logfmtStage } from './stage/logfmt.ts';
import { ParserHints } from './stage/parser-hints.ts';
import { patternStage } from './stage/pattern.ts';
import { regexpStage } from './stage/regexp.ts';
import type { RunStage } from './stage/run-stage.ts';
import { unpackStage } from './stage/unpack.ts';

export interface PipelineHints {
  /**
   * The labels that anybody looks at behind the pipeline: those that its own stages look at are added here. Undefined: all of them.
   * Parsing stages then find no others and stop where they have found all; where none is needed they find nothing at all, errors included.
   */
  readonly needed?: ReadonlySet<string> | undefined;
}

/** Throws `bad_data` where a regular expression, an address, a template or the expression of a field is none. */
export function compilePipeline(stages: readonly Stage[], { needed }: PipelineHints = {}): Pipeline {
  const hints = new ParserHints(needed === undefined ? undefined : new Set([...needed, ...stages.flatMap(labelsSeen)]));
  const compiled = stages.map((stage) => compileStage(stage, hints));
  return {
    process(line) {
      for (const run of compiled) if (!run(line)) return false;
      return true;
    },
  };
}

function compileStage(stage: Stage, hints: ParserHints): RunStage {
  switch (stage.kind) {
    case 'line_filter':
      return lineFilterStage(stage);
    case 'json':
      return stage.extractions.length === 0 ? jsonStage(hints) : jsonFieldsStage(stage.extractions, hints);
    case 'logfmt':
      return stage.extractions.length === 0 ? logfmtStage(stage, hints) : logfmtFieldsStage(stage, hints);
    case 'regexp':
      return regexpStage(stage, hints);
    case 'pattern':
      return patternStage(stage, hints);
    case 'unpack':
      return unpackStage(hints);
    case 'label_filter':
      return labelFilterStage(stage.filter);
    case 'line_format':
      return lineFormatStage(stage.template);
    case 'label_format':
      return labelFormatStage(stage.formats);
    case 'decolorize':
      return decolorizeStage;
    case 'drop':
      return dropStage(stage.choices);
    case 'keep':
      return keepStage(stage.choices);
    case 'distinct':
      return distinctStage(stage.labels);
  }
}

/** The labels that a stage itself looks at. */
function labelsSeen(stage: Stage): readonly string[] {
  switch (stage.kind) {
    case 'label_filter':
      return filteredLabels(stage.filter);
    case 'line_format':
      return templateLabels(stage.template);
    case 'label_format':
      return stage.formats.flatMap((format) => (format.kind === 'rename' ? [format.source] : templateLabels(format.template)));
    case 'distinct':
      return stage.labels;
    default:
      return [];
  }
}

/** Whatever may be a label in the actions of a template: one name too many does no harm. */
function templateLabels(template: string): readonly string[] {
  const actions = [...template.matchAll(/\{\{.*?\}\}/gs)].map(([action]) => action).join(' ');
  return [...actions.matchAll(/\.([a-zA-Z_][a-zA-Z0-9_]*)/g)].map(([, name = '']) => name);
}

function filteredLabels(filter: LabelFilter): readonly string[] {
  return filter.kind === 'and' || filter.kind === 'or' ? [...filteredLabels(filter.left), ...filteredLabels(filter.right)] : [filter.name];
}
