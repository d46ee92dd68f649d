// What is wrong with a TraceQL text, as a line under the place.

import type { Diagnostic } from '@codemirror/lint';
import { readTraceql } from '../../data/traceql-text.ts';
import { visible } from '../problems.ts';

/** What an answer says names no place in the text: the page shows it, the editor does not. */
export function diagnosticsOf(text: string): Diagnostic[] {
  const read = readTraceql(text);
  return read.kind === 'wrong' ? [visible(text, { ...read.problem, severity: 'error' })] : [];
}
