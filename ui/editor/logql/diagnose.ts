// What is wrong with a LogQL text, where it is wrong.

import type { Diagnostic } from '@codemirror/lint';
import { visible } from '../problems.ts';
import { readLogql } from './read-logql.ts';

/** What an answer says names no place in the text: the page shows it, the editor does not. */
export function diagnosticsOf(text: string): Diagnostic[] {
  const read = readLogql(text);
  return read.kind === 'wrong' ? [visible(text, { ...read.problem, severity: 'error' })] : [];
}
