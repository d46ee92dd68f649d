// A query laid out over lines by the server's own printer.

import { formatExpr } from '../../../src/metrics/promql/print.ts';
import { readQuery } from '../../data/query-text.ts';
import { commentsOf } from '../loose-tokens.ts';
import type { Formatted } from '../../data/formatted.ts';
import { looseTokens } from './promql-tokens.ts';

/** What fits into the editor beside the list of metrics. */
const LINE_WIDTH_MAX = 80;

/** The text laid out for people. The tree holds no comments, so a text that has some is refused. */
export function formatQuery(text: string): Formatted {
  const read = readQuery(text);
  if (read.kind === 'wrong') return { kind: 'refused', reason: 'Only a whole query can be formatted.' };
  if (commentsOf(text, looseTokens(text)).length > 0) return { kind: 'refused', reason: 'Formatting would lose the comments.' };
  return { kind: 'formatted', text: read.kind === 'empty' ? '' : formatExpr(read.expr, LINE_WIDTH_MAX) };
}
