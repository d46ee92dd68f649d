// The time of a JSON document: RFC 3339, the same with a space or without its zone, a date alone, or a number since the epoch.

import { rfc3339Ns } from './rfc3339.ts';

const DATE_TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d{1,40})?$/;
const NUMBER = /^(-?\d{1,19})(?:\.(\d{1,40}))?$/;

/** Whole numbers up to the first bound are seconds, then milliseconds, microseconds, nanoseconds. Source: VictoriaLogs, `TryParseUnixTimestamp`. */
const UNITS: readonly { readonly below: bigint; readonly ns: bigint }[] = [
  { below: 2n ** 31n, ns: 1_000_000_000n },
  { below: 1000n * 2n ** 31n, ns: 1_000_000n },
  { below: 1_000_000n * 2n ** 31n, ns: 1000n },
];

/** Nanoseconds since the epoch, or undefined where the text is no time. */
export function documentTimeNs(text: string): bigint | undefined {
  return rfc3339Ns(text) ?? looseNs(text) ?? numberNs(text);
}

function looseNs(text: string): bigint | undefined {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return rfc3339Ns(`${text}T00:00:00Z`);
  if (DATE_TIME.test(text)) return rfc3339Ns(`${text.replace(' ', 'T')}Z`);
  return text[10] === ' ' ? rfc3339Ns(text.replace(' ', 'T')) : undefined;
}

function numberNs(text: string): bigint | undefined {
  const [, whole, fraction = ''] = NUMBER.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const value = BigInt(whole);
  const size = value < 0n ? -value : value;
  const unit = UNITS.find(({ below }) => size < below)?.ns ?? 1n;
  const rest = (BigInt(fraction.slice(0, 9).padEnd(9, '0')) * unit) / 1_000_000_000n;
  const ns = value * unit + (whole.startsWith('-') ? -rest : rest);
  return BigInt.asIntN(64, ns) === ns ? ns : undefined;
}
