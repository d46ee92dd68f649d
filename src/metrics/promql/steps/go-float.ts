// Floats as Go's `%g` writes them: what Prometheus puts into annotations and into the quantile label of histogram_quantiles.

/** Below this power of ten, and from the precision on (6 for the shortest digits), `%g` writes an exponent. */
const EXPONENT_MIN = -4;
const SHORTEST_EXPONENT_MAX = 6;

/** `%g`: the shortest digits that read back the same, or `precision` significant ones. */
export function formatG(value: number, precision?: number): string {
  if (value !== value) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa = '', power = '0'] = value.toExponential(precision === undefined ? undefined : precision - 1).split('e');
  const exponent = Number(power);
  const sign = mantissa.startsWith('-') ? '-' : '';
  const digits = mantissa.replace(/[-.]/g, '').replace(/0+$/, '') || '0';
  if (exponent < EXPONENT_MIN || exponent >= (precision ?? SHORTEST_EXPONENT_MAX)) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
    return `${sign}${digits[0] ?? ''}${fraction}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return digits.length > exponent + 1 ? `${sign}${whole}.${digits.slice(exponent + 1)}` : `${sign}${whole}`;
}

/** A float as OpenMetrics writes it in a label: a whole number gets `.0`. */
export function formatOpenMetrics(value: number): string {
  if (value === 0) return '0.0';
  const text = formatG(value);
  return /[.eIN]/.test(text) ? text : `${text}.0`;
}
