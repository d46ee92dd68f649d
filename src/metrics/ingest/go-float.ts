// Numbers as Go reads and prints them: what exposition formats mean by a float. Used by the parsers of pages and by the encoder.
//
// Source: Go `strconv.ParseFloat` without underscores, hexadecimal and binary exponents; `strconv.FormatFloat(f, 'g', -1, 64)`.

const EXACT_POWERS = [
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;

/**
 * The number that `bytes[from, to)` spells, undefined when it spells none or one out of range.
 * hot: runs once per sample; up to 15 digits with an exact power of ten need no text.
 */
export function parseGoFloat(bytes: Uint8Array, from: number, to: number): number | undefined {
  let pos = from;
  const negative = bytes[pos] === 0x2d;
  if (negative || bytes[pos] === 0x2b) pos++;
  let mantissa = 0;
  let digits = 0;
  let point = -1;
  for (; pos < to; pos++) {
    const byte = bytes[pos] as number;
    if (byte >= 0x30 && byte <= 0x39) {
      mantissa = mantissa * 10 + (byte - 0x30);
      digits++;
    } else if (byte === 0x2e && point < 0) point = pos;
    else return parseSlowly(bytes, from, to);
  }
  if (digits === 0 || digits > 15) return parseSlowly(bytes, from, to);
  if (point >= 0) mantissa /= EXACT_POWERS[to - point - 1] as number;
  return negative ? -mantissa : mantissa;
}

function parseSlowly(bytes: Uint8Array, from: number, to: number): number | undefined {
  if (to - from > 4096) return undefined;
  let text = '';
  for (let i = from; i < to; i++) text += String.fromCharCode(bytes[i] as number);
  return parseGoFloatText(text);
}

/** The number that `text` spells, undefined when it spells none or one out of range. */
export function parseGoFloatText(text: string): number | undefined {
  if (DECIMAL.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  if (text.length === 3 && text.toLowerCase() === 'nan') return NaN;
  const infinite = INFINITE.exec(text);
  if (infinite === null) return undefined;
  return infinite[1] === '-' ? -Infinity : Infinity;
}

/** The shortest text that reads back as `value`; with an exponent below 1e-4 and from 1e6 on: `100000`, `1e+06`, `NaN`, `+Inf`. */
export function formatGoFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa = '', exponentText = '0'] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 6) return String(value);
  const magnitude = Math.abs(exponent);
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${magnitude < 10 ? '0' : ''}${magnitude}`;
}

/** As labels `le` and `quantile` spell a number: `1.0`, `0.25`, `+Inf`. */
export function formatOpenMetricsFloat(value: number): string {
  const text = formatGoFloat(value);
  return Number.isFinite(value) && !/[e.]/.test(text) ? `${text}.0` : text;
}
