// Durations and sizes as LogQL writes them: `1h30m`, `1.5s`, `10GB`, `4KiB`. The lexer reads them, the printer writes them.
//
// Source: Go's Duration.String; go-humanize's Bytes.

import { parseDuration } from '../../base/duration.ts';
import { type Converted, convertBytes, convertDuration } from './convert-value.ts';

const NS_PER_MS = 1_000_000;

/** Units below a second, by how many nanoseconds they have. */
const SMALL_UNITS = [
  ['ns', 1n],
  ['µs', 1000n],
  ['ms', 1_000_000n],
] as const;

/** Nanoseconds of a duration as Prometheus or Go writes it, or undefined. */
export function parseNanoseconds(text: string): number | undefined {
  const ms = parseDuration(text);
  return typeof ms === 'number' ? ms * NS_PER_MS : numberOnly(convertDuration(text));
}

function numberOnly(converted: Converted): number | undefined {
  return typeof converted === 'number' ? converted : undefined;
}

/** Nanoseconds as Go prints them: `1h30m0s`, `20ms`, `1.5µs`. */
export function printGoDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return '0s';
  const sign = nanoseconds < 0 ? '-' : '';
  const ns = BigInt(Math.abs(nanoseconds));
  for (const [unit, factor] of SMALL_UNITS) {
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

/** Bytes of `10GB`, `4KiB` and their like, or undefined. */
export function parseByteSize(text: string): number | undefined {
  return numberOnly(convertBytes(text));
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
