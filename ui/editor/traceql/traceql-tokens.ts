// The tokens of a TraceQL text that is still being written, and the comments between them.

import { END_OF_TEXT, Lexer } from '../../../src/traces/traceql/lex.ts';
import { attemptLex, mendTokens } from '../loose-tokens.ts';
import type { LooseTokens, Span } from '../loose-tokens.ts';

export interface TraceqlToken extends Span {
  /** A terminal of the grammar: its spelling, or `IDENTIFIER`, `STRING`, `INTEGER`, `FLOAT`, `DURATION`. */
  readonly kind: string;
  readonly text: string;
}

/** The mark that says that a name has ended takes no place, and nobody here asks for it. */
const MARK = 'END_ATTRIBUTE';

function lexAll(text: string): readonly TraceqlToken[] {
  const lexer = new Lexer(text);
  const tokens: TraceqlToken[] = [];
  for (;;) {
    const { kind, place } = lexer.next();
    if (kind === END_OF_TEXT) return tokens;
    if (kind !== MARK && place.to > place.from) tokens.push({ kind, text: text.slice(place.from, place.to), ...place });
  }
}

/** All tokens that a text has, however wrong or unfinished it is. */
export function looseTokens(text: string): LooseTokens<TraceqlToken> {
  return mendTokens(text, (rest) => attemptLex(lexAll, rest));
}

const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g;

/** The comments between the tokens: Go's, `//` and `/* … *\/`. */
export function commentsIn(text: string, { tokens, bad }: LooseTokens<Span>): readonly Span[] {
  const found: Span[] = [];
  let at = 0;
  const rest = bad.filter(({ from }) => !text.startsWith('/*', from));
  for (const next of [...tokens, ...rest, { from: text.length, to: text.length }].sort((a, b) => a.from - b.from)) {
    if (next.from > at) {
      for (const { index, 0: comment } of text.slice(at, next.from).matchAll(COMMENT)) {
        found.push({ from: at + index, to: at + index + comment.length });
      }
    }
    at = Math.max(at, next.to);
  }
  return found;
}
