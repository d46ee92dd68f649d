// The level of a line: what becomes `detected_level`. The store asks here for every line that comes in.
//
//   labels (label-level.ts) ─▶ the line: JSON or logfmt field ─▶ its first level word
//
// The rules are Loki's (pkg/distributor/field_detection.go, release 3.7), its default list of fields and its depth of 2 in JSON included.

import { CRITICAL, DEBUG, ERROR, FATAL, INFO, type Level, LEVEL_FIELDS, TRACE, UNKNOWN, VALUE_WORDS, WARN } from './label-level.ts';

const JSON_DEPTH_MAX = 2;

const LINE_WORDS: readonly (readonly [string, Level])[] = [
  ['trace', TRACE],
  ['debug', DEBUG],
  ['fatal', FATAL],
  ['critical', CRITICAL],
  ['error', ERROR],
  ['err', ERROR],
  ['warning', WARN],
  ['warn', WARN],
  ['info', INFO],
];

interface Word {
  readonly bytes: Uint8Array;
  readonly level: Level;
}

const ASCII = new TextEncoder();
const [TAB, NEWLINE, SPACE, QUOTE, COMMA, COLON, EQUALS] = [9, 10, 32, 34, 44, 58, 61] as const;
const [OPEN_BRACKET, BACKSLASH, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [91, 92, 93, 123, 125] as const;

const LOWER = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 65 && byte <= 90 ? byte + 32 : byte));

/** Bytes behind which a word of the line may begin, and before which one may end. */
const IS_LEFT = bytesOf(' \t\n[({"=');
const IS_RIGHT = bytesOf(' \t\n[](){}:,!"=');
/** The first byte of U+0130, whose lower case is an `i`, and its second. */
const [DOTTED_I, DOTTED_I_END] = [0xc4, 0xb0] as const;
/** The second letter of the words that a byte begins: what most words that are none differ in. */
const SECOND = new Uint8Array(256);
for (const [word] of LINE_WORDS) {
  const [first = 0, second = 0] = ASCII.encode(word);
  SECOND[first] = SECOND[first - 32] = second;
}
SECOND[DOTTED_I] = DOTTED_I_END;

/** Line words by their first letter, the longer first. */
const LINE_WORDS_BY_FIRST = wordsBy(LINE_WORDS, 256, (bytes) => bytes[0] ?? 0);
const VALUE_WORDS_BY_LENGTH = wordsBy(VALUE_WORDS, 16, (bytes) => bytes.length);
/** Exact spellings, for JSON. */
const FIELDS_BY_LENGTH = wordsBy(
  LEVEL_FIELDS.map((field) => [field, 0]),
  16,
  (bytes) => bytes.length,
);
/** For logfmt, which folds case: no two have one length. The level here is the rank, 0 the first. */
const FOLDED_FIELDS = [...new Set(LEVEL_FIELDS.map((field) => field.toLowerCase()))];
const FOLDED_FIELD_BY_LENGTH = wordsBy(
  FOLDED_FIELDS.map((field, rank) => [field, rank]),
  16,
  (bytes) => bytes.length,
).map(([word]) => word);

/** A table with 1 at each of the text's bytes. */
function bytesOf(text: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const byte of ASCII.encode(text)) table[byte] = 1;
  return table;
}

function wordsBy(
  words: readonly (readonly [string, number])[],
  size: number,
  key: (bytes: Uint8Array) => number,
): readonly (readonly Word[])[] {
  const table: Word[][] = Array.from({ length: size }, () => []);
  for (const [text, level] of words) {
    const bytes = ASCII.encode(text);
    table[key(bytes)]?.push({ bytes, level });
  }
  return table;
}

/** The level of a line, UTF-8 in `bytes[from…to)`. Nothing is allocated, and a line that is neither JSON nor logfmt is passed over once. */
export function detectLevel(bytes: Uint8Array, from: number, to: number): Level {
  const first = isJson(bytes, from, to);
  if (first < 0) return plainLevel(bytes, from, to);
  const level = jsonLevel(bytes, first, to, JSON_DEPTH_MAX);
  return level > UNKNOWN ? level : wordLevel(bytes, from, to);
}

/** The level of a line that is no JSON. With an equals sign in it the line is logfmt, and its fields come before its words. */
function plainLevel(bytes: Uint8Array, from: number, to: number): Level {
  let level: Level = UNKNOWN;
  let at = from;
  while (at < to && bytes[at] !== EQUALS && level === UNKNOWN) {
    level = wordAt(bytes, at, to);
    at = nextWord(bytes, at, to);
    if (bytes[at - 1] === EQUALS) at--;
  }
  while (at < to && bytes[at] !== EQUALS) at++;
  if (at >= to) return level;
  const field = logfmtLevel(bytes, from, to);
  if (field > UNKNOWN) return field;
  return level === UNKNOWN ? wordLevel(bytes, at, to) : level;
}

/** The place behind the next byte behind which a word may begin. hot: it passes over every byte of nearly every line. */
function nextWord(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && IS_LEFT[bytes[at] as number] === 0) at++;
  return at + 1;
}

/** Where the first brace of a line stands that begins with one and ends with one, spaces aside; -1 for any other line. */
function isJson(bytes: Uint8Array, from: number, to: number): number {
  let first = from;
  while (first < to) {
    const space = spaceAt(bytes, first, to);
    if (space === 0) break;
    first += space;
  }
  if (bytes[first] !== OPEN_BRACE || first >= to) return -1;
  let last = to - 1;
  // Loki looks at the end of a line byte by byte: 0x85 and 0xa0 are spaces there.
  while (last > first && isSpaceByte(bytes[last] ?? 0)) last--;
  return bytes[last] === CLOSE_BRACE ? first : -1;
}

function isSpaceByte(byte: number): boolean {
  return byte === SPACE || (byte >= TAB && byte <= 13) || byte === 0x85 || byte === 0xa0;
}

/** Bytes of the white space character at a place, 0 for none: Unicode's, as Go has it. */
function spaceAt(bytes: Uint8Array, at: number, to: number): number {
  const byte = bytes[at] ?? 0;
  if (byte < 0x80) return byte === SPACE || (byte >= TAB && byte <= 13) ? 1 : 0;
  const second = at + 1 < to ? (bytes[at + 1] ?? 0) : 0;
  if (byte === 0xc2) return second === 0x85 || second === 0xa0 ? 2 : 0;
  const third = at + 2 < to ? (bytes[at + 2] ?? 0) : 0;
  if (byte === 0xe1) return second === 0x9a && third === 0x80 ? 3 : 0;
  if (byte === 0xe3) return second === 0x80 && third === 0x80 ? 3 : 0;
  if (byte !== 0xe2) return 0;
  if (second === 0x80) return (third >= 0x80 && third <= 0x8a) || third === 0xa8 || third === 0xa9 || third === 0xaf ? 3 : 0;
  return second === 0x81 && third === 0x9f ? 3 : 0;
}

/** The level that the first level word of the line names: one that stands alone, whatever its case. */
function wordLevel(bytes: Uint8Array, from: number, to: number): Level {
  for (let at = from; at < to; at = nextWord(bytes, at, to)) {
    const level = wordAt(bytes, at, to);
    if (level !== UNKNOWN) return level;
  }
  return UNKNOWN;
}

function wordAt(bytes: Uint8Array, at: number, to: number): Level {
  const byte = bytes[at] ?? 0;
  if (SECOND[byte] === 0 || LOWER[bytes[at + 1] ?? 0] !== SECOND[byte]) return UNKNOWN;
  const words = LINE_WORDS_BY_FIRST[byte === DOTTED_I ? 105 : (LOWER[byte] ?? 0)] ?? [];
  for (const word of words) {
    const end = endOfWord(bytes, at, to, word.bytes);
    if (end >= 0 && (end === to || IS_RIGHT[bytes[end] ?? 0] === 1)) return word.level;
  }
  return UNKNOWN;
}

/** Where a word ends that stands at a place in whatever case; -1 where it does not stand there. */
function endOfWord(bytes: Uint8Array, from: number, to: number, word: Uint8Array): number {
  let at = from;
  for (let i = 0; i < word.length; i++, at++) {
    if (at >= to) return -1;
    const byte = bytes[at] ?? 0;
    if (LOWER[byte] === word[i]) continue;
    if (word[i] !== 105 || byte !== DOTTED_I || at + 1 >= to || bytes[at + 1] !== DOTTED_I_END) return -1;
    at++;
  }
  return at;
}

/** The level that a field's value names, in whatever case; `UNKNOWN` for any other value. */
function valueLevel(bytes: Uint8Array, from: number, to: number): Level {
  const words = VALUE_WORDS_BY_LENGTH[to - from];
  if (words === undefined) return UNKNOWN;
  for (const word of words) if (foldsTo(bytes, from, word.bytes)) return word.level;
  return UNKNOWN;
}

function foldsTo(bytes: Uint8Array, from: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i++) if (LOWER[bytes[from + i] ?? 0] !== word[i]) return false;
  return true;
}

// logfmt: the whole line is read, up to its first mistake, for the field of the best rank. Fields are told in whatever case.

/** Where the reader of a line stands. One for all lines: nothing is awaited between its uses. */
const cursor = { at: 0, valueFrom: 0, valueTo: 0, escaped: false };

function logfmtLevel(bytes: Uint8Array, from: number, to: number): Level {
  let best = FOLDED_FIELDS.length;
  let level: Level = UNKNOWN;
  cursor.at = from;
  for (;;) {
    let at = cursor.at;
    while (at < to && (bytes[at] ?? 0) <= SPACE) at++;
    if (at >= to) return level;
    const keyFrom = at;
    let byte = 0;
    for (; at < to; at++) {
      byte = bytes[at] ?? 0;
      if (byte <= SPACE || byte === EQUALS || byte === QUOTE) break;
    }
    const keyTo = at;
    // A name that is missing, or broken by a quote, ends the reading; so does one that holds U+FFFD.
    if (keyTo === keyFrom || (at < to && byte === QUOTE) || holdsReplacement(bytes, keyFrom, keyTo)) return level;
    cursor.at = at;
    cursor.valueFrom = cursor.valueTo = at;
    cursor.escaped = false;
    if (at < to && byte === EQUALS && !logfmtValue(bytes, at + 1, to)) return level;
    const field = FOLDED_FIELD_BY_LENGTH[keyTo - keyFrom];
    if (field === undefined || field.level >= best || !foldsTo(bytes, keyFrom, field.bytes)) continue;
    best = field.level;
    level = cursor.escaped ? unescapedLevel(bytes, cursor.valueFrom, cursor.valueTo) : valueLevel(bytes, cursor.valueFrom, cursor.valueTo);
    if (best === 0) return level;
  }
}

/** Reads the value behind an equals sign; false where it is broken. */
function logfmtValue(bytes: Uint8Array, from: number, to: number): boolean {
  cursor.at = cursor.valueFrom = cursor.valueTo = from;
  if (from >= to || (bytes[from] ?? 0) <= SPACE) return true;
  if (bytes[from] === QUOTE) return quotedValue(bytes, from + 1, to);
  let at = from;
  for (; at < to; at++) {
    const byte = bytes[at] ?? 0;
    if (byte <= SPACE) break;
    if (byte === EQUALS || byte === QUOTE) return false;
  }
  cursor.at = cursor.valueTo = at;
  return true;
}

function quotedValue(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at];
    if (byte === BACKSLASH) {
      cursor.escaped = true;
      at++;
    } else if (byte === QUOTE) {
      cursor.at = at + 1;
      cursor.valueFrom = from;
      cursor.valueTo = at;
      return !cursor.escaped || escapesAreRight(bytes, from, at);
    }
  }
  return false;
}

const ESCAPES = bytesOf('"\\/\'bfnrt');

/** A quoted value with escapes is read as JSON's: known ones, and no control characters. */
function escapesAreRight(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    if (byte < SPACE) return false;
    if (byte !== BACKSLASH) continue;
    at++;
    if (bytes[at] === 117) {
      if (at + 4 >= to || !areHexDigits(bytes, at + 1, at + 5)) return false;
      at += 4;
    } else if (ESCAPES[bytes[at] ?? 0] === 0) return false;
  }
  return true;
}

function areHexDigits(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = LOWER[bytes[at] ?? 0] ?? 0;
    if (!((byte >= 48 && byte <= 57) || (byte >= 97 && byte <= 102))) return false;
  }
  return true;
}

function holdsReplacement(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at + 2 < to; at++) if (bytes[at] === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd) return true;
  return false;
}

/** The level of a value with escapes, which is rare enough for a string: only `\u0069nfo` and the like can name one. */
function unescapedLevel(bytes: Uint8Array, from: number, to: number): Level {
  const plain = ASCII.encode(unescapeUnicode(bytes, from, to));
  return valueLevel(plain, 0, plain.length);
}

function unescapeUnicode(bytes: Uint8Array, from: number, to: number): string {
  const text = new TextDecoder().decode(bytes.subarray(from, to));
  return text.replaceAll(/\\u([0-9a-fA-F]{4})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

// JSON: the first string under one of the fields' names, in the order of the line, up to the first mistake. Arrays are not looked into.

/** `FOUND_OTHER`: a field is there whose value names no level; `BROKEN`: the object cannot be read on. Both end the search. */
const FOUND_OTHER = -1;
const BROKEN = -2;

function jsonLevel(bytes: Uint8Array, from: number, to: number, depth: number): Level {
  let at = skipSpace(bytes, from + 1, to);
  while (at < to && bytes[at] === QUOTE) {
    const keyFrom = at + 1;
    const keyTo = stringEnd(bytes, keyFrom, to);
    if (keyTo < 0) return BROKEN;
    at = skipSpace(bytes, keyTo + 1, to);
    if (at >= to || bytes[at] !== COLON) return BROKEN;
    at = skipSpace(bytes, at + 1, to);
    const end = valueEnd(bytes, at, to);
    if (end < 0) return BROKEN;
    if (bytes[at] === QUOTE) {
      if (isLevelField(bytes, keyFrom, keyTo)) {
        const level = valueLevel(bytes, at + 1, end - 1);
        return level === UNKNOWN ? FOUND_OTHER : level;
      }
    } else if (bytes[at] === OPEN_BRACE && depth > 1) {
      const level = jsonLevel(bytes, at, end, depth - 1);
      if (level !== UNKNOWN) return level;
    }
    at = skipSpace(bytes, end, to);
    if (at >= to) return BROKEN;
    if (bytes[at] === CLOSE_BRACE) return UNKNOWN;
    if (bytes[at] !== COMMA) return BROKEN;
    at = skipSpace(bytes, at + 1, to);
  }
  return at < to && bytes[at] === CLOSE_BRACE ? UNKNOWN : BROKEN;
}

function skipSpace(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to) {
    const byte = bytes[at] ?? 0;
    if (byte !== SPACE && byte !== NEWLINE && byte !== 13 && byte !== TAB) break;
    at++;
  }
  return at;
}

/** Where the closing quote of a string stands, -1 for none. */
function stringEnd(bytes: Uint8Array, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at++;
  }
  return -1;
}

/** Where a value ends, -1 where it does not or is none. */
function valueEnd(bytes: Uint8Array, from: number, to: number): number {
  if (from >= to) return -1;
  const byte = bytes[from] ?? 0;
  if (byte === QUOTE) {
    const end = stringEnd(bytes, from + 1, to);
    return end < 0 ? -1 : end + 1;
  }
  if (byte === OPEN_BRACE) return blockEnd(bytes, from, to, CLOSE_BRACE);
  if (byte === OPEN_BRACKET) return blockEnd(bytes, from, to, CLOSE_BRACKET);
  let at = from;
  for (; at < to; at++) {
    const end = bytes[at] ?? 0;
    if (end === COMMA || end === CLOSE_BRACE || end === CLOSE_BRACKET || end === SPACE || (end >= TAB && end <= 13)) break;
  }
  return isLiteral(bytes, from, at) ? at : -1;
}

/** The end of an object or array: where as many brackets of its kind are closed as opened, those in strings aside. */
function blockEnd(bytes: Uint8Array, from: number, to: number, close: number): number {
  const open = bytes[from];
  let depth = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      at = stringEnd(bytes, at + 1, to);
      if (at < 0) return -1;
    } else if (byte === open) depth++;
    else if (byte === close && --depth === 0) return at + 1;
  }
  return -1;
}

const LITERALS = ['true', 'false', 'null'].map((text) => ASCII.encode(text));

/** Numbers are told by how they begin, as the peer does. */
function isLiteral(bytes: Uint8Array, from: number, to: number): boolean {
  const byte = bytes[from] ?? 0;
  if (from < to && ((byte >= 48 && byte <= 57) || byte === 45)) return true;
  for (const literal of LITERALS) if (literal.length === to - from && equals(bytes, from, literal)) return true;
  return false;
}

function equals(bytes: Uint8Array, from: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[from + i] !== word[i]) return false;
  return true;
}

function isLevelField(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] === BACKSLASH) return LEVEL_FIELDS.includes(unescapeUnicode(bytes, from, to));
  const words = FIELDS_BY_LENGTH[to - from];
  if (words === undefined) return false;
  for (const word of words) if (equals(bytes, from, word.bytes)) return true;
  return false;
}
