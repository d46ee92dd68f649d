// The level of a line: what becomes `detected_level`. The store asks here for every line that comes in.
//
//   metadata detected_level ─▶ stream labels ─▶ metadata fields ─▶ severity_number ─▶ the line: JSON or logfmt field ─▶ its first level word
//
// The rules are Loki's (pkg/distributor/field_detection.go, release 3.7), its default list of fields and its depth of 2 in JSON included.

import type { Labels } from '../../query/labels.ts';
import { labelValue } from '../../query/labels.ts';

/** Index into `LEVELS`. */
export type Level = number;

export const LEVELS = ['unknown', 'trace', 'debug', 'info', 'warn', 'error', 'critical', 'fatal'] as const;

const UNKNOWN = 0;
const [TRACE, DEBUG, INFO, WARN, ERROR, CRITICAL, FATAL] = [1, 2, 3, 4, 5, 6, 7] as const;

/** Where a line's level stands in its labels or fields, the first that is there. */
export const LEVEL_FIELDS: readonly string[] =
  'level LEVEL Level log.level severity SEVERITY Severity SeverityText lvl LVL Lvl severity_text Severity_Text SEVERITY_TEXT'.split(' ');
const JSON_DEPTH_MAX = 2;

const VALUE_WORDS: readonly (readonly [string, Level])[] = [
  ['trace', TRACE],
  ['trc', TRACE],
  ['debug', DEBUG],
  ['dbg', DEBUG],
  ['info', INFO],
  ['inf', INFO],
  ['information', INFO],
  ['warn', WARN],
  ['wrn', WARN],
  ['warning', WARN],
  ['error', ERROR],
  ['err', ERROR],
  ['critical', CRITICAL],
  ['fatal', FATAL],
];
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

/** What a byte can be to a word of the line: behind it one may begin, before it one may end, with it one may begin. */
const LEFT = 1;
const RIGHT = 2;
const BEGINS = 4;
/** The first byte of U+0130, whose lower case is an `i`, and its second. */
const [DOTTED_I, DOTTED_I_END] = [0xc4, 0xb0] as const;
const KIND = new Uint8Array(256);
for (const byte of ASCII.encode(' \t\n[({"=')) KIND[byte] = (KIND[byte] ?? 0) | LEFT;
for (const byte of ASCII.encode(' \t\n[](){}:,!"=')) KIND[byte] = (KIND[byte] ?? 0) | RIGHT;
for (const byte of ASCII.encode('tdfcewiTDFCEWI')) KIND[byte] = (KIND[byte] ?? 0) | BEGINS;
KIND[DOTTED_I] = (KIND[DOTTED_I] ?? 0) | BEGINS;

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

/** The level of a line, UTF-8 in `bytes[from…to)`. Nothing is allocated, and no byte is read more often than the line's form asks for. */
export function detectLevel(bytes: Uint8Array, from: number, to: number): Level {
  const first = isJson(bytes, from, to);
  if (first >= 0) {
    const level = jsonLevel(bytes, first, to, JSON_DEPTH_MAX);
    if (level > UNKNOWN) return level;
  } else if (hasEquals(bytes, from, to)) {
    const level = logfmtLevel(bytes, from, to);
    if (level > UNKNOWN) return level;
  }
  return wordLevel(bytes, from, to);
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

function hasEquals(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] === EQUALS) return true;
  return false;
}

/** The level that the first level word of the line names: one that stands alone, whatever its case. */
function wordLevel(bytes: Uint8Array, from: number, to: number): Level {
  let before = LEFT;
  for (let at = from; at < to; at++) {
    const kind = KIND[bytes[at] ?? 0] ?? 0;
    if (before !== 0 && (kind & BEGINS) !== 0) {
      const level = wordAt(bytes, at, to);
      if (level !== UNKNOWN) return level;
    }
    before = kind & LEFT;
  }
  return UNKNOWN;
}

function wordAt(bytes: Uint8Array, at: number, to: number): Level {
  const byte = bytes[at] ?? 0;
  const words = LINE_WORDS_BY_FIRST[byte === DOTTED_I ? 105 : (LOWER[byte] ?? 0)] ?? [];
  for (const word of words) {
    const end = endOfWord(bytes, at, to, word.bytes);
    if (end >= 0 && (end === to || ((KIND[bytes[end] ?? 0] ?? 0) & RIGHT) !== 0)) return word.level;
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

const ESCAPES = new Uint8Array(256);
for (const byte of ASCII.encode('"\\/\'bfnrt')) ESCAPES[byte] = 1;

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

// Labels.

const LEVEL_OF_WORD: ReadonlyMap<string, Level> = new Map(VALUE_WORDS);

/** A level as it is shown: one of `LEVELS` where the text names one in whatever case, else the text as it stands. */
export function levelName(text: string): string {
  const level = text.length > 11 ? undefined : LEVEL_OF_WORD.get(text.toLowerCase());
  return level === undefined ? text : (LEVELS[level] ?? text);
}

/** The level that the labels of a stream give to all its lines; undefined for none. */
export function levelOfStream(stream: Labels): string | undefined {
  const value = firstValue(stream);
  return value === '' ? undefined : levelName(value);
}

/**
 * The level that a line's labels give it, as `detected_level` shows it: one of `LEVELS`, or the sender's own word. Undefined where the line itself has
 * to be asked (`detectLevel`). A metadata `detected_level` stands above all, then the stream's labels, then metadata, then OTLP's severity number.
 */
export function levelOfLabels(stream: Labels, metadata: Labels): string | undefined {
  if (metadata.length === 0) return levelOfStream(stream);
  const given = labelValue(metadata, 'detected_level');
  if (given !== '') return levelName(given);
  const value = firstValue(stream) || firstValue(metadata);
  if (value !== '') return levelName(value);
  const severity = labelValue(metadata, 'severity_number');
  return severity === '' ? undefined : LEVELS[severityLevel(severity)];
}

function firstValue(labels: Labels): string {
  let best = LEVEL_FIELDS.length;
  let value = '';
  for (let i = 0; i < labels.length; i += 2) {
    const rank = LEVEL_FIELDS.indexOf(labels[i] ?? '');
    if (rank < 0 || rank >= best) continue;
    best = rank;
    value = labels[i + 1] ?? '';
  }
  return value;
}

/** OTLP's severity numbers, four to a level (logs data model, "Field: SeverityNumber"); what is no number is info, as the peer has it. */
function severityLevel(text: string): Level {
  if (!/^[+-]?\d{1,18}$/.test(text)) return INFO;
  const number = Number(text);
  if (number === 0 || number > 24) return UNKNOWN;
  if (number <= 4) return TRACE;
  if (number <= 8) return DEBUG;
  if (number <= 12) return INFO;
  if (number <= 16) return WARN;
  return number <= 20 ? ERROR : FATAL;
}
