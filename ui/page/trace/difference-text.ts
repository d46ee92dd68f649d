// A difference of two lengths of time as text: `+12 ms (+34 %)`.

import { lengthText } from './bar-layout.ts';

/** Of `b` against `a`, in nanoseconds. */
export function differenceText(a: number, b: number): string {
  const difference = b - a;
  if (difference === 0) return '±0';
  const sign = difference > 0 ? '+' : '−';
  const percent = a > 0 ? Math.round((Math.abs(difference) / a) * 100) : undefined;
  // Beyond tenfold nobody reads percents.
  const share = percent === undefined ? '' : percent > 900 ? ` (×${(b / a).toFixed(0)})` : ` (${sign}${percent} %)`;
  return `${sign}${lengthText(Math.abs(difference))}${share}`;
}

/** How often something is there, where it is not once in both. */
export function countsText(a: number, b: number): string {
  return a === b ? (a === 1 ? '' : `×${a}`) : `×${a} → ×${b}`;
}
