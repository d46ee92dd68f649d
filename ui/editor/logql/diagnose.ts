// What is wrong with a LogQL text, as a line under the place.

import type { Diagnostic } from '@codemirror/lint';
import { visible } from '../problems.ts';
import { logqlProblem } from './logql-problem.ts';

/** What an answer says names no place in the text: the page shows it, the editor does not. */
export function diagnosticsOf(text: string): Diagnostic[] {
  const problem = logqlProblem(text);
  return problem === undefined ? [] : [visible(text, { ...problem, severity: 'error' })];
}
