// What the lexers of the three query languages share: positions as people count them, blanks and comments, and quoted strings as Go writes them.

import { RequestError } from '../base/request-error.ts';

/** Line and column of an offset, both from 1; columns count UTF-8 bytes, as the peers' messages do. */
export function lineColumn(text: string, offset: number): { readonly line: number; readonly column: number } {
  let line = 1;
  let column = 1;
  for (let i = 0; i < offset && i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 10) {
      line++;
      column = 1;
    } else column += code < 0x80 ? 1 : code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 2 : 3;
  }
  return { line, column };
}

/** An error of a query's text: `1:7: parse error: …`, with the range for an editor to underline. */
export function parseError(text: string, from: number, to: number, message: string): RequestError {
  const { line, column } = lineColumn(text, from);
  return new RequestError('bad_data', `${line}:${column}: parse error: ${message}`, { from, to: Math.max(from, to) });
}

/** The first place from `at` on that is neither blank nor within a comment, which goes from `#` to the end of its line. */
export function blankEnd(text: string, at: number): number {
  for (;;) {
    const char = text[at];
    if (char === '#') {
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end;
    } else if (char === ' ' || char === '\t' || char === '\n' || char === '\r') at++;
    else return at;
  }
}

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** A letter or underscore: what names begin with. */
export function isNameStart(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95;
}

export function isNamePart(code: number): boolean {
  return isNameStart(code) || isDigit(code);
}

/** True for a label name of the classic form `[a-zA-Z_][a-zA-Z0-9_]*`, which needs no quotes. */
export function isClassicLabelName(name: string): boolean {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name);
}

/** True for a metric name of the classic form, which may hold colons. */
export function isClassicMetricName(name: string): boolean {
  return /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name);
}

/** The end of the quoted string that begins at `from`, or the reason why there is none. */
export function quotedEnd(text: string, from: number): { readonly end: number } | { readonly problem: string } {
  const quote = text[from];
  for (let i = from + 1; i < text.length; i++) {
    const char = text[i];
    if (char === quote) return { end: i + 1 };
    if (quote === '`') continue;
    if (char === '\\') i++;
    if (char === '\n' || text[i] === '\n') break;
  }
  return { problem: quote === '`' ? 'unterminated raw string' : 'unterminated quoted string' };
}

const SIMPLE_ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  '\\': 92,
  "'": 39,
  '"': 34, // prettier-ignore
};

/**
 * The text of a quoted string (Go's escapes; backticks take everything as it stands). Throws a parse error of `text` at `from`.
 *
 * Escaped bytes that are no UTF-8 become lone surrogates U+DC80…U+DCFF, one each, so that `quote` can write them again; such a text is not
 * well-formed, and is U+FFFD where it leaves the program.
 */
export function unquote(text: string, from: number, to: number): string {
  const found = unquoted(text.slice(from, to));
  if (typeof found !== 'string') throw parseError(text, from, to, found.problem);
  return found;
}

/** The text of a quoted string with its quotes, as `unquote` gives it, or the problem. */
export function unquoted(text: string): string | { readonly problem: string } {
  const quote = text[0];
  const inner = text.slice(1, -1);
  if (quote === '`' || !inner.includes('\\')) return inner;
  const bytes: number[] = [];
  for (let i = 0; i < inner.length;) {
    const code = inner.codePointAt(i) ?? 0;
    if (code !== 92) {
      pushUtf8(bytes, code);
      i += code > 0xffff ? 2 : 1;
      continue;
    }
    const escape = readEscape(inner, i + 1, quote ?? '"');
    if ('problem' in escape) return escape;
    if (escape.isByte) bytes.push(escape.code);
    else pushUtf8(bytes, escape.code);
    i = escape.next;
  }
  return decodeUtf8(Uint8Array.from(bytes));
}

const BYTE_SURROGATES = 0xdc00;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeUtf8(bytes: Uint8Array): string {
  const whole = decodedOrNothing(bytes);
  if (whole !== undefined) return whole;
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const size = characterSize(bytes[at] ?? 0);
    const character = size === 0 ? undefined : decodedOrNothing(bytes.subarray(at, at + size));
    text += character ?? String.fromCharCode(BYTE_SURROGATES + (bytes[at] ?? 0));
    at += character === undefined ? 1 : size;
  }
  return text;
}

function decodedOrNothing(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The bytes of a character by its first one; 0 where no character begins so. */
function characterSize(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

type Escape = { readonly code: number; readonly isByte: boolean; readonly next: number } | { readonly problem: string };

function readEscape(inner: string, at: number, quote: string): Escape {
  const char = inner[at] ?? '';
  const simple = SIMPLE_ESCAPES[char];
  if (simple !== undefined) {
    if ((char === "'" || char === '"') && char !== quote) return { problem: `unknown escape sequence U+${hex4(char)} '${char}'` };
    return { code: simple, isByte: false, next: at + 1 };
  }
  if (char >= '0' && char <= '7') return readDigits(inner, at, { digits: 3, base: 8, max: 255, isByte: true });
  if (char === 'x') return readDigits(inner, at + 1, { digits: 2, base: 16, max: 255, isByte: true });
  if (char === 'u') return readDigits(inner, at + 1, { digits: 4, base: 16, max: 0x10ffff, isByte: false });
  if (char === 'U') return readDigits(inner, at + 1, { digits: 8, base: 16, max: 0x10ffff, isByte: false });
  return { problem: char === '' ? 'escape sequence not terminated' : `unknown escape sequence U+${hex4(char)} '${char}'` };
}

interface DigitsForm {
  readonly digits: number;
  readonly base: number;
  readonly max: number;
  readonly isByte: boolean;
}

function readDigits(inner: string, at: number, form: DigitsForm): Escape {
  let code = 0;
  for (let i = 0; i < form.digits; i++) {
    const char = inner[at + i];
    if (char === undefined) return { problem: 'escape sequence not terminated' };
    const digit = /[0-9a-fA-F]/.test(char) ? Number.parseInt(char, 16) : form.base;
    if (digit >= form.base) return { problem: `illegal character U+${hex4(char)} '${char}' in escape sequence` };
    code = code * form.base + digit;
  }
  if (code > form.max || (!form.isByte && code >= 0xd800 && code <= 0xdfff))
    return { problem: 'escape sequence is an invalid Unicode code point' };
  return { code, isByte: form.isByte, next: at + form.digits };
}

function hex4(char: string): string {
  return (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}

function pushUtf8(bytes: number[], code: number): void {
  // A lone surrogate is no character: its place is taken by U+FFFD, as everywhere in UTF-8.
  const point = code >= 0xd800 && code <= 0xdfff ? 0xfffd : code;
  if (point < 0x80) bytes.push(point);
  else if (point < 0x800) bytes.push(0xc0 | (point >> 6), 0x80 | (point & 63));
  else if (point < 0x10000) bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
  else bytes.push(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 63), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
}

const QUOTE_ESCAPES: Readonly<Record<number, string>> = {
  7: '\\a',
  8: '\\b',
  12: '\\f',
  10: '\\n',
  13: '\\r',
  9: '\\t',
  11: '\\v',
  92: '\\\\',
  34: '\\"', // prettier-ignore
};

/** A string in double quotes, with Go's escapes: `unquote(quote(s))` is `s`. */
export function quote(value: string): string {
  let out = '"';
  for (const char of value) {
    const code = char.codePointAt(0) ?? 0;
    const escaped = QUOTE_ESCAPES[code];
    if (escaped !== undefined) out += escaped;
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, '0')}`;
    else if (code >= BYTE_SURROGATES + 0x80 && code < BYTE_SURROGATES + 0x100) out += `\\x${(code - BYTE_SURROGATES).toString(16)}`;
    else if (code >= 0x80 && code < 0xa0) out += `\\u${code.toString(16).padStart(4, '0')}`;
    else out += char;
  }
  return `${out}"`;
}
