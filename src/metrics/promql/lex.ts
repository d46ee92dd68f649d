// PromQL text to tokens. Pure: the browser's editor runs it too.
//
// Words are not told apart here: `sum` may be an aggregation, a metric or a label, which only the parser knows. Within braces a name has no colon.

import { blankEnd, isDigit, isNamePart, isNameStart, parseError, quotedEnd } from '../../query/scanner.ts';

export type TokenKind = 'number' | 'duration' | 'string' | 'word' | 'punctuation' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** As it stands in the text. */
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

const TWO = ['==', '!=', '<=', '>=', '=~', '!~', '</', '>/'];
const ONE = '(){}[],+-*/%^@<>=:';
const IN_BRACES = ['=', '!=', '=~', '!~', ',', '}'];
export const QUERY_LENGTH_MAX = 1 << 20;
/** Longer than any float written out in full. */
const NUMBER_LENGTH_MAX = 1200;

/** All tokens of a query, the last of kind `end`. Throws a parse error at the first character that belongs to none. */
export function lex(text: string): readonly Token[] {
  if (text.length > QUERY_LENGTH_MAX) throw parseError(text, 0, 0, `query of ${text.length} characters, ${QUERY_LENGTH_MAX} at most`);
  return new Lexer(text).all();
}

class Lexer {
  readonly #text: string;
  #at = 0;
  #braces = false;
  #brackets = false;
  #parens: number[] = [];

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
    if (from >= this.#text.length) return this.#end();
    const code = this.#text.charCodeAt(from);
    if (code === 34 || code === 39 || code === 96) return this.#string();
    if (this.#braces) return isNameStart(code) ? this.#word(false) : this.#inBraces();
    if (isDigit(code) || (code === 46 && isDigit(this.#text.charCodeAt(from + 1)))) return this.#numberOrDuration();
    // In brackets a colon parts range from step; elsewhere it may begin a recorded metric's name.
    if (
      isNameStart(code) ||
      (code === 58 && !this.#brackets && (isNamePart(this.#text.charCodeAt(from + 1)) || this.#text[from + 1] === ':'))
    ) {
      return this.#word(!this.#brackets);
    }
    return this.#punctuation();
  }

  #end(): Token {
    const at = this.#at;
    if (this.#braces) throw parseError(this.#text, at, at, 'unexpected end of input inside braces');
    if (this.#brackets) throw parseError(this.#text, at, at, 'unexpected end of input in duration expression');
    if (this.#parens.length > 0) throw parseError(this.#text, at, at, 'unclosed left parenthesis');
    return { kind: 'end', text: '', from: at, to: at };
  }

  #string(): Token {
    const found = quotedEnd(this.#text, this.#at);
    if ('problem' in found) throw parseError(this.#text, this.#at, this.#text.length, found.problem);
    return this.#take('string', found.end);
  }

  #word(colons: boolean): Token {
    let to = this.#at;
    while (isNamePart(this.#text.charCodeAt(to)) || (colons && this.#text[to] === ':')) to++;
    const word = this.#text.slice(this.#at, to);
    return this.#take(/^(inf|nan)$/i.test(word) && !this.#braces ? 'number' : 'word', to);
  }

  #numberOrDuration(): Token {
    const rest = this.#text.slice(this.#at, this.#at + NUMBER_LENGTH_MAX);
    const number = /^(?:0[xX][0-9a-fA-F_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?[\d_]+)?)/.exec(rest)?.[0] ?? '';
    const duration = /^(?:\d+(?:ms|[ywdhms]))+/.exec(rest)?.[0] ?? '';
    const [kind, length] =
      duration.length > number.length ? (['duration', duration.length] as const) : (['number', number.length] as const);
    const to = this.#at + length;
    if (isNamePart(this.#text.charCodeAt(to)) || length === NUMBER_LENGTH_MAX) {
      let end = to;
      while (isNamePart(this.#text.charCodeAt(end)) && end - this.#at < 64) end++;
      throw parseError(this.#text, this.#at, end, `bad number or duration syntax: "${this.#text.slice(this.#at, to + 1)}"`);
    }
    return this.#take(kind, to);
  }

  #inBraces(): Token {
    const two = this.#text.slice(this.#at, this.#at + 2);
    const one = this.#text[this.#at] ?? '';
    const found = IN_BRACES.includes(two) ? two : one;
    if (found === '!') this.#refuseAfter('!');
    if (!IN_BRACES.includes(found))
      throw parseError(this.#text, this.#at, this.#at + 1, `unexpected character inside braces: ${shown(this.#text, this.#at)}`);
    if (found === '}') this.#braces = false;
    return this.#take('punctuation', this.#at + found.length);
  }

  #punctuation(): Token {
    const two = this.#text.slice(this.#at, this.#at + 2);
    const one = this.#text[this.#at] ?? '';
    // Regular expression operators stand within braces only.
    if (two === '=~') this.#refuseAfter('=');
    if (two === '!~' || (one === '!' && two !== '!=')) this.#refuseAfter('!');
    const found = TWO.includes(two) ? two : one;
    if (found.length === 1 && !ONE.includes(found)) throw parseError(this.#text, this.#at, this.#at + 1, this.#strange());
    this.#nest(found);
    return this.#take('punctuation', this.#at + found.length);
  }

  #strange(): string {
    const char = shown(this.#text, this.#at);
    return this.#brackets ? `unexpected character in duration expression: ${char}` : `unexpected character: ${char}`;
  }

  #refuseAfter(first: string): never {
    const next = this.#at + 1;
    if (next >= this.#text.length) throw parseError(this.#text, this.#at, next, `unexpected end of input after '${first}'`);
    throw parseError(this.#text, this.#at, next + 1, `unexpected character after '${first}': ${shown(this.#text, next)}`);
  }

  #nest(found: string): void {
    const fail = (message: string): never => {
      throw parseError(this.#text, this.#at, this.#at + 1, message);
    };
    if (found === '{') this.#braces = true;
    else if (found === '}') fail(`unexpected character: '}'`);
    else if (found === '[') {
      if (this.#brackets) fail(`unexpected left bracket '['`);
      this.#brackets = true;
    } else if (found === ']') {
      if (!this.#brackets) fail(`unexpected right bracket ']'`);
      this.#brackets = false;
    } else if (found === '(') this.#parens.push(this.#at);
    else if (found === ')' && this.#parens.pop() === undefined) fail(`unexpected right parenthesis ')'`);
  }

  #take(kind: TokenKind, to: number): Token {
    const from = this.#at;
    this.#at = to;
    return { kind, text: this.#text.slice(from, to), from, to };
  }
}

function shown(text: string, at: number): string {
  return `'${String.fromCodePoint(text.codePointAt(at) ?? 0xfffd)}'`;
}
