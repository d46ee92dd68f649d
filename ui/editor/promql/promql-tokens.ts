// The tokens of a PromQL text that is still being written: what is open at its end is closed before it is lexed.

import { lex } from '../../../src/metrics/promql/lex.ts';
import type { Token } from '../../../src/metrics/promql/lex.ts';
import { attemptLex, mendTokens } from '../loose-tokens.ts';
import type { Attempt, LooseTokens } from '../loose-tokens.ts';

/** Lexes a text whose braces, brackets and parentheses may be open at its end. */
function attemptClosed(text: string): Attempt<Token> {
  const attempt = (tried: string): Attempt<Token> => attemptLex(lex, tried);
  // The line break ends a comment, which would swallow what closes.
  let closed = `${text}\n`;
  for (const mark of ['', '}', ']']) {
    const tried = attempt(closed + mark);
    if (tried.kind === 'lexed' || tried.from < text.length) return tried;
    // A mark that closes something is accepted: what is missing then is missing behind it.
    if (tried.from >= closed.length + mark.length) closed += mark;
  }
  // The first parenthesis too many says how many were open.
  const many = attempt(closed + ')'.repeat(text.length + 1));
  return many.kind === 'lexed' ? many : attempt(closed + ')'.repeat(Math.max(0, many.from - closed.length)));
}

/** All tokens that a text has, however wrong or unfinished it is. */
export function looseTokens(text: string): LooseTokens<Token> {
  return mendTokens(text, attemptClosed);
}
