// Numbers as Go's fmt writes them: integers in every base, floats with exact digits, rounded half to even. Sources: Go `fmt/format.go`, `strconv/ftoa.go`.

/** The flags of one directive, such as `%-08.3f`. */
export interface Flags {
  readonly plus: boolean;
  readonly minus: boolean;
  readonly sharp: boolean;
  readonly space: boolean;
  readonly zero: boolean;
  readonly width: number | undefined;
  readonly precision: number | undefined;
}

export const NO_FLAGS: Flags = {
  plus: false,
  minus: false,
  sharp: false,
  space: false,
  zero: false,
  width: undefined,
  precision: undefined,
};

/** Fills a text to the width, which counts characters. */
export function pad(text: string, flags: Flags): string {
  const missing = (flags.width ?? 0) - characterCount(text);
  if (missing <= 0) return text;
  if (flags.minus) return text + ' '.repeat(missing);
  return (flags.zero ? '0' : ' ').repeat(missing) + text;
}

/** Characters of a text: code points. */
export function characterCount(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0xd800 && code < 0xdc00 && i + 1 < text.length) {
      const next = text.charCodeAt(i + 1);
      if (next >= 0xdc00 && next < 0xe000) count--;
    }
  }
  return count;
}

const PREFIXES: Readonly<Record<string, string>> = { b: '0b', x: '0x', X: '0X', O: '0o' };
const BASES: Readonly<Record<string, number>> = { b: 2, o: 8, O: 8, x: 16, X: 16, d: 10 };

/** An integer by the verb `d`, `b`, `o`, `O`, `x` or `X`. */
export function formatInt(value: bigint, verb: string, flags: Flags): string {
  const isNegative = value < 0n;
  const unpadded = { ...flags, zero: false };
  if (flags.precision === 0 && value === 0n) return pad('', unpadded);
  let digits = (isNegative ? -value : value).toString(BASES[verb] ?? 10);
  if (verb === 'X') digits = digits.toUpperCase();
  const sign = isNegative ? '-' : flags.plus ? '+' : flags.space ? ' ' : '';
  digits = digits.padStart(flags.precision ?? (flags.zero && !flags.minus ? (flags.width ?? 0) - sign.length : 0), '0');
  if (verb === 'o' && flags.sharp && !digits.startsWith('0')) digits = `0${digits}`;
  const prefix = flags.sharp || verb === 'O' ? (PREFIXES[verb] ?? '') : '';
  return pad(sign + prefix + digits, unpadded);
}

/** A float by the verb `e`, `E`, `f`, `F`, `g`, `G` or `b`; `precision` is what the verb takes where the directive gives none, -1 for the shortest. */
export function formatFloat(value: number, verb: string, flags: Flags, precision: number): string {
  const isNegative = value < 0 || Object.is(value, -0);
  const sign = isNegative ? '-' : flags.plus ? '+' : flags.space ? ' ' : '';
  if (!Number.isFinite(value)) {
    const text = Number.isNaN(value)
      ? flags.plus
        ? '+NaN'
        : flags.space
          ? ' NaN'
          : 'NaN'
      : `${isNegative ? '-' : flags.space ? sign : '+'}Inf`;
    return pad(text, { ...flags, zero: false });
  }
  const digits = floatText(Math.abs(value), verb, flags.precision ?? precision, flags.sharp);
  const missing = (flags.width ?? 0) - sign.length - digits.length;
  if (flags.zero && !flags.minus && missing > 0) return sign + '0'.repeat(missing) + digits;
  return pad(sign + digits, { ...flags, zero: false });
}

/** Digits of a positive number: `0.d₁d₂d₃… × 10^point`. */
interface Decimal {
  readonly digits: string;
  readonly point: number;
}

function floatText(value: number, verb: string, precision: number, sharp: boolean): string {
  const lower = verb.toLowerCase();
  const text = textByVerb(value, lower, precision, sharp);
  return verb === lower ? text : text.toUpperCase();
}

function textByVerb(value: number, verb: string, precision: number, sharp: boolean): string {
  switch (verb) {
    case 'b':
      return binaryText(value);
    case 'x':
      return hexText(value, precision);
    case 'g':
      return generalText(value, precision, sharp);
    default:
      return plainText(value, verb, precision, sharp);
  }
}

function plainText(value: number, verb: string, precision: number, sharp: boolean): string {
  if (verb === 'e') {
    const decimal = precision < 0 ? shortest(value) : rounded(value, precision + 1);
    return exponentText(decimal, precision < 0 ? decimal.digits.length - 1 : precision, sharp);
  }
  if (precision < 0) {
    const decimal = shortest(value);
    return fixedText(decimal, Math.max(decimal.digits.length - decimal.point, 0), sharp);
  }
  return fixedText(fixed(value, precision), precision, sharp);
}

/** `%g`: the exponent decides between the two forms. */
function generalText(value: number, precision: number, sharp: boolean): string {
  const isShortest = precision < 0;
  const wanted = precision === 0 ? 1 : precision;
  const decimal = isShortest ? shortest(value) : trimmed(rounded(value, wanted));
  const { digits, point } = decimal;
  let limit = isShortest ? 6 : wanted;
  if (!isShortest && limit > digits.length && digits.length >= point) limit = digits.length;
  // `%#g` keeps its zeros: as many digits as were asked for, six where none were.
  const kept = sharp ? (isShortest ? 6 : wanted) : digits.length;
  const exponent = value === 0 ? 0 : point - 1;
  if (sharp) limit = kept;
  if (exponent < -4 || exponent >= limit) return exponentText(decimal, Math.max(kept, digits.length) - 1, sharp);
  const fraction = Math.max((sharp ? Math.max(kept, digits.length) : digits.length) - (value === 0 ? 1 : point), 0);
  return fixedText(decimal, fraction, sharp);
}

function exponentText({ digits, point }: Decimal, precision: number, sharp: boolean): string {
  const all = digits.padEnd(precision + 1, '0');
  const exponent = /^0*$/.test(digits) ? 0 : point - 1;
  const fraction = precision > 0 ? `.${all.slice(1, precision + 1)}` : sharp ? '.' : '';
  return `${all[0] ?? '0'}${fraction}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

function fixedText({ digits, point }: Decimal, precision: number, sharp: boolean): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0';
  if (precision <= 0) return sharp ? `${whole}.` : whole;
  const fraction = (point >= 0 ? digits.slice(point) : '0'.repeat(-point) + digits).padEnd(precision, '0').slice(0, precision);
  return `${whole}.${fraction}`;
}

function binaryText(value: number): string {
  const { mantissa, exponent } = parts(value);
  return `${mantissa}p${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`;
}

/** `0x1.8p+01`: one digit before the point, and 13 behind it where nothing else is asked for. */
function hexText(value: number, precision: number): string {
  let { mantissa, exponent } = parts(value);
  if (mantissa === 0n) return `0x0${precision > 0 ? `.${'0'.repeat(precision)}` : ''}p+00`;
  while (mantissa < 1n << 52n) {
    mantissa <<= 1n;
    exponent--;
  }
  if (precision >= 0 && precision < 13) mantissa = divideHalfEven(mantissa, 16n ** BigInt(13 - precision)) * 16n ** BigInt(13 - precision);
  if (mantissa >= 1n << 53n) {
    mantissa >>= 1n;
    exponent++;
  }
  const digits = (mantissa - (1n << 52n)).toString(16).padStart(13, '0');
  const fraction = precision < 0 ? digits.replace(/0+$/, '') : digits.padEnd(precision, '0').slice(0, precision);
  const power = exponent + 52;
  return `0x1${fraction === '' ? '' : `.${fraction}`}p${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

/** The fewest digits that are read as the same number. */
function shortest(value: number): Decimal {
  if (value === 0) return { digits: '0', point: 1 };
  const [digits = '0', exponent = '0'] = value.toExponential().split('e');
  return { digits: digits.replace('.', ''), point: Number(exponent) + 1 };
}

/** The number to so many digits. */
function rounded(value: number, count: number): Decimal {
  if (value === 0) return { digits: '0'.repeat(count), point: 1 };
  const { digits, scale } = exact(value);
  const text = digits.toString();
  const point = text.length - scale;
  if (text.length <= count) return { digits: text.padEnd(count, '0'), point };
  const result = divideHalfEven(digits, 10n ** BigInt(text.length - count)).toString();
  // 9.99 to two digits is 10.
  return result.length > count ? { digits: result.slice(0, count), point: point + 1 } : { digits: result, point };
}

/** The number to so many digits behind the point. */
function fixed(value: number, precision: number): Decimal {
  const { digits, scale } = exact(value);
  const places = Math.min(scale, precision);
  const text = (scale > precision ? divideHalfEven(digits, 10n ** BigInt(scale - precision)) : digits).toString();
  return { digits: text, point: text.length - places };
}

function trimmed({ digits, point }: Decimal): Decimal {
  const text = digits.replace(/0+$/, '');
  return text === '' ? { digits: '0', point: 1 } : { digits: text, point };
}

function divideHalfEven(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  const twice = (value % divisor) * 2n;
  return twice > divisor || (twice === divisor && quotient % 2n === 1n) ? quotient + 1n : quotient;
}

/** A positive number as `digits / 10^scale`, exactly. */
function exact(value: number): { readonly digits: bigint; readonly scale: number } {
  const { mantissa, exponent } = parts(value);
  if (exponent >= 0) return { digits: mantissa << BigInt(exponent), scale: 0 };
  return { digits: mantissa * 5n ** BigInt(-exponent), scale: -exponent };
}

const view = new DataView(new ArrayBuffer(8));

/** A positive number as `mantissa × 2^exponent`, of 53 bits where it is a normal one. */
function parts(value: number): { readonly mantissa: bigint; readonly exponent: number } {
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & ((1n << 52n) - 1n);
  return biased === 0 ? { mantissa: fraction, exponent: -1074 } : { mantissa: fraction | (1n << 52n), exponent: biased - 1075 };
}
