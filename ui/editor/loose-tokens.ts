// The tokens of a text that is still being written: what a lexer refuses is cut out, and the rest lexed again. Both languages' editors use it.
//
//   text ─▶ attempt ─▶ refused within ─▶ that part becomes blanks ─▶ attempt …
//                  └▶ lexed ─▶ tokens

import { RequestError } from '../../src/base/request-error.ts';

/** A part of a text, in UTF-16 code units. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface LooseTokens<T extends Span> {
  readonly tokens: readonly T[];
  /** What belongs to no token, strings without an end among them, in the order of the text. */
  readonly bad: readonly Span[];
}

export type Attempt<T extends Span> = { readonly kind: 'lexed'; readonly tokens: readonly T[] } | ({ readonly kind: 'refused' } & Span);

/** Longer texts are shown without colours, so that typing stays quick. */
export const COLOURED_LENGTH_MAX = 20_000;
const REPAIRS_MAX = 40;

/** What a lexer makes of a text: its tokens, or the place that it refuses. */
export function attemptLex<T extends Span>(lex: (text: string) => readonly T[], text: string): Attempt<T> {
  try {
    return { kind: 'lexed', tokens: lex(text) };
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return { kind: 'refused', from: error.options.from ?? 0, to: error.options.to ?? text.length };
  }
}

/** All tokens that a text has, however wrong or unfinished it is. */
export function mendTokens<T extends Span & { readonly kind: string }>(
  text: string,
  attempt: (text: string) => Attempt<T>,
): LooseTokens<T> {
  const bad: Span[] = [];
  if (text.length > COLOURED_LENGTH_MAX) return { tokens: [], bad };
  let rest = text;
  for (let repairs = 0; repairs < REPAIRS_MAX; repairs++) {
    const tried = attempt(rest);
    if (tried.kind === 'lexed') {
      return { tokens: tried.tokens.filter((token) => token.kind !== 'end' && token.to <= text.length), bad };
    }
    if (tried.from >= text.length) break;
    const place = badPlace(rest, tried);
    bad.push(place);
    rest = rest.slice(0, place.from) + ' '.repeat(place.to - place.from) + rest.slice(place.to);
  }
  return { tokens: [], bad };
}

function badPlace(text: string, { from, to }: Span): Span {
  if (!isQuote(text[from])) return { from, to: Math.min(text.length, Math.max(from + 1, to)) };
  // A quoted string without an end takes its line, a raw one all that follows.
  const lineEnd = text[from] === '`' ? -1 : text.indexOf('\n', from);
  return { from, to: lineEnd < 0 ? text.length : lineEnd };
}

export function isQuote(character: string | undefined): boolean {
  return character === '"' || character === "'" || character === '`';
}

/** The comments between the tokens, each from its mark to the end of its line. */
export function commentsOf(text: string, { tokens, bad }: LooseTokens<Span>): readonly Span[] {
  const found: Span[] = [];
  let at = 0;
  for (const next of [...tokens, ...bad, { from: text.length, to: text.length }].sort((a, b) => a.from - b.from)) {
    while (at < next.from) {
      const from = text.indexOf('#', at);
      if (from < 0 || from >= next.from) break;
      const end = text.indexOf('\n', from);
      at = end < 0 ? text.length : end;
      found.push({ from, to: at });
    }
    at = Math.max(at, next.to);
  }
  return found;
}
