// A LogQL text as a tree, or what is wrong with it: its grammar, and what only shows when its stages are made, such as a template.

import { RequestError } from '../../../src/base/request-error.ts';
import type { Expr, Stage } from '../../../src/logs/logql/ast.ts';
import { compilePipeline } from '../../../src/logs/logql/compile-pipeline.ts';
import { parseLogql } from '../../../src/logs/logql/parse.ts';
import type { Problem } from '../../data/query-text.ts';
import { stagesOf } from './stages.ts';

export type ReadLogql =
  | { readonly kind: 'empty' }
  | { readonly kind: 'wrong'; readonly problem: Problem }
  | { readonly kind: 'parsed'; readonly expr: Expr };

/** A text as a tree, or what is wrong with it and where. */
export function readLogql(text: string): ReadLogql {
  if (text.trim() === '') return { kind: 'empty' };
  try {
    const expr = parseLogql(text);
    const problem = firstProblem(stagesOf(expr));
    return problem === undefined ? { kind: 'parsed', expr } : { kind: 'wrong', problem };
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    const { from = 0, to = text.length } = error.options;
    return { kind: 'wrong', problem: { from, to, message: plain(error.message) } };
  }
}

/** The underline says where; the words need not. */
function plain(message: string): string {
  return message.replace(/^parse error (?:at line \d+, col \d+)?\s*: (?:syntax error: )?/, '');
}

function firstProblem(stages: readonly Stage[]): Problem | undefined {
  for (const stage of stages) {
    try {
      compilePipeline([stage]);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      return { from: stage.from, to: stage.to, message: plain(error.message) };
    }
  }
  return undefined;
}
