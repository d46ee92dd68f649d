// LogQL text to tokens. Pure: the browser's editor runs it too.
//
// Words are not told apart here: `rate` may be an aggregation or a label, which only the parser knows. A range's brackets are one token.

import { blankEnd, isDigit, lineColumn, quotedEnd } from '../../query/scanner.ts';
import { parseDuration } from '../../base/duration.ts';
import { RequestError } from '../../base/request-error.ts';
import { parseByteSize, parseNanoseconds } from './units.ts';

export type TokenKind = 'number' | 'duration' | 'bytes' | 'range' | 'string' | 'word' | 'flag' | 'punctuation' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** As it stands in the text. */
  readonly text: string;
  /** Nanoseconds of a duration or range, bytes of a size; 0 for all others. */
  readonly value: number;
  readonly from: number;
  readonly to: number;
}

/** A query has fewer characters, as Loki has it. */
export const LOGQL_LENGTH_MAX = 131_072;
const NS_PER_MS = 1_000_000;
const TWO = ['|=', '|~', '|>', '!=', '!~', '!>', '=~', '==', '>=', '<='];
const ONE = '{}()[],.=|<>+-*/%^';
const NUMBER = /0[xXoO][0-9a-fA-F_.]*|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?/y;
const WORD = /[\p{L}_][\p{L}\p{Nd}_]*/uy;
const DURATION_TAIL = /[\d.nuµmshdwy]+/y;
const BYTES_TAIL = /[\d.BikKMGTP]+/y;
const FLAG = /--(?:strict|keep-empty)(?![a-zA-Z-])/y;

/** An error of a query's text, in Loki's words: with line and column, as syntax errors have it. */
export function syntaxError(text: string, from: number, to: number, message: string): RequestError {
  const { line, column } = lineColumn(text, from);
  return new RequestError('bad_data', `parse error at line ${line}, col ${column}: ${message}`, { from, to: Math.max(from, to) });
}

/** All tokens of a query, the last of kind `end`. Throws a parse error at the first character that belongs to none. */
export function lex(text: string): readonly Token[] {
  if (text.length >= LOGQL_LENGTH_MAX)
    throw new RequestError('bad_data', `parse error : input size too long (${text.length} > ${LOGQL_LENGTH_MAX})`, { from: 0, to: 0 });
  return new Lexer(text).all();
}

class Lexer {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  all(): readonly Token[] {
    const tokens: Token[] = [];
    for (;;) {
      this.#at = blankEnd(this.#text, this.#at);
      const token = this.#next();
      tokens.push(token);
      if (token.kind === 'end') return tokens;
    }
  }

  #next(): Token {
    const from = this.#at;
    if (from >= this.#text.length) return this.#take('end', from);
    const char = this.#text[from] ?? '';
    if (char === '"' || char === '`') return this.#string();
    if (char === '[') return this.#range();
    if (isDigit(char.charCodeAt(0)) || (char === '.' && isDigit(this.#text.charCodeAt(from + 1)))) return this.#quantity();
    if (char === '-') return this.#minus();
    const wordEnd = this.#match(WORD, from);
    return wordEnd > from ? this.#take('word', wordEnd) : this.#punctuation();
  }

  #string(): Token {
    const found = quotedEnd(this.#text, this.#at);
    if ('problem' in found) this.#fail(this.#text.length, 'literal not terminated');
    return this.#take('string', found.end);
  }

  #range(): Token {
    const close = this.#text.indexOf(']', this.#at);
    if (close < 0) this.#fail(this.#text.length, "missing closing ']' in duration");
    const ms = parseDuration(this.#text.slice(this.#at + 1, close).trim());
    if (typeof ms !== 'number') this.#fail(close + 1, ms.problem);
    return this.#take('range', close + 1, ms * NS_PER_MS);
  }

  #quantity(): Token {
    const from = this.#at;
    const end = this.#match(NUMBER, from);
    return (
      this.#measured('duration', this.#match(DURATION_TAIL, end), end) ??
      this.#measured('bytes', this.#match(BYTES_TAIL, end), end) ??
      this.#take('number', end)
    );
  }

  /** A flag, a negative duration, or the operator. */
  #minus(): Token {
    const from = this.#at;
    const flagEnd = this.#match(FLAG, from);
    if (flagEnd > from) return this.#take('flag', flagEnd);
    const end = this.#match(DURATION_TAIL, from + 1);
    const hasUnit = /[a-zµ]/.test(this.#text.slice(from, end));
    return (hasUnit ? this.#measured('duration', end, from + 1) : undefined) ?? this.#punctuation();
  }

  #measured(kind: 'duration' | 'bytes', to: number, numberEnd: number): Token | undefined {
    if (to === numberEnd) return undefined;
    const text = this.#text.slice(this.#at, to);
    const value = kind === 'duration' ? parseNanoseconds(text) : parseByteSize(text);
    return value === undefined ? undefined : this.#take(kind, to, value);
  }

  #punctuation(): Token {
    const from = this.#at;
    const two = this.#text.slice(from, from + 2);
    if (TWO.includes(two)) return this.#take('punctuation', from + 2);
    const one = this.#text[from] ?? '';
    if (ONE.includes(one)) return this.#take('punctuation', from + 1);
    return this.#fail(from + 1, `syntax error: unexpected character '${String.fromCodePoint(this.#text.codePointAt(from) ?? 0xfffd)}'`);
  }

  /** The end of a match of a sticky pattern at a place, or the place. */
  #match(pattern: RegExp, at: number): number {
    pattern.lastIndex = at;
    return pattern.test(this.#text) ? pattern.lastIndex : at;
  }

  #fail(to: number, message: string): never {
    throw syntaxError(this.#text, this.#at, to, message);
  }

  #take(kind: TokenKind, to: number, value = 0): Token {
    const from = this.#at;
    this.#at = to;
    return { kind, text: this.#text.slice(from, to), value, from, to };
  }
}
