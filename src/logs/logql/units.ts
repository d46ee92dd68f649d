// Durations and sizes as LogQL writes them: `1h30m`, `1.5s`, `10GB`, `4KiB`. The lexer reads them, the printer writes them.
//
// Source: Go's time.ParseDuration and Duration.String; go-humanize's ParseBytes and Bytes.

import { parseDuration } from '../../base/duration.ts';

const NS_PER_MS = 1_000_000;
const DURATION_NS_MAX = 2n ** 63n - 1n;

const GO_UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/** Nanoseconds of a duration as Prometheus or Go writes it, or undefined. */
export function parseNanoseconds(text: string): number | undefined {
  const ms = parseDuration(text);
  return typeof ms === 'number' ? ms * NS_PER_MS : parseGoDuration(text);
}

/** Nanoseconds of `1.5h`, `-300us` and their like, or undefined. */
export function parseGoDuration(text: string): number | undefined {
  const [, sign, rest] = /^([+-]?)(.+)$/s.exec(text) ?? [];
  if (rest === undefined) return undefined;
  if (rest === '0') return 0;
  let ns = 0n;
  let at = 0;
  for (const [part, whole, fraction, unit] of rest.matchAll(/(\d*)(?:\.(\d*))?([a-zµμ]+)/gy)) {
    const factor = GO_UNITS[unit ?? ''];
    if (factor === undefined || (whole ?? '') + (fraction ?? '') === '') return undefined;
    ns += BigInt(whole === '' ? '0' : (whole ?? '0')) * factor + fractionOf(fraction ?? '', factor);
    if (ns > DURATION_NS_MAX) return undefined;
    at += part.length;
  }
  if (at !== rest.length) return undefined;
  return Number(sign === '-' ? -ns : ns);
}

/** More digits than a nanosecond's part of an hour has say nothing. */
const FRACTION_DIGITS_MAX = 18;

function fractionOf(digits: string, factor: bigint): bigint {
  const kept = digits.slice(0, FRACTION_DIGITS_MAX);
  return kept === '' ? 0n : (BigInt(kept) * factor) / 10n ** BigInt(kept.length);
}

/** Nanoseconds as Go prints them: `1h30m0s`, `20ms`, `1.5µs`. */
export function printGoDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return '0s';
  const sign = nanoseconds < 0 ? '-' : '';
  const ns = BigInt(Math.abs(nanoseconds));
  for (const unit of ['ns', 'µs', 'ms'] as const) {
    const factor = GO_UNITS[unit] ?? 1n;
    if (ns < factor * 1000n) return `${sign}${decimal(ns, factor)}${unit}`;
  }
  const minutes = ns / 60_000_000_000n;
  const seconds = `${decimal(ns % 60_000_000_000n, 1_000_000_000n)}s`;
  if (minutes === 0n) return `${sign}${seconds}`;
  return minutes < 60n ? `${sign}${minutes}m${seconds}` : `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

function decimal(value: bigint, factor: bigint): string {
  const rest = value % factor;
  if (rest === 0n) return `${value / factor}`;
  const digits = String(rest).padStart(String(factor).length - 1, '0');
  return `${value / factor}.${digits.replace(/0+$/, '')}`;
}

const SIZE_LETTERS = 'kmgtpe';
const BYTES_MAX = 2 ** 64;

/** Bytes of `10GB`, `4KiB`, `1.5 MB` or a bare number, or undefined. */
export function parseByteSize(text: string): number | undefined {
  const [, number, unit] = /^([\d,]*\.?\d*) *([a-z]*) *$/i.exec(text) ?? [];
  if (number === undefined || unit === undefined || !/\d/.test(number)) return undefined;
  const factor = sizeFactor(unit.toLowerCase());
  const bytes = factor === undefined ? Number.NaN : Math.trunc(Number(number.replaceAll(',', '')) * factor);
  return bytes < BYTES_MAX ? bytes : undefined;
}

function sizeFactor(unit: string): number | undefined {
  if (unit === '' || unit === 'b') return 1;
  const [, letter, binary] = /^([kmgtpe])(i?)b?$/.exec(unit) ?? [];
  return letter === undefined ? undefined : (binary === 'i' ? 1024 : 1000) ** (SIZE_LETTERS.indexOf(letter) + 1);
}

/** Bytes as `10GB`, or as `1234567B` where the shorter form would be another number. */
export function printBytes(bytes: number): string {
  let power = 0;
  // Units above PB are none that the lexer reads.
  while (power < 5 && bytes >= 1000 ** (power + 1)) power++;
  const value = Math.floor((bytes / 1000 ** power) * 10 + 0.5) / 10;
  const short = `${value.toFixed(value < 10 && power > 0 ? 1 : 0)}${['', 'k', 'M', 'G', 'T', 'P'][power]}B`;
  return parseByteSize(short) === bytes ? short : `${BigInt(bytes)}B`;
}
