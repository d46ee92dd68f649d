// A query's text as tokens, one at a time, for the parser asks for no more than it needs.
//
//   text ─▶ Lexer.next() ─▶ { kind, value, place, line, column } …
//
// Comments are Go's (`//` and `/* */`). A position's line is 0 where a token took more than its first piece, as the peer's messages have it.
// Source: Tempo `pkg/traceql/lexer.go`, which stands on Go's `text/scanner`.

import { RequestError } from '../../base/request-error.ts';
import { quotedEnd, unquoted } from '../../query/scanner.ts';
import type { Place } from './ast.ts';
import { lexNumber } from './lex-number.ts';
import { BEFORE_NAME, SCOPES_OF_PARENT, SPELLED } from './tokens.ts';

export interface Token {
  /** A terminal, or `$end`. */
  readonly kind: string;
  readonly value: string | bigint | number | undefined;
  readonly place: Place;
}

export const END_OF_TEXT = '$end';

const BLANK = /^\p{White_Space}$/u;
const WORD = /[\p{L}_][\p{L}\p{Nd}_]*/uy;
const NO_NAME = new Set('{}()=~!<>&|^,');

/** True for a character that a name without quotes may hold. */
export function isNameCharacter(character: string): boolean {
  return !NO_NAME.has(character) && !BLANK.test(character);
}

export class Lexer {
  readonly #text: string;
  #at = 0;
  #inName = false;
  #scope = '';
  /** Where the last token was looked for, and whether more than one piece was read since. */
  #tokenAt = 0;
  #moved = false;

  constructor(text: string) {
    this.#text = text.startsWith('\uFEFF') ? text.slice(1) : text;
  }

  /** The next token; after the last one `$end`, again and again. Throws the parse error of what is no token. */
  next(): Token {
    if (this.#inName) return this.#nameToken();
    this.#skipBlanks();
    this.#tokenAt = this.#at;
    this.#moved = false;
    const character = this.#peek();
    if (character === '') return this.#token(END_OF_TEXT);
    if (character === '"' || character === '`' || character === "'") return this.#quoted(character);
    if (/\d/.test(character) || (character === '.' && /\d/.test(this.#text[this.#at + 1] ?? ''))) return this.#number();
    return this.#spelled();
  }

  /** The error at the token that was read last, whose position the peer's messages give. */
  error(message: string): RequestError {
    const { line, column } = this.#position();
    const where = line === 0 && column === 0 ? '' : `at line ${line}, col ${column}`;
    return new RequestError('bad_data', `parse error ${where}: ${message}`, { from: this.#tokenAt, to: Math.max(this.#tokenAt, this.#at) });
  }

  /** From 1, in characters. */
  #position(): { readonly line: number; readonly column: number } {
    if (this.#text === '') return { line: 0, column: 0 };
    const before = this.#text.slice(0, this.#tokenAt);
    const newline = before.lastIndexOf('\n');
    const line = this.#moved ? 0 : before.split('\n').length;
    return { line, column: Array.from(before.slice(newline + 1)).length + 1 };
  }

  /** The character at the place, whole where it takes two units; '' at the end. */
  #peek(): string {
    const code = this.#text.codePointAt(this.#at);
    return code === undefined ? '' : String.fromCodePoint(code);
  }

  #token(kind: string, value?: string | bigint | number, from = this.#tokenAt): Token {
    return { kind, value, place: { from, to: this.#at } };
  }

  #skipBlanks(): void {
    for (;;) {
      const character = this.#text[this.#at] ?? '';
      const two = this.#text.slice(this.#at, this.#at + 2);
      if (character !== '' && ' \t\r\n'.includes(character)) this.#at++;
      else if (two === '//') this.#at = endOr(this.#text, this.#text.indexOf('\n', this.#at));
      else if (two === '/*') this.#skipComment();
      else return;
    }
  }

  #skipComment(): void {
    const end = this.#text.indexOf('*/', this.#at + 2);
    this.#tokenAt = this.#at;
    this.#moved = false;
    this.#at = end < 0 ? this.#text.length : end + 2;
    if (end < 0) throw this.error('comment not terminated');
  }

  #quoted(quote: string): Token {
    const found = quotedEnd(this.#text, this.#at);
    if ('problem' in found) throw this.error(quote === "'" ? 'invalid char literal' : 'literal not terminated');
    this.#at = found.end;
    const literal = this.#text.slice(this.#tokenAt, this.#at);
    // A character in single quotes is a token of its own to the scanner, which no rule takes.
    if (quote === "'") return this.#token('IDENTIFIER', literal);
    const value = quote === '`' ? literal.slice(1, -1).replaceAll('\r', '') : unquoted(literal);
    if (typeof value !== 'string') throw this.error('invalid syntax');
    return this.#token('STRING', value);
  }

  #number(): Token {
    const { end, durationEnd, token } = lexNumber(this.#text, this.#at);
    this.#at = durationEnd;
    this.#moved = durationEnd > end;
    if ('problem' in token) throw this.error(token.problem);
    return this.#token(token.kind, token.value);
  }

  /** A word or one character, and as many more as make a known token each time. */
  #spelled(): Token {
    WORD.lastIndex = this.#at;
    let spelling = WORD.exec(this.#text)?.[0] ?? this.#peek();
    const first = spelling;
    this.#at += spelling.length;
    for (;;) {
      const longer = spelling + this.#peek();
      if (longer === spelling || !SPELLED.has(longer)) break;
      spelling = longer;
      this.#at += 1;
      this.#moved = true;
    }
    if (!SPELLED.has(spelling)) return this.#token('IDENTIFIER', first);
    this.#inName = BEFORE_NAME.has(spelling);
    if (spelling !== first) this.#scope = spelling;
    return this.#token(spelling);
  }

  /** What stands behind a scope: perhaps another scope, the name, and a token that says that the name has ended. */
  #nameToken(): Token {
    const from = this.#at;
    const character = this.#peek();
    if (character === '' || !isNameCharacter(character)) {
      this.#inName = false;
      return this.#token('END_ATTRIBUTE', undefined, from);
    }
    this.#moved = true;
    const scope = this.#scope === 'parent.' ? SCOPES_OF_PARENT.find((name) => this.#text.startsWith(name, this.#at)) : undefined;
    if (scope !== undefined) {
      this.#scope = scope;
      this.#at += scope.length;
      return this.#token(scope, undefined, from);
    }
    let name = '';
    for (let next = this.#peek(); next !== '' && isNameCharacter(next); next = this.#peek()) {
      if (next === '"') name += this.#quotedPart();
      else {
        name += next;
        this.#at += next.length;
      }
    }
    return this.#token('IDENTIFIER', name, from);
  }

  /** A part of a name in double quotes, in which a backslash stands before a quote or a backslash. */
  #quotedPart(): string {
    let part = '';
    for (this.#at++; ; this.#at++) {
      const character = this.#text[this.#at];
      if (character === undefined) throw this.error('unexpected EOF, expecting "');
      if (character === '"') break;
      if (character === '\\') {
        this.#at++;
        const escaped = this.#text[this.#at];
        if (escaped !== '"' && escaped !== '\\') throw this.error('invalid escape sequence');
        part += escaped;
      } else part += character;
    }
    this.#at++;
    return part;
  }
}

function endOr(text: string, index: number): number {
  return index < 0 ? text.length : index;
}
