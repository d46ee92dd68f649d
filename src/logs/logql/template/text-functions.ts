// Functions of texts that `line_format` and `label_format` know; where Go counts bytes, these count characters, so that none is cut in two.
//
// Sources: Grafana Loki `pkg/logql/log/fmt.go`; github.com/Masterminds/sprig `strings.go`; Go `strings`.

import { escapeQuery } from '../../../query/template/escape.ts';
import { characterCount } from '../../../query/template/fmt-number.ts';
import { checkLength, goFunction, intArg, textArg, type TemplateFunction, type TemplateLimits } from '../../../query/template/function.ts';
import { countMatches, replaceMatches, replaceMatchesLiterally } from '../../../query/template/go-regex.ts';
import { TemplateCallError } from '../../../query/template/template-error.ts';
import { fromJsonValue, isTrue, type Value } from '../../../query/template/value.ts';
import { convertBytes, convertDuration, type Converted } from '../convert-value.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';

type Args = readonly Value[];

/** A function of one text. */
function ofText(change: (text: string) => Value): TemplateFunction {
  return goFunction('string', (args) => change(textArg(args, 0)));
}

/** A function of two texts. */
function ofTwo(change: (first: string, second: string) => Value): TemplateFunction {
  return goFunction('string string', (args) => change(textArg(args, 0), textArg(args, 1)));
}

/** A function of a number and a text. */
function ofCount(change: (count: number, text: string, limits: TemplateLimits) => Value): TemplateFunction {
  return goFunction('int string', (args, limits) => change(intArg(args, 0), textArg(args, 1), limits));
}

export const TEXT_FUNCTIONS: readonly (readonly [string, TemplateFunction])[] = [
  ['ToLower', ofText(lower)],
  ['ToUpper', ofText(upper)],
  ['lower', ofText(lower)],
  ['upper', ofText(upper)],
  ['title', ofText(title)],
  ['Trim', ofTwo((text, chars) => trimChars(text, chars, 'both'))],
  ['TrimLeft', ofTwo((text, chars) => trimChars(text, chars, 'left'))],
  ['TrimRight', ofTwo((text, chars) => trimChars(text, chars, 'right'))],
  ['TrimPrefix', ofTwo((text, prefix) => trimPrefix(prefix, text))],
  ['TrimSuffix', ofTwo((text, suffix) => trimSuffix(suffix, text))],
  ['TrimSpace', ofText(trimSpace)],
  ['trim', ofText(trimSpace)],
  ['trimSpace', ofText(trimSpace)],
  ['trimAll', ofTwo((chars, text) => trimChars(text, chars, 'both'))],
  ['trimPrefix', ofTwo(trimPrefix)],
  ['trimSuffix', ofTwo(trimSuffix)],
  ['contains', ofTwo((part, text) => text.includes(part))],
  ['hasPrefix', ofTwo((prefix, text) => text.startsWith(prefix))],
  ['hasSuffix', ofTwo((suffix, text) => text.endsWith(suffix))],
  ['Replace', goFunction('string string string int', replaceCounted)],
  [
    'replace',
    goFunction('string string string', (args, limits) => replaceAll(textArg(args, 2), textArg(args, 0), textArg(args, 1), limits)),
  ],
  ['repeat', ofCount(repeat)],
  ['indent', ofCount((count, text, limits) => indent(count, text, limits))],
  ['nindent', ofCount((count, text, limits) => `\n${indent(count, text, limits)}`)],
  ['trunc', ofCount(truncate)],
  ['substr', goFunction('int int string', (args) => substring(intArg(args, 0), intArg(args, 1), textArg(args, 2)))],
  ['alignLeft', ofCount((count, text, limits) => align(count, text, 'left', limits))],
  ['alignRight', ofCount((count, text, limits) => align(count, text, 'right', limits))],
  [
    'regexReplaceAll',
    goFunction('string string string', (args, limits) => replaceMatches(textArg(args, 0), textArg(args, 1), textArg(args, 2), limits)),
  ],
  [
    'regexReplaceAllLiteral',
    goFunction('string string string', (args, limits) =>
      replaceMatchesLiterally(textArg(args, 0), textArg(args, 1), textArg(args, 2), limits),
    ),
  ],
  ['count', ofTwo((regex, text) => BigInt(countMatches(regex, text)))],
  ['urlencode', ofText(escapeQuery)],
  ['urldecode', ofText(unescapeQuery)],
  ['b64enc', ofText(encodeBase64)],
  ['b64dec', ofText(decodeBase64)],
  ['bytes', ofText((text) => converted(convertBytes(text)))],
  ['duration', ofText((text) => seconds(convertDuration(text)))],
  ['duration_seconds', ofText((text) => seconds(convertDuration(text)))],
  ['fromJson', ofText(fromJson)],
  ['default', goFunction('any ...any', ([value, given]) => (isTrue(given) ? given : value))],
];

function lower(text: string): string {
  return text.toLowerCase();
}

function upper(text: string): string {
  return text.toUpperCase();
}

/** The first letter of every word in upper case. Source: Go `strings.Title`, to which letters, digits and `_` are no separators. */
function title(text: string): string {
  return text.replaceAll(/(?<![\p{L}\p{Nd}_]|[^\p{ASCII}\s])\p{L}/gu, (letter) => letter.toUpperCase());
}

/** Blanks are those of Unicode: JavaScript's, without the byte order mark and with U+0085. */
function trimSpace(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isSpace(text.charCodeAt(from))) from++;
  while (to > from && isSpace(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

const SPACE = /\s/;

function isSpace(code: number): boolean {
  if (code < 0x80) return code === 32 || (code >= 9 && code <= 13);
  return code === 0x85 || (code !== 0xfeff && SPACE.test(String.fromCharCode(code)));
}

function trimChars(text: string, chars: string, sides: 'both' | 'left' | 'right'): string {
  const set = new Set(chars);
  const characters = Array.from(text);
  let from = 0;
  let to = characters.length;
  if (sides !== 'right') while (from < to && set.has(characters[from] ?? '')) from++;
  if (sides !== 'left') while (to > from && set.has(characters[to - 1] ?? '')) to--;
  return characters.slice(from, to).join('');
}

function trimPrefix(prefix: string, text: string): string {
  return text.startsWith(prefix) ? text.slice(prefix.length) : text;
}

function trimSuffix(suffix: string, text: string): string {
  return suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
}

function replaceAll(text: string, old: string, replacement: string, limits: TemplateLimits): string {
  return replaceFirst(text, old, replacement, { count: -1, limits });
}

function replaceCounted(args: Args, limits: TemplateLimits): string {
  return replaceFirst(textArg(args, 0), textArg(args, 1), textArg(args, 2), { count: intArg(args, 3), limits });
}

/** So many occurrences from the left, all for a negative count; an empty text stands before every character and at the end. */
function replaceFirst(text: string, old: string, replacement: string, bounds: { count: number; limits: TemplateLimits }): string {
  const { count, limits } = bounds;
  const places = old === '' ? characterCount(text) + 1 : Math.floor(text.length / old.length);
  const occurrences = count < 0 ? places : Math.min(count, places);
  const growth = replacement.length - old.length;
  if (text.length + occurrences * growth > limits.lengthMax) checkLength(text.length + countOf(text, old, occurrences) * growth, limits);
  if (old === '') return insertedBetween(text, replacement, occurrences);
  if (count < 0) return text.replaceAll(old, () => replacement);
  const pieces = text.split(old);
  const head = pieces.slice(0, occurrences + 1).join(replacement);
  return pieces.length > occurrences + 1 ? `${head}${old}${pieces.slice(occurrences + 1).join(old)}` : head;
}

function countOf(text: string, old: string, most: number): number {
  return old === '' ? most : Math.min(text.split(old).length - 1, most);
}

function insertedBetween(text: string, replacement: string, count: number): string {
  let out = count > 0 ? replacement : '';
  let done = 1;
  for (const char of text) out += done++ < count ? char + replacement : char;
  return out;
}

function repeat(count: number, text: string, limits: TemplateLimits): string {
  if (count < 0) throw new TemplateCallError('strings: negative Repeat count');
  checkLength(text.length * count, limits);
  return text.repeat(count);
}

function indent(count: number, text: string, limits: TemplateLimits): string {
  const padding = repeat(count, ' ', limits);
  return padding + replaceAll(text, '\n', `\n${padding}`, limits);
}

const SURROGATE = /[\ud800-\udfff]/;

/** As `slice`, by characters. */
function sliceCharacters(text: string, from: number, to?: number): string {
  return SURROGATE.test(text) ? Array.from(text).slice(from, to).join('') : text.slice(from, to);
}

/** The first characters, or the last for a negative count. */
function truncate(count: number, text: string): string {
  if (count >= 0) return sliceCharacters(text, 0, count);
  return characterCount(text) + count > 0 ? sliceCharacters(text, count) : text;
}

/** From `start` to `end`: a negative start is the beginning, a negative end the end. */
function substring(start: number, end: number, text: string): string {
  if (start < 0) return end < 0 ? '' : sliceCharacters(text, 0, end);
  return sliceCharacters(text, start, end < 0 ? undefined : end);
}

function align(count: number, text: string, side: 'left' | 'right', limits: TemplateLimits): string {
  const missing = count - characterCount(text);
  if (count < 0 || missing === 0) return text;
  if (missing < 0) return side === 'left' ? sliceCharacters(text, 0, count) : sliceCharacters(text, -missing);
  const padding = repeat(missing, ' ', limits);
  return side === 'left' ? text + padding : padding + text;
}

/** Source: Go `url.QueryUnescape`. */
function unescapeQuery(text: string): string {
  const bad = /%(?![0-9a-fA-F]{2}).{0,2}/su.exec(text);
  if (bad !== null) throw new TemplateCallError(`invalid URL escape ${JSON.stringify(bad[0])}`);
  const bytes = new TextEncoder().encode(text.replaceAll('+', ' '));
  const out = new Uint8Array(bytes.length);
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    const isEscape = bytes[i] === 37;
    out[length++] = isEscape ? Number.parseInt(String.fromCharCode(bytes[i + 1] ?? 0, bytes[i + 2] ?? 0), 16) : (bytes[i] ?? 0);
    if (isEscape) i += 2;
  }
  return new TextDecoder().decode(out.subarray(0, length));
}

function converted(result: Converted): number {
  if (typeof result === 'number') return result;
  throw new TemplateCallError(result.problem);
}

function seconds(nanoseconds: Converted): number {
  return converted(nanoseconds) / 1e9;
}

/** What is no JSON gives nothing. */
function fromJson(text: string): Value {
  try {
    const json: unknown = JSON.parse(text);
    return fromJsonValue(json);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
