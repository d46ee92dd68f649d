// What the editors of both languages share about tokens: their classes, which colours follow, and the marks that are open around a place.

import { commentsOf, isQuote } from './loose-tokens.ts';
import type { LooseTokens, Span } from './loose-tokens.ts';

export const TOKEN_CLASSES = ['function', 'keyword', 'metric', 'label', 'string', 'number', 'operator', 'bracket', 'comment'] as const;
export type TokenClass = (typeof TOKEN_CLASSES)[number];

export interface ClassedToken extends Span {
  readonly kind: TokenClass;
}

/** A mark that is open, and the word in front of it. */
export interface Open {
  readonly mark: string;
  readonly word: string;
  /** Which of the tokens it is. */
  readonly index: number;
}

interface Marked {
  readonly kind: string;
  readonly text: string;
}

/** What is open behind the tokens, the innermost last. */
export function openMarks(tokens: readonly Marked[]): readonly Open[] {
  const open: Open[] = [];
  tokens.forEach((token, index) => {
    if (token.kind !== 'punctuation') return;
    const before = tokens[index - 1];
    if ('({['.includes(token.text)) open.push({ mark: token.text, word: before?.kind === 'word' ? before.text.toLowerCase() : '', index });
    else if (')}]'.includes(token.text)) open.pop();
  });
  return open;
}

/** The classes of the tokens with comments and unfinished strings between them, in the order of the text. */
export function withRest(text: string, loose: LooseTokens<Span>, classed: readonly ClassedToken[]): readonly ClassedToken[] {
  const strings = loose.bad.filter(({ from }) => isQuote(text[from])).map(({ from, to }): ClassedToken => ({ kind: 'string', from, to }));
  const comments = commentsOf(text, loose).map(({ from, to }): ClassedToken => ({ kind: 'comment', from, to }));
  return [...classed, ...strings, ...comments].sort((a, b) => a.from - b.from);
}
