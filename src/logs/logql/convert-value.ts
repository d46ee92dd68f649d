// Numbers, durations and sizes as the values of labels write them: for label filters, `unwrap` and templates.
//
// Sources, whose messages these are: Go `strconv.ParseFloat`, `time.ParseDuration`; github.com/dustin/go-humanize `ParseBytes`.

import { parseFloatStrict } from '../../query/durations.ts';
import { quote } from '../../query/scanner.ts';

/** A number, or why the text is none. */
export type Converted = number | { readonly problem: string };

export function convertNumber(text: string): Converted {
  const value = parseFloatStrict(text);
  if (value === undefined) return { problem: `strconv.ParseFloat: parsing ${quote(text)}: invalid syntax` };
  if (!Number.isFinite(value) && /\d/.test(text)) return { problem: `strconv.ParseFloat: parsing ${quote(text)}: value out of range` };
  return value;
}

const DURATION_UNITS: ReadonlyMap<string, number> = new Map([
  ['ns', 1],
  ['us', 1e3],
  ['µs', 1e3],
  ['μs', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
  ['m', 60e9],
  ['h', 3600e9],
]);
const DURATION_PART = /(\d*)(\.\d*)?([^.\d]*)/y;
const DURATION_NS_MAX = 2 ** 63;

/** Nanoseconds of `1h30m`, `1.5s`, `-3ms`; exact below 2^53. */
export function convertDuration(text: string): Converted {
  const invalid = { problem: `time: invalid duration ${quote(text)}` };
  const signed = text.startsWith('-') || text.startsWith('+') ? 1 : 0;
  if (text.length === signed) return invalid;
  if (text.slice(signed) === '0') return 0;
  let total = 0;
  for (let at = signed; at < text.length;) {
    DURATION_PART.lastIndex = at;
    const [part = '', whole = '', fraction = '', unit = ''] = DURATION_PART.exec(text) ?? [];
    if (whole === '' && fraction.length < 2) return invalid;
    if (unit === '') return { problem: `time: missing unit in duration ${quote(text)}` };
    const factor = DURATION_UNITS.get(unit);
    if (factor === undefined) return { problem: `time: unknown unit ${quote(unit)} in duration ${quote(text)}` };
    total += Number(whole) * factor + fractionOf(fraction.slice(1), factor);
    if (total >= DURATION_NS_MAX) return invalid;
    at += part.length;
  }
  return text.startsWith('-') ? -total : total;
}

function fractionOf(digits: string, factor: number): number {
  return digits === '' ? 0 : Math.trunc(Number(digits) * (factor / 10 ** digits.length));
}

const SIZE_UNITS = sizeUnits();

function sizeUnits(): ReadonlyMap<string, number> {
  const units = new Map([
    ['', 1],
    ['b', 1],
  ]);
  for (const [index, letter] of ['k', 'm', 'g', 't', 'p', 'e'].entries()) {
    for (const suffix of ['', 'b']) {
      units.set(`${letter}${suffix}`, 1000 ** (index + 1));
      units.set(`${letter}i${suffix}`, 1024 ** (index + 1));
    }
  }
  return units;
}

const SIZE_MAX = 2 ** 64;

/** Bytes of `42MiB`, `1.5 kB`, `1,024`. */
export function convertBytes(text: string): Converted {
  const digits = /^[\p{Nd}.,]*/u.exec(text)?.[0] ?? '';
  const value = convertNumber(digits.replaceAll(',', ''));
  if (typeof value !== 'number') return value;
  const unit = text.slice(digits.length).trim().toLowerCase();
  const factor = SIZE_UNITS.get(unit);
  if (factor === undefined) return { problem: `unhandled size name: ${unit}` };
  const bytes = value * factor;
  return bytes >= SIZE_MAX ? { problem: `too large: ${text}` } : Math.trunc(bytes);
}
