// When two sample values are the same for a script. Source: Prometheus util/almost.

const RELATIVE_ERROR = 1e-6;
const MIN_NORMAL = 2 ** -1022;

/** Equal but for rounding: NaN is NaN, infinities and zero only themselves, others within one part in a million of their sum. */
export function almostEqual(a: number, b: number): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
  const sum = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  if (a === 0 || b === 0 || sum < MIN_NORMAL) return difference < RELATIVE_ERROR * MIN_NORMAL;
  return difference / Math.min(sum, Number.MAX_VALUE) < RELATIVE_ERROR;
}
