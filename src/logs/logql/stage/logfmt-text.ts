// Logfmt as text that is walked: one pair after another. The stages `logfmt` with and without expressions stand on it.
//
// Source: Grafana Loki `pkg/logql/log/logfmt/decode.go`, whose messages these are; positions count UTF-8 bytes from 1.

const EQUALS = 61;
const QUOTE = 34;
const SPACE = 32;
const BACKSLASH = 92;
const ASCII_MAX = 127;

export class LogfmtText {
  #text = '';
  #at = 0;
  #keyFrom = 0;
  #keyTo = 0;
  #valueFrom = 0;
  #valueTo = 0;
  /** The value's content without its escapes, where it has any. */
  #unescaped: string | undefined;
  /** The last error, empty for none. */
  problem = '';

  reset(text: string): void {
    this.#text = text;
    this.#at = 0;
    this.problem = '';
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** The key of the pair that `next` has found. */
  get key(): string {
    return this.#text.slice(this.#keyFrom, this.#keyTo);
  }

  /** The value of the pair that `next` has found; a key alone has the value `''`. */
  get value(): string {
    return this.#unescaped ?? this.#text.slice(this.#valueFrom, this.#valueTo);
  }

  get hasValue(): boolean {
    return this.#unescaped === undefined ? this.#valueTo > this.#valueFrom : this.#unescaped !== '';
  }

  /** True where the pair that `next` has found has this key. */
  isKey(key: string): boolean {
    return this.#keyTo - this.#keyFrom === key.length && this.#text.startsWith(key, this.#keyFrom);
  }

  /** Finds the next pair; false where there is none up to the end, or up to the space behind an error. */
  next(): boolean {
    const text = this.#text;
    let at = this.#at;
    while (at < text.length && text.charCodeAt(at) <= SPACE) at++;
    const start = at;
    let code = 0;
    let isAscii = true;
    for (; at < text.length; at++) {
      code = text.charCodeAt(at);
      if (code <= SPACE || code === EQUALS || code === QUOTE) break;
      if (code > ASCII_MAX) isAscii = false;
    }
    this.#at = at;
    if (start === text.length) return false;
    if (at < text.length && code === QUOTE) return this.#unexpected(QUOTE);
    if (at < text.length && code === EQUALS && at === start) return this.#unexpected(EQUALS);
    this.#keyFrom = start;
    this.#keyTo = at;
    this.#valueFrom = this.#valueTo = at;
    this.#unescaped = undefined;
    const isPair = at < text.length && code === EQUALS;
    if (!isAscii && this.key.includes('\uFFFD')) {
      this.#fail('invalid key');
      if (isPair) this.#skip();
      return false;
    }
    return isPair ? this.#readValue(at + 1) : true;
  }

  #readValue(start: number): boolean {
    const text = this.#text;
    if (text.charCodeAt(start) === QUOTE) return this.#readQuoted(start);
    let at = start;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code <= SPACE) break;
      if (code === EQUALS || code === QUOTE) {
        this.#at = at;
        return this.#unexpected(code);
      }
    }
    this.#valueFrom = start;
    this.#valueTo = at;
    this.#at = at;
    return true;
  }

  #readQuoted(start: number): boolean {
    const text = this.#text;
    let escaped = false;
    for (let at = start + 1; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === BACKSLASH) {
        escaped = true;
        at++;
      } else if (code === QUOTE) {
        this.#at = at + 1;
        this.#valueFrom = start + 1;
        this.#valueTo = at;
        if (!escaped) return true;
        this.#unescaped = unescapeLogfmt(text.slice(start + 1, at));
        return this.#unescaped === undefined ? this.#fail('invalid quoted value') : true;
      }
    }
    this.#at = text.length;
    return this.#fail('unterminated quoted value');
  }

  #unexpected(code: number): false {
    this.#fail(`unexpected '${String.fromCharCode(code)}'`);
    this.#skip();
    return false;
  }

  #fail(message: string): false {
    this.problem = `logfmt syntax error at pos ${utf8Length(this.#text, this.#at) + 1} : ${message}`;
    return false;
  }

  /** To the next space: what a lenient reader goes on from. */
  #skip(): void {
    while (this.#at < this.#text.length && this.#text.charCodeAt(this.#at) > SPACE) this.#at++;
  }
}

function utf8Length(text: string, end: number): number {
  let bytes = 0;
  for (let i = 0; i < end; i++) {
    const code = text.charCodeAt(i);
    bytes += code < 0x80 ? 1 : code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 2 : 3;
  }
  return bytes;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  "'": "'",
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** A quoted value's content with its escapes taken out, as in JSON; undefined where one is none. Halves of pairs become U+FFFD. */
function unescapeLogfmt(content: string): string | undefined {
  let isValid = true;
  const value = content.replaceAll(/\\(?:u([0-9a-fA-F]{4})|([\s\S]?))/g, (_, unit: string | undefined, escape: string | undefined) => {
    if (unit !== undefined) return String.fromCharCode(Number.parseInt(unit, 16));
    const simple = ESCAPES[escape ?? ''];
    if (simple === undefined) isValid = false;
    return simple ?? '';
  });
  return isValid ? value.toWellFormed() : undefined;
}
