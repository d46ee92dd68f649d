// Decimal arithmetic of `addf`, `subf`, `mulf` and `divf`: floats are taken as the decimal that they print as, so that 0.1 + 0.2 is 0.3.
//
// Source: github.com/shopspring/decimal, which the peer's functions compute with.

/** `digits / 10^scale`; the scale is negative for large whole numbers. */
interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

export type DecimalOperator = 'add' | 'sub' | 'mul' | 'div';

/** Digits behind the point of a quotient. Source: `decimal.DivisionPrecision`. */
const QUOTIENT_SCALE = 16;

/** The result of two floats as a float, or undefined for a division by zero. Neither may be infinite or NaN. */
export function decimalResult(operator: DecimalOperator, left: number, right: number): number | undefined {
  const a = decimalOf(left);
  const b = decimalOf(right);
  switch (operator) {
    case 'add':
    case 'sub': {
      const scale = Math.max(a.scale, b.scale);
      const [x, y] = [scaled(a, scale), scaled(b, scale)];
      return toFloat({ digits: operator === 'add' ? x + y : x - y, scale });
    }
    case 'mul':
      return toFloat({ digits: a.digits * b.digits, scale: a.scale + b.scale });
    case 'div':
      return b.digits === 0n ? undefined : toFloat(quotient(a, b));
  }
}

function decimalOf(value: number): Decimal {
  const [mantissa = '0', exponent = '0'] = value.toExponential().split('e');
  const [whole = '0', fraction = ''] = mantissa.split('.');
  return { digits: BigInt(whole + fraction), scale: fraction.length - Number(exponent) };
}

function scaled({ digits, scale }: Decimal, to: number): bigint {
  return digits * 10n ** BigInt(to - scale);
}

function quotient(a: Decimal, b: Decimal): Decimal {
  const power = QUOTIENT_SCALE + b.scale - a.scale;
  const dividend = power >= 0 ? a.digits * 10n ** BigInt(power) : a.digits;
  const divisor = power >= 0 ? b.digits : b.digits * 10n ** BigInt(-power);
  return { digits: roundedQuotient(dividend, divisor), scale: QUOTIENT_SCALE };
}

/** Half away from zero. */
function roundedQuotient(dividend: bigint, divisor: bigint): bigint {
  const [a, b] = [dividend < 0n ? -dividend : dividend, divisor < 0n ? -divisor : divisor];
  const result = (2n * a + b) / (2n * b);
  return dividend < 0n === divisor < 0n ? result : -result;
}

function toFloat({ digits, scale }: Decimal): number {
  return Number(`${digits}e${-scale}`);
}
