// A LogQL query laid out over lines by the server's own printer.

import { formatLogql } from '../../../src/logs/logql/format.ts';
import { readLogql } from '../../data/logql-text.ts';
import type { Formatted } from '../../data/formatted.ts';
import { commentsOf } from '../loose-tokens.ts';
import { looseTokens } from './logql-tokens.ts';

/** What fits into the editor beside a list. */
const LINE_WIDTH_MAX = 80;

/** The text laid out for people. The tree holds no comments, so a text that has some is refused. */
export function formatLogqlText(text: string): Formatted {
  const read = readLogql(text);
  if (read.kind === 'wrong') return { kind: 'refused', reason: 'Only a whole query can be formatted.' };
  if (commentsOf(text, looseTokens(text)).length > 0) return { kind: 'refused', reason: 'Formatting would lose the comments.' };
  return { kind: 'formatted', text: read.kind === 'empty' ? '' : formatLogql(read.expr, LINE_WIDTH_MAX) };
}
