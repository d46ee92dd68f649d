// The stages of a query as one function over a line.
//
//   ast.ts ─▶ a function per stage (stage/) ─▶ Pipeline ─▶ entries of an answer, samples of a range aggregation, live tails

import type { Stage } from './ast.ts';
import type { Pipeline } from './pipeline.ts';
import { jsonStage } from './stage/json.ts';
import { labelFilterStage } from './stage/label-filter.ts';
import { lineFilterStage } from './stage/line-filter.ts';
import { logfmtStage } from './stage/logfmt.ts';
import { ParserHints } from './stage/parser-hints.ts';
import type { RunStage } from './stage/run-stage.ts';

export interface PipelineHints {
  /**
   * The labels that anybody will look at behind the pipeline; those that its own stages look at are added here. Undefined: all of them.
   * Parsing stages then find no others and stop where they have found all; an empty set lets them find nothing at all, errors included.
   */
  readonly needed?: ReadonlySet<string> | undefined;
}

/** Throws `bad_data` where a regular expression, a pattern, a template or an expression of a field is none. */
export function compilePipeline(stages: readonly Stage[], { needed }: PipelineHints = {}): Pipeline {
  const hints = new ParserHints(needed);
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
      return jsonStage(hints);
    case 'logfmt':
      return logfmtStage(stage, hints);
    case 'label_filter':
      return labelFilterStage(stage.filter);
    default:
      throw new Error(`the stage ${stage.kind} does not exist yet`);
  }
}
