// One value by one verb of Go's Printf. Source: Go `fmt/print.go`, `printArg` and `printValue`.

import { quote } from '../scanner.ts';
import { formatFloat, formatInt, NO_FLAGS, pad, type Flags } from './fmt-number.ts';
import { isFunction, isList, isMap, isObject, sortedKeys, typeName, type Value } from './value.ts';

/** A value by a verb; one that does not fit gives Go's `%!d(string=x)`. */
export function formatValue(value: Value, verb: string, flags: Flags): string {
  if (value === null || value === undefined) return verb === 'v' || verb === 'T' ? pad('<nil>', flags) : `%!${verb}(<nil>)`;
  if (verb === 'T') return formatText(printType(value), 's', flags);
  switch (typeof value) {
    case 'string':
      return TEXT_VERBS.has(verb) ? formatText(value, verb, flags) : badVerb(value, verb);
    case 'boolean':
      return verb === 't' || verb === 'v' ? pad(String(value), flags) : badVerb(value, verb);
    case 'bigint':
      return formatInteger(value, verb, flags);
    case 'number':
      return formatNumber(value, verb, flags);
    default:
      return formatCompound(value, verb, flags);
  }
}

/** A value's type as `%T` prints it. */
export function printType(value: Value): string {
  return typeName(value);
}

const TEXT_VERBS: ReadonlySet<string> = new Set(['v', 's', 'x', 'X', 'q']);

function badVerb(value: Value, verb: string): string {
  return `%!${verb}(${printType(value)}=${formatValue(value, 'v', NO_FLAGS)})`;
}

const INT_VERBS: ReadonlySet<string> = new Set(['b', 'd', 'o', 'O', 'x', 'X']);

function formatInteger(value: bigint, verb: string, flags: Flags): string {
  if (INT_VERBS.has(verb)) return formatInt(value, verb, flags);
  switch (verb) {
    case 'v':
      return formatInt(value, 'd', flags);
    case 'c':
      return pad(characterOf(value), flags);
    case 'q':
      return pad(quotedCharacter(characterOf(value), flags.plus), flags);
    case 'U':
      return formatUnicode(value, flags);
    default:
      return badVerb(value, verb);
  }
}

function characterOf(value: bigint): string {
  const isCharacter = value >= 0n && value <= 0x10ffffn && (value < 0xd800n || value > 0xdfffn);
  return String.fromCodePoint(isCharacter ? Number(value) : 0xfffd);
}

function quotedCharacter(char: string, ascii: boolean): string {
  if (char === "'") return "'\\''";
  if (char === '"') return `'"'`;
  return `'${(ascii ? asciiQuote(char) : quote(char)).slice(1, -1)}'`;
}

function formatUnicode(value: bigint, flags: Flags): string {
  const digits = value
    .toString(16)
    .toUpperCase()
    .padStart(Math.max(flags.precision ?? 4, 4), '0');
  return pad(flags.sharp ? `U+${digits} '${characterOf(value)}'` : `U+${digits}`, { ...flags, zero: false });
}

function formatNumber(value: number, verb: string, flags: Flags): string {
  switch (verb) {
    case 'v':
      return formatFloat(value, 'g', flags.sharp ? { ...flags, sharp: false } : flags, -1);
    case 'b':
    case 'g':
    case 'G':
    case 'x':
    case 'X':
      return formatFloat(value, verb, flags, -1);
    case 'f':
    case 'F':
    case 'e':
    case 'E':
      return formatFloat(value, verb === 'F' ? 'f' : verb, flags, 6);
    default:
      return badVerb(value, verb);
  }
}

function formatText(text: string, verb: string, flags: Flags): string {
  if (verb === 'x' || verb === 'X') return formatHex(text, verb, flags);
  const cut = flags.precision === undefined ? text : firstCharacters(text, flags.precision);
  if (verb === 'q' || (verb === 'v' && flags.sharp)) return pad(quotedText(cut, verb === 'q' ? flags : NO_FLAGS), flags);
  return pad(cut, flags);
}

/** So many characters from the start. */
function firstCharacters(text: string, count: number): string {
  if (text.length <= count) return text;
  let out = '';
  let left = count;
  for (const char of text) {
    if (left-- <= 0) break;
    out += char;
  }
  return out;
}

function quotedText(text: string, flags: Flags): string {
  const fitsRaw = !/[`\ufeff]|(?!\t)\p{Cc}/u.test(text);
  if (flags.sharp && fitsRaw) return `\`${text}\``;
  return flags.plus ? asciiQuote(text) : quote(text);
}

/** As `quote`, with what is not ASCII as escapes. */
function asciiQuote(text: string): string {
  return quote(text).replaceAll(/\P{ASCII}/gu, (char) => {
    const code = char.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

const encoder = new TextEncoder();

function formatHex(text: string, verb: string, flags: Flags): string {
  const bytes = encoder.encode(text).subarray(0, flags.precision);
  const prefix = flags.sharp ? (verb === 'X' ? '0X' : '0x') : '';
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'));
  const cased = verb === 'X' ? digits.map((digit) => digit.toUpperCase()) : digits;
  if (cased.length === 0) return pad('', flags);
  return pad(flags.space ? cased.map((digit) => prefix + digit).join(' ') : prefix + cased.join(''), flags);
}

/** Lists and maps, whose elements are each formatted by the same directive, and values that print themselves. */
function formatCompound(value: Value, verb: string, flags: Flags): string {
  if (isObject(value)) {
    const plain = value.comparable?.();
    if (typeof plain === 'bigint' && !TEXT_VERBS.has(verb)) return formatValue(plain, verb, flags);
    return TEXT_VERBS.has(verb)
      ? formatText(value.print(), verb === 'v' ? 's' : verb, flags)
      : `%!${verb}(${value.typeName}=${value.print()})`;
  }
  const isSyntax = verb === 'v' && flags.sharp;
  if (isList(value)) {
    const items = value.map((item) => formatValue(item, verb, flags));
    return isSyntax ? `${typeName(value)}{${items.join(', ')}}` : `[${items.join(' ')}]`;
  }
  if (isMap(value)) {
    const pairs = sortedKeys(value).map((key) => `${formatValue(key, verb, flags)}:${formatValue(value.get(key), verb, flags)}`);
    return isSyntax ? `${value.typeName}{${pairs.join(', ')}}` : `map[${pairs.join(' ')}]`;
  }
  return isFunction(value) ? `%!${verb}(func)` : '';
}
