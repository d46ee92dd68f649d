// JSON as text that is walked, not built: ends of strings and blocks, values as they are written. The stages `json` and `unpack` stand on it.
//
// It is as lenient as the scanner that Loki uses (github.com/grafana/jsonparser): numbers are whatever begins as one, a block ends where its
// brackets balance, and what follows the outermost value does not matter. Its messages are that scanner's, for users know them.

export class JsonError extends Error {
  override readonly name = 'JsonError';
}

export const MALFORMED_JSON = 'Malformed JSON error';
const MALFORMED_STRING = `Value is string, but can't find closing '"' symbol`;
const MALFORMED_ARRAY = "Value is array, but can't find closing ']' symbol";
export const MALFORMED_OBJECT = "Value looks like object, but can't find closing '}' symbol";
export const MALFORMED_ESCAPE = 'Encountered an invalid escape sequence in a string';
const UNKNOWN_VALUE = 'Unknown value type';

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_ARRAY = 91;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
const BACKSLASH = 92;

/** The first place from `at` on that is no white space; the text's length where there is none. */
function skipSpace(text: string, at: number): number {
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return at;
  }
  return at;
}

/** The closing quote of the string whose content begins at `from`, or -1. */
function stringEnd(text: string, from: number): number {
  for (let end = text.indexOf('"', from); end >= 0; end = text.indexOf('"', end + 1)) {
    let first = end;
    while (first > from && text.charCodeAt(first - 1) === BACKSLASH) first--;
    if ((end - first) % 2 === 0) return end;
  }
  return -1;
}

/** Behind the bracket that closes the block opened at `from`, or -1. Brackets of the other kind do not count. */
function blockEnd(text: string, from: number): number {
  const open = text.charCodeAt(from);
  const close = open + 2;
  let level = 0;
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      i = stringEnd(text, i + 1);
      if (i < 0) return -1;
    } else if (code === open) level++;
    else if (code === close && --level === 0) return i + 1;
  }
  return -1;
}

/** Behind the number or word that begins at `at`. */
function tokenEnd(text: string, at: number): number {
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === COMMA || code === CLOSE_OBJECT || code === CLOSE_ARRAY || code === 32 || code === 10 || code === 13 || code === 9)
      return at;
  }
  return at;
}

export type JsonKind = 'string' | 'number' | 'boolean' | 'null' | 'object' | 'array';

/** A place in a text, and what was read last. One cursor serves all lines of a query; everything throws `JsonError`. */
export class JsonCursor {
  #text = '';
  #at = 0;
  /** Of the field or value read last; `from` and `to` enclose a string's content, and any other value as it is written. */
  key = '';
  kind: JsonKind = 'null';
  from = 0;
  to = 0;

  /** Begins at the first character that is no white space. */
  reset(text: string): void {
    this.#text = text;
    this.#at = skipSpace(text, 0);
  }

  /** Enters the object that begins here; false where it is empty, and then behind it. */
  enterObject(): boolean {
    if (this.#text.charCodeAt(this.#at) !== OPEN_OBJECT) throw new JsonError(MALFORMED_OBJECT);
    this.#to(this.#at + 1, MALFORMED_JSON);
    if (this.#text.charCodeAt(this.#at) !== CLOSE_OBJECT) return true;
    this.#at++;
    return false;
  }

  /** Reads a key and its colon, up to the value. */
  readKey(): void {
    const text = this.#text;
    const from = this.#at + 1;
    if (text.charCodeAt(this.#at) !== QUOTE) throw new JsonError(MALFORMED_OBJECT);
    const end = stringEnd(text, from);
    if (end < 0) throw new JsonError(MALFORMED_JSON);
    const key = unescapeJson(text.slice(from, end));
    if (key === undefined) throw new JsonError(MALFORMED_ESCAPE);
    this.key = key;
    this.#at = skipSpace(text, end + 1);
    if (text.charCodeAt(this.#at) !== COLON) throw new JsonError(MALFORMED_JSON);
    this.#to(this.#at + 1, MALFORMED_JSON);
  }

  /** Reads a key and its colon where it is this one, as it is written; otherwise nothing happens. */
  readKnownKey(key: string): boolean {
    const text = this.#text;
    const end = this.#at + 1 + key.length;
    if (text.charCodeAt(end) !== QUOTE || text.charCodeAt(this.#at) !== QUOTE || !text.startsWith(key, this.#at + 1)) return false;
    const colon = skipSpace(text, end + 1);
    // A key with quotes or backslashes in it is written with escapes: what looks like it here is something else.
    if (text.charCodeAt(colon) !== COLON || key.includes('"') || key.includes('\\')) return false;
    this.#to(colon + 1, MALFORMED_JSON);
    return true;
  }

  /** Behind a value of an object: true before another key, false behind the object. */
  nextField(): boolean {
    this.#to(this.#at, MALFORMED_ARRAY);
    const code = this.#text.charCodeAt(this.#at);
    if (code === CLOSE_OBJECT) this.#at++;
    else if (code === COMMA) this.#to(this.#at + 1, MALFORMED_ARRAY);
    else throw new JsonError(MALFORMED_OBJECT);
    // A comma before the closing bracket is let pass.
    if (code === COMMA && this.#text.charCodeAt(this.#at) === CLOSE_OBJECT) {
      this.#at++;
      return false;
    }
    return code === COMMA;
  }

  /** Enters the array that begins here; false where it is empty, and then behind it. */
  enterArray(): boolean {
    this.#to(this.#at + 1, MALFORMED_JSON);
    if (this.#text.charCodeAt(this.#at) !== CLOSE_ARRAY) return true;
    this.#at++;
    return false;
  }

  /** Behind an element of an array: true before another one, false behind the array. */
  nextElement(): boolean {
    this.#to(this.#at, MALFORMED_ARRAY);
    const code = this.#text.charCodeAt(this.#at);
    if (code !== COMMA && code !== CLOSE_ARRAY) throw new JsonError(MALFORMED_ARRAY);
    this.#at++;
    if (code === COMMA) this.#to(this.#at, MALFORMED_JSON);
    return code === COMMA;
  }

  #to(from: number, problem: string): void {
    this.#at = skipSpace(this.#text, from);
    if (this.#at === this.#text.length) throw new JsonError(problem);
  }

  /** What kind of block begins here, if any. */
  get opens(): 'object' | 'array' | undefined {
    const code = this.#text.charCodeAt(this.#at);
    return code === OPEN_OBJECT ? 'object' : code === OPEN_ARRAY ? 'array' : undefined;
  }

  /** Reads the value that begins here, blocks as a whole, and goes behind it. */
  readValue(): void {
    this.peekValue();
    this.#at = this.kind === 'string' ? this.to + 1 : this.to;
  }

  /** Reads the value that begins here and stays before it. */
  peekValue(): void {
    const text = this.#text;
    const at = this.#at;
    this.from = at;
    switch (text.charCodeAt(at)) {
      case QUOTE:
        this.kind = 'string';
        this.from = at + 1;
        this.to = stringEnd(text, at + 1);
        if (this.to < 0) throw new JsonError(MALFORMED_STRING);
        return;
      case OPEN_OBJECT:
        this.kind = 'object';
        this.to = blockEnd(text, at);
        if (this.to < 0) throw new JsonError(MALFORMED_OBJECT);
        return;
      case OPEN_ARRAY:
        this.kind = 'array';
        this.to = blockEnd(text, at);
        if (this.to < 0) throw new JsonError(MALFORMED_ARRAY);
        return;
      default:
        this.to = tokenEnd(text, at);
        this.kind = wordKind(text, at, this.to);
    }
  }

  /** The value read last, as it is written. */
  get raw(): string {
    return this.#text.slice(this.from, this.to);
  }
}

function wordKind(text: string, at: number, end: number): JsonKind {
  const code = text.charCodeAt(at);
  if ((code >= 48 && code <= 57) || code === 45) return 'number';
  if ((end - at === 4 && text.startsWith('true', at)) || (end - at === 5 && text.startsWith('false', at))) return 'boolean';
  if (end - at === 4 && text.startsWith('null', at)) return 'null';
  throw new JsonError(UNKNOWN_VALUE);
}

const ESCAPES: Readonly<Record<string, string>> = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
const UNICODE = /^[0-9a-fA-F]{4}$/;

/** A string's content with its escapes taken out, or undefined where one is none. */
export function unescapeJson(content: string): string | undefined {
  let at = content.indexOf('\\');
  if (at < 0) return content;
  let result = '';
  let from = 0;
  while (at >= 0) {
    result += content.slice(from, at);
    const escape = content.charAt(at + 1);
    const simple = ESCAPES[escape];
    if (simple !== undefined) {
      result += simple;
      from = at + 2;
    } else {
      const unit = escape === 'u' ? unicodeUnit(content, at + 2) : -1;
      if (unit < 0) return undefined;
      const low = unit >= 0xd800 && unit <= 0xdfff ? lowSurrogate(content, at + 6) : 0;
      if (low < 0) return undefined;
      result += low === 0 ? String.fromCharCode(unit) : String.fromCharCode(unit, low);
      from = at + (low === 0 ? 6 : 12);
    }
    at = content.indexOf('\\', from);
  }
  return result + content.slice(from);
}

function unicodeUnit(content: string, at: number): number {
  const digits = content.slice(at, at + 4);
  return UNICODE.test(digits) ? Number.parseInt(digits, 16) : -1;
}

/** The second half of a pair, or -1: a half alone is no character. */
function lowSurrogate(content: string, at: number): number {
  const unit = content.startsWith('\\u', at) ? unicodeUnit(content, at + 2) : -1;
  return unit >= 0xdc00 && unit <= 0xdfff ? unit : -1;
}
