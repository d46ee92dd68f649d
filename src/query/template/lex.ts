// The tokens of a template: text outside of actions, and what stands between `{{` and `}}`. Source: Go `text/template/parse`, lex.go.

export type TokenKind =
  | 'error'
  | 'bool'
  | 'char'
  | 'charConstant'
  | 'complex'
  | 'assign'
  | 'declare'
  | 'eof'
  | 'field'
  | 'identifier'
  | 'leftDelim'
  | 'leftParen'
  | 'number'
  | 'pipe'
  | 'rawString'
  | 'rightDelim'
  | 'rightParen'
  | 'space'
  | 'string'
  | 'text'
  | 'variable'
  | 'dot'
  | 'nil'
  | Keyword;

export type Keyword = 'block' | 'break' | 'continue' | 'define' | 'else' | 'end' | 'if' | 'range' | 'template' | 'with';

export interface Token {
  readonly kind: TokenKind;
  readonly at: number;
  /** The text of the token; of an error its message. */
  readonly text: string;
}

const KEYWORDS: ReadonlySet<string> = new Set<Keyword>([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'range',
  'template',
  'with',
]);

const SPACE = /[ \t\r\n]/;
const ALPHANUMERIC = /[_\p{L}\p{Nd}]/u;
const WORD = /[_\p{L}\p{Nd}]*/uy;
const NUMBER = /[+-]?(?:0[xX][0-9a-fA-F_]*|0[oO][0-7_]*|0[bB][01_]*|[0-9_]*)?/y;

/** Gives token after token; after an error or the end always that one. */
export class Lexer {
  readonly #text: string;
  #at = 0;
  #isInside = false;
  #parens = 0;
  #trimsNext = false;
  #final: Token | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  next(): Token {
    if (this.#final !== undefined) return this.#final;
    const token = this.#isInside ? this.#inside() : this.#outside();
    if (token.kind === 'eof' || token.kind === 'error') this.#final = token;
    return token;
  }

  #token(kind: TokenKind, from: number, to = this.#at): Token {
    this.#at = to;
    return { kind, at: from, text: this.#text.slice(from, to) };
  }

  #error(at: number, text: string): Token {
    return { kind: 'error', at, text };
  }

  #outside(): Token {
    const text = this.#text;
    for (;;) {
      if (this.#trimsNext) this.#skipSpace();
      this.#trimsNext = false;
      const from = this.#at;
      const open = text.indexOf('{{', from);
      const to = open < 0 ? text.length : open;
      const trims = open >= 0 && text[open + 2] === '-' && SPACE.test(text[open + 3] ?? '');
      const end = trims ? trimmedEnd(text, from, to) : to;
      this.#at = to;
      if (end > from) return { kind: 'text', at: from, text: text.slice(from, end) };
      if (open < 0) return this.#token('eof', to);
      const inner = open + (trims ? 4 : 2);
      const isComment = text.startsWith('/*', inner);
      if (!isComment) {
        this.#isInside = true;
        this.#parens = 0;
        this.#at = open + (trims ? 3 : 2);
        return { kind: 'leftDelim', at: open, text: '{{' };
      }
      const problem = this.#skipComment(inner);
      if (problem !== undefined) return this.#error(open, problem);
    }
  }

  #skipSpace(): void {
    while (SPACE.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  #skipComment(inner: number): string | undefined {
    const text = this.#text;
    const close = text.indexOf('*/', inner + 2);
    if (close < 0) return 'unclosed comment';
    const trims = SPACE.test(text[close + 2] ?? '') && text.startsWith('-}}', close + 3);
    const end = close + (trims ? 4 : 2);
    if (!text.startsWith('}}', end)) return 'comment ends before closing delimiter';
    this.#at = end + 2;
    this.#trimsNext = trims;
    return undefined;
  }

  #inside(): Token {
    const text = this.#text;
    const from = this.#at;
    const trims = SPACE.test(text[from] ?? '') && text.startsWith('-}}', from + 1);
    if (trims || text.startsWith('}}', from)) return this.#rightDelim(trims);
    const char = text[from] ?? '';
    if (char === '') return this.#error(from, 'unclosed action');
    if (SPACE.test(char)) return this.#space();
    switch (char) {
      case '=':
        return this.#token('assign', from, from + 1);
      case ':':
        return text[from + 1] === '=' ? this.#token('declare', from, from + 2) : this.#error(from, 'expected :=');
      case '|':
        return this.#token('pipe', from, from + 1);
      case '"':
        return this.#quoted('string', '"', 'unterminated quoted string');
      case "'":
        return this.#quoted('charConstant', "'", 'unterminated character constant');
      case '`': {
        const end = text.indexOf('`', from + 1);
        return end < 0 ? this.#error(from, 'unterminated raw quoted string') : this.#token('rawString', from, end + 1);
      }
      case '$':
        return this.#fieldOrVariable('variable');
      case '(':
        this.#parens++;
        return this.#token('leftParen', from, from + 1);
      case ')':
        this.#parens--;
        // One too many is the parser's to refuse.
        return this.#token('rightParen', from, from + 1);
      default:
        return this.#word(char);
    }
  }

  #rightDelim(trims: boolean): Token {
    const from = this.#at;
    if (this.#parens > 0) return this.#error(from, 'unclosed left paren');
    this.#isInside = false;
    this.#trimsNext = trims;
    const at = trims ? from + 2 : from;
    this.#at = at + 2;
    return { kind: 'rightDelim', at, text: '}}' };
  }

  #space(): Token {
    const from = this.#at;
    // The blank of a trim marker ` -}}` is not part of the run.
    while (SPACE.test(this.#text[this.#at] ?? '') && !this.#text.startsWith('-}}', this.#at + 1)) this.#at++;
    return this.#token('space', from);
  }

  #word(char: string): Token {
    const from = this.#at;
    if (char === '.' && !/[0-9]/.test(this.#text[from + 1] ?? '')) return this.#fieldOrVariable('field');
    if (/[.+\-0-9]/.test(char)) return this.#number();
    const first = String.fromCodePoint(this.#text.codePointAt(from) ?? 0);
    if (ALPHANUMERIC.test(first)) return this.#identifier();
    if (/[!-~]/.test(char)) return this.#token('char', from, from + 1);
    return this.#error(from, `unrecognized character in action: ${runeName(first)}`);
  }

  #wordEnd(from: number): number {
    WORD.lastIndex = from;
    WORD.test(this.#text);
    return Math.max(WORD.lastIndex, from);
  }

  #identifier(): Token {
    const from = this.#at;
    const end = this.#wordEnd(from);
    const bad = this.#notTerminated(end);
    if (bad !== undefined) return this.#error(from, bad);
    const word = this.#text.slice(from, end);
    return this.#token(kindOfWord(word), from, end);
  }

  #fieldOrVariable(kind: 'field' | 'variable'): Token {
    const from = this.#at;
    const end = this.#wordEnd(from + 1);
    const bad = this.#notTerminated(end);
    if (bad !== undefined) return this.#error(from, bad);
    return this.#token(end === from + 1 && kind === 'field' ? 'dot' : kind, from, end);
  }

  /** The problem where something follows a name that must not. */
  #notTerminated(at: number): string | undefined {
    const char = this.#text[at] ?? '';
    if (char === '' || /[ \t\r\n.,|:)(}]/.test(char)) return undefined;
    return `bad character ${runeName(String.fromCodePoint(this.#text.codePointAt(at) ?? 0))}`;
  }

  #quoted(kind: TokenKind, quote: string, problem: string): Token {
    const text = this.#text;
    const from = this.#at;
    for (let i = from + 1; i < text.length; i++) {
      if (text[i] === quote) return this.#token(kind, from, i + 1);
      if (text[i] === '\\') i++;
      if (text[i] === '\n') break;
    }
    return this.#error(from, problem);
  }

  #number(): Token {
    const from = this.#at;
    let end = this.#numberEnd(from);
    let kind: TokenKind = 'number';
    if (end !== undefined && /[+-]/.test(this.#text[end] ?? '')) {
      kind = 'complex';
      end = this.#numberEnd(end);
      if (end !== undefined && this.#text[end - 1] !== 'i') end = undefined;
    }
    if (end !== undefined) return this.#token(kind, from, end);
    const bad = /[+-]?[.\w]*/y;
    bad.lastIndex = from;
    return this.#error(from, `bad number syntax: ${JSON.stringify(bad.exec(this.#text)?.[0] ?? '')}`);
  }

  #numberEnd(from: number): number | undefined {
    NUMBER.lastIndex = from;
    const head = NUMBER.exec(this.#text)?.[0] ?? '';
    const isHex = /^[+-]?0[xX]/.test(head);
    const digits = isHex ? '[0-9a-fA-F_]*' : '[0-9_]*';
    const exponent = isHex ? '[pP]' : '[eE]';
    const tail = new RegExp(`(?:\\.${digits})?(?:${exponent}[+-]?[0-9_]*)?i?`, 'y');
    tail.lastIndex = from + head.length;
    const end = tail.lastIndex + (tail.exec(this.#text)?.[0].length ?? 0);
    const follows = this.#text.codePointAt(end);
    return follows !== undefined && ALPHANUMERIC.test(String.fromCodePoint(follows)) ? undefined : end;
  }
}

function kindOfWord(word: string): TokenKind {
  if (word === 'true' || word === 'false') return 'bool';
  if (word === 'nil') return 'nil';
  return isKeyword(word) ? word : 'identifier';
}

function isKeyword(word: string): word is Keyword {
  return KEYWORDS.has(word);
}

function trimmedEnd(text: string, from: number, to: number): number {
  let end = to;
  while (end > from && SPACE.test(text[end - 1] ?? '')) end--;
  return end;
}

/** As Go prints a character with `%#U`: `U+0025 '%'`. */
function runeName(char: string): string {
  return `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')} '${char}'`;
}

const KEYWORD_LIKE: ReadonlySet<TokenKind> = new Set<TokenKind>(['dot', 'nil']);

/** As error messages show a token. */
export function printToken({ kind, text }: Token): string {
  if (kind === 'eof') return 'EOF';
  if (kind === 'error') return text;
  if (isKeyword(kind) || KEYWORD_LIKE.has(kind)) return `<${text}>`;
  const characters = Array.from(text);
  return characters.length > 10 ? `${JSON.stringify(characters.slice(0, 10).join(''))}...` : JSON.stringify(text);
}
