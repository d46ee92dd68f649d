// What is wrong with a LogQL text: its grammar, and what only shows when its stages are made, such as a template.

import { RequestError } from '../../../src/base/request-error.ts';
import type { Stage } from '../../../src/logs/logql/ast.ts';
import { compilePipeline } from '../../../src/logs/logql/compile-pipeline.ts';
import { logPartsOf, readLogql } from '../../data/logql-text.ts';
import type { LogqlProblem } from '../../data/logql-text.ts';

/** The first thing that is wrong with a text; nothing where it can be run. */
export function logqlProblem(text: string): LogqlProblem | undefined {
  const read = readLogql(text);
  if (read.kind === 'empty') return undefined;
  if (read.kind === 'wrong') return { ...read.problem, message: plain(read.problem.message) };
  return stageProblem(logPartsOf(read.expr).flatMap(({ stages }) => stages));
}

/** The underline says where; the words need not. */
function plain(message: string): string {
  return message.replace(/^parse error (?:at line \d+, col \d+)?\s*: (?:syntax error: )?/, '');
}

function stageProblem(stages: readonly Stage[]): LogqlProblem | undefined {
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
