// What is wrong with a PromQL text: its parser's word, else what the answer said of the same text.

import type { Diagnostic } from '@codemirror/lint';
import { readQuery } from '../../data/query-text.ts';
import { visible } from '../problems.ts';
import type { RunNotes } from '../problems.ts';
import { placeNotes } from './places.ts';

export function diagnosticsOf(text: string, { query, notes }: RunNotes): Diagnostic[] {
  const read = readQuery(text);
  if (read.kind === 'wrong') return [visible(text, { ...read.problem, severity: 'error' })];
  if (read.kind === 'empty' || text.trim() !== query) return [];
  const shift = text.length - text.trimStart().length;
  return placeNotes(query, notes).map(({ from, to, level, message }) =>
    visible(text, { from: from + shift, to: to + shift, message, severity: level }),
  );
}
