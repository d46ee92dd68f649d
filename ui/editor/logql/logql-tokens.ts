// The tokens of a LogQL text that is still being written.

import { lex } from '../../../src/logs/logql/lex.ts';
import type { Token } from '../../../src/logs/logql/lex.ts';
import { attemptLex, mendTokens } from '../loose-tokens.ts';
import type { Attempt, LooseTokens } from '../loose-tokens.ts';

/** A range without an end is refused up to the next bracket, which may be another's: only what may be a duration belongs to it. */
const OPEN_RANGE = /\[[\w.µ \t]*\]?/y;

function attempt(text: string): Attempt<Token> {
  const tried = attemptLex(lex, text);
  if (tried.kind === 'lexed' || text[tried.from] !== '[') return tried;
  OPEN_RANGE.lastIndex = tried.from;
  return OPEN_RANGE.test(text) ? { ...tried, to: OPEN_RANGE.lastIndex } : tried;
}

/** All tokens that a text has, however wrong or unfinished it is. */
export function looseTokens(text: string): LooseTokens<Token> {
  return mendTokens(text, attempt);
}
