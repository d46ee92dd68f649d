// A TraceQL query laid out by the server's own printer.

import { parseAsWritten } from '../../../src/traces/traceql/parse.ts';
import { printTraceql } from '../../../src/traces/traceql/print.ts';
import { readTraceql } from '../../data/traceql-text.ts';
import type { Formatted } from '../../data/formatted.ts';
import { commentsIn, looseTokens } from './traceql-tokens.ts';

/** The text in its canonical form. The tree holds no comments, so a text that has some is refused. */
export function formatTraceqlText(text: string): Formatted {
  const read = readTraceql(text);
  if (read.kind === 'empty') return { kind: 'formatted', text: '' };
  if (read.kind === 'wrong') return { kind: 'refused', reason: 'Only a whole query can be formatted.' };
  if (commentsIn(text, looseTokens(text)).length > 0) return { kind: 'refused', reason: 'Formatting would lose the comments.' };
  return { kind: 'formatted', text: printTraceql(parseAsWritten(text)) };
}
