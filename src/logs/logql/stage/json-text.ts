// JSON as text that is walked, not built: ends of strings and blocks, values as they are written. The stages `json` and `unpack` stand on it.
//
// It is as lenient as the scanner that Loki uses (github.com/grafana/jsonparser): numbers are whatever begins as one, a block ends where its
// brackets balance, and what follows the outermost value does not matter. Its messages are that scanner's, for users know them.

export class JsonError extends Error {
  override readonly name = 'JsonError';
}

export const MALFORMED_JSON = 'Malformed JSON error';
export const MALFORMED_STRING = `Value is string, but can't find closing '"' symbol`;
export const MALFORMED_ARRAY = "Value is array, but can't find closing ']' symbol";
export const MALFORMED_OBJECT = "Value looks like object, but can't find closing '}' symbol";
export const MALFORMED_ESCAPE = 'Encountered an invalid escape sequence in a string';
export const UNKNOWN_VALUE = 'Unknown value type';

export const QUOTE = 34;
export const COMMA = 44;
export const COLON = 58;
export const OPEN_ARRAY = 91;
export const CLOSE_ARRAY = 93;
export const OPEN_OBJECT = 123;
export const CLOSE_OBJECT = 125;
const BACKSLASH = 92;

/** The first place from `at` on that is no white space; the text's length where there is none. */
export function skipSpace(text: string, at: number): number {
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return at;
  }
  return at;
}

/** The closing quote of the string whose content begins at `from`, or -1. */
export function stringEnd(text: string, from: number): number {
  for (let end = text.indexOf('"', from); end >= 0; end = text.indexOf('"', end + 1)) {
    let first = end;
    while (first > from && text.charCodeAt(first - 1) === BACKSLASH) first--;
    if ((end - first) % 2 === 0) return end;
  }
  return -1;
}

/** Behind the bracket that closes the block opened at `from`, or -1. Brackets of the other kind do not count. */
export function blockEnd(text: string, from: number): number {
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
export function tokenEnd(text: string, at: number): number {
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === COMMA || code === CLOSE_OBJECT || code === CLOSE_ARRAY || code === 32 || code === 10 || code === 13 || code === 9)
      return at;
  }
  return at;
}

export type JsonKind = 'string' | 'number' | 'boolean' | 'null' | 'object' | 'array';

/** What kind of value begins with the character at `at`, judged by it and, for words, by the whole token up to `end`. */
export function wordKind(text: string, at: number, end: number): JsonKind {
  const code = text.charCodeAt(at);
  if ((code >= 48 && code <= 57) || code === 45) return 'number';
  if ((code === 116 && end - at === 4 && text.startsWith('true', at)) || (code === 102 && end - at === 5 && text.startsWith('false', at)))
    return 'boolean';
  if (code === 110 && end - at === 4 && text.startsWith('null', at)) return 'null';
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
