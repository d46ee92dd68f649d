// The tokens of a text that is still being written: what our lexer refuses is cut out or closed, and lexed again.
//
//   text ─▶ lex ─▶ refused within ─▶ that part becomes blanks ─▶ lex …
//               └▶ refused at the end ─▶ what is open is closed ─▶ lex ─▶ tokens

import { RequestError } from '../../src/base/request-error.ts';
import type { Position } from '../../src/metrics/promql/ast.ts';
import { lex } from '../../src/metrics/promql/lex.ts';
import type { Token } from '../../src/metrics/promql/lex.ts';

export interface LooseTokens {
  readonly tokens: readonly Token[];
  /** What belongs to no token, strings without an end among them, in the order of the text. */
  readonly bad: readonly Position[];
}

/** Longer texts are shown without colours, so that typing stays quick. */
export const COLOURED_LENGTH_MAX = 20_000;
const REPAIRS_MAX = 40;

type Attempt = { readonly kind: 'lexed'; readonly tokens: readonly Token[] } | ({ readonly kind: 'refused' } & Position);

function attempt(text: string): Attempt {
  try {
    return { kind: 'lexed', tokens: lex(text) };
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return { kind: 'refused', from: error.options.from ?? 0, to: error.options.to ?? text.length };
  }
}

/** Lexes a text whose braces, brackets and parentheses may be open at its end. */
function attemptClosed(text: string): Attempt {
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
export function looseTokens(text: string): LooseTokens {
  const bad: Position[] = [];
  if (text.length > COLOURED_LENGTH_MAX) return { tokens: [], bad };
  let rest = text;
  for (let repairs = 0; repairs < REPAIRS_MAX; repairs++) {
    const tried = attemptClosed(rest);
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

function badPlace(text: string, { from, to }: Position): Position {
  if (!isQuote(text[from])) return { from, to: Math.min(text.length, Math.max(from + 1, to)) };
  // A quoted string without an end takes its line, a raw one all that follows.
  const lineEnd = text[from] === '`' ? -1 : text.indexOf('\n', from);
  return { from, to: lineEnd < 0 ? text.length : lineEnd };
}

export function isQuote(character: string | undefined): boolean {
  return character === '"' || character === "'" || character === '`';
}

/** The comments between the tokens, each from its mark to the end of its line. */
export function commentsOf(text: string, { tokens, bad }: LooseTokens): readonly Position[] {
  const found: Position[] = [];
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
