// Sample values as text and bits: how Prometheus writes a float, and the NaN that marks the end of a series.

import { STALE_HIGH, STALE_LOW } from './value-code.ts';

/** Index of the high word of a double in a Uint32Array view of it. */
export const HIGH_WORD = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

/** True when the value at `index` of the array whose words are `words` marks the end of its series. A plain number may lose a NaN's bits; an array keeps them. */
export function isStaleAt(words: Uint32Array, index: number): boolean {
  return words[index * 2 + HIGH_WORD] === STALE_HIGH && words[index * 2 + 1 - HIGH_WORD] === STALE_LOW;
}

/** The 32-bit words of an array of doubles, for `isStaleAt`. */
export function wordsOf(values: Float64Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
}

/** A float as the HTTP API writes it: the shortest digits that read back the same, without an exponent; `+Inf`, `-Inf`, `NaN`. */
export function printFloat(value: number): string {
  if (value !== value) return 'NaN';
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const text = String(value);
  return text.includes('e') ? withoutExponent(text) : text;
}

function withoutExponent(text: string): string {
  const [mantissa = '', exponent = '0'] = text.split('e');
  const sign = mantissa.startsWith('-') ? '-' : '';
  const [whole = '', fraction = ''] = mantissa.slice(sign.length).split('.');
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return point >= digits.length
    ? `${sign}${digits}${'0'.repeat(point - digits.length)}`
    : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Milliseconds as the HTTP API writes times: seconds, with three digits behind the point where they are not all zero. */
export function printTime(ms: number): string {
  const whole = Math.trunc(ms / 1000);
  const rest = Math.abs(ms % 1000);
  const sign = ms < 0 && whole === 0 ? '-' : '';
  return rest === 0 ? `${sign}${whole}` : `${sign}${whole}.${String(rest).padStart(3, '0')}`;
}
