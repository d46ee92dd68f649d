// The parser's view of the tokens: look ahead, take, accept, and refuse with Loki's words.

import { RequestError } from '../../base/request-error.ts';
import { unquoted } from '../../query/scanner.ts';
import type { Place } from './ast.ts';
import { type Token, lex, syntaxError } from './lex.ts';

/** Nesting and length of operator chains together: what keeps recursion over a tree within the stack. */
const DEPTH_MAX = 500;

/** Words with a meaning of their own, which errors name as they are. */
const KEYWORDS = new Set(
  'by without bool label_replace offset on ignoring group_left group_right or and unless json regexp logfmt unpack pattern label_format line_format ip decolorize drop keep distinct unwrap variants of'.split(
    ' ',
  ),
);
const COMPARISONS = ['=', '==', '!=', '=~', '!~', '>', '>=', '<', '<='];

export class TokenStream {
  readonly text: string;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  /** Throws on text that is none of tokens. */
  constructor(text: string) {
    this.text = text;
    this.#tokens = lex(text);
  }

  /** The token `ahead` places further; the last is always of kind `end`. */
  peek(ahead = 0): Token {
    const token = this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)];
    return token ?? { kind: 'end', text: '', value: 0, from: this.text.length, to: this.text.length };
  }

  take(): Token {
    const token = this.peek();
    if (token.kind !== 'end') this.#at++;
    return token;
  }

  /** The end of the token taken last. */
  get lastEnd(): number {
    return this.#tokens[this.#at - 1]?.to ?? 0;
  }

  is(...marks: readonly string[]): boolean {
    const token = this.peek();
    return token.kind === 'punctuation' && marks.includes(token.text);
  }

  /** Takes the next token if it is one of these marks. */
  accept(...marks: readonly string[]): Token | undefined {
    return this.is(...marks) ? this.take() : undefined;
  }

  expect(mark: string): Token {
    return this.accept(mark) ?? this.unexpected(this.peek(), mark);
  }

  isWord(...words: readonly string[]): boolean {
    const token = this.peek();
    return token.kind === 'word' && words.includes(token.text.toLowerCase());
  }

  /** Takes the next token if it is one of these words, in any case. */
  acceptWord(...words: readonly string[]): Token | undefined {
    return this.isWord(...words) ? this.take() : undefined;
  }

  expectName(): string {
    const token = this.take();
    return token.kind === 'word' ? token.text : this.unexpected(token, 'IDENTIFIER');
  }

  /** The text of a quoted string. */
  expectString(expected = 'STRING'): string {
    const token = this.peek();
    if (token.kind !== 'string') this.unexpected(token, expected);
    this.take();
    const found = unquoted(token.text);
    if (typeof found !== 'string') throw syntaxError(this.text, token.from, token.to, found.problem);
    return found;
  }

  /** True where a label's comparison begins: a keyword followed by an operator is a label too. */
  isComparison(): boolean {
    const token = this.peek();
    const next = this.peek(1);
    return token.kind === 'word' && next.kind === 'punctuation' && COMPARISONS.includes(next.text);
  }

  expectEnd(): void {
    const token = this.peek();
    if (token.kind !== 'end') this.unexpected(token);
  }

  /** Counts a level of nesting or a link of a chain; `depth` puts the count back. */
  deeper(): void {
    if (++this.#depth > DEPTH_MAX) this.refuse(this.peek(), `expression nested more than ${DEPTH_MAX} levels deep`);
  }

  get depth(): number {
    return this.#depth;
  }

  set depth(depth: number) {
    this.#depth = depth;
  }

  /** A place from a token to the end of the one taken last. */
  since(from: number): Place {
    return { from, to: this.lastEnd };
  }

  /** What is no LogQL. */
  unexpected(token: Token, expected = ''): never {
    const wanted = expected === '' ? '' : `, expecting ${expected}`;
    throw syntaxError(this.text, token.from, token.to, `syntax error: unexpected ${this.#describe(token)}${wanted}`);
  }

  /** What is LogQL but makes no sense. Loki gives such errors no line in their words. */
  refuse(at: Place, message: string): never {
    throw new RequestError('bad_data', `parse error : ${message}`, { from: at.from, to: at.to });
  }

  #describe(token: Token): string {
    switch (token.kind) {
      case 'end':
        return '$end';
      case 'word': {
        const word = token.text.toLowerCase();
        if (KEYWORDS.has(word)) return word;
        const next = this.#tokens[this.#tokens.indexOf(token) + 1];
        return isFunction(word) && next?.text === '(' ? word.toUpperCase() : 'IDENTIFIER';
      }
      case 'punctuation':
        return token.text;
      case 'flag':
        return 'PARSER_FLAG';
      default:
        return token.kind.toUpperCase();
    }
  }
}

function isFunction(word: string): boolean {
  return /_over_time$|^(?:bytes_)?rate$|^rate_counter$|^(?:sum|avg|max|min|count|stddev|stdvar|(?:approx_)?topk|bottomk|sort|sort_desc|vector)$/.test(
    word,
  );
}
