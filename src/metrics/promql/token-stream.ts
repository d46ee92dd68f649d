// The parser's view of the tokens: look ahead, take, accept, and refuse with Prometheus's words.

import { parseError } from '../../query/scanner.ts';
import type { Position } from './ast.ts';
import type { Token } from './lex.ts';

const KEYWORDS = new Set(
  'and or unless atan2 sum avg count min max group stddev stdvar topk bottomk count_values quantile limitk limit_ratio offset smoothed anchored by without on ignoring group_left group_right bool start end'.split(
    ' ',
  ),
);
const OPERATORS = new Set(['+', '-', '*', '/', '%', '^', '==', '!=', '<', '<=', '>', '>=', '=~', '!~', '@', '</', '>/']);

export class TokenStream {
  readonly text: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string, tokens: readonly Token[]) {
    this.text = text;
    this.#tokens = tokens;
  }

  /** The token `ahead` places further; the last is always of kind `end`. */
  peek(ahead = 0): Token {
    const token = this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)];
    return token ?? { kind: 'end', text: '', from: this.text.length, to: this.text.length };
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

  is(punctuation: string): boolean {
    const token = this.peek();
    return token.kind === 'punctuation' && token.text === punctuation;
  }

  /** Takes the next token if it is one of these marks. */
  accept(...marks: readonly string[]): Token | undefined {
    const token = this.peek();
    return token.kind === 'punctuation' && marks.includes(token.text) ? this.take() : undefined;
  }

  /** Takes the next token if it is one of these words, in any case. */
  acceptWord(...words: readonly string[]): Token | undefined {
    const token = this.peek();
    return token.kind === 'word' && words.includes(token.text.toLowerCase()) ? this.take() : undefined;
  }

  expect(mark: string, context: string): Token {
    return this.accept(mark) ?? this.unexpected(this.peek(), context, `"${mark}"`);
  }

  expectEnd(): void {
    const token = this.peek();
    if (token.kind !== 'end') this.unexpected(token);
  }

  unexpected(token: Token, context = '', expected = ''): never {
    const where = context === '' ? '' : ` ${context}`;
    const wanted = expected === '' ? '' : `, expected ${expected}`;
    return this.fail(token, `unexpected ${describe(token)}${where}${wanted}`);
  }

  fail(at: Position, message: string): never {
    throw parseError(this.text, at.from, at.to, message);
  }
}

/** A token as an error names it. */
export function describe(token: Token): string {
  switch (token.kind) {
    case 'end':
      return 'end of input';
    case 'number':
    case 'duration':
      return `${token.kind} "${token.text}"`;
    case 'string':
      return `string ${JSON.stringify(token.text)}`;
    case 'word':
      return KEYWORDS.has(token.text.toLowerCase()) ? `<${token.text.toLowerCase()}>` : `identifier "${token.text}"`;
    case 'punctuation':
      return OPERATORS.has(token.text) ? `<op:${token.text}>` : `"${token.text}"`;
  }
}
