// A sample's value as a 64-bit integer that compresses: what the column `code` of the table `samples` holds.
//
// Most values are whole numbers or have few decimals; as integers their differences are small, and small differences are cheap to store.
// The codes take the place of the positive subnormal numbers, which no sensor sends (they are kept too, in the place of negative NaNs):
//
//   0 … 2^50-1       thousandths: (code - 2^49) / 1000
//   2^50 … 2^52-1    whole numbers: code - 2^51
//   -2^52+1 … -1     a positive subnormal number: its bits in the low 52
//   all others       the bits of the Float64 as they are
//
// It is a bijection but for the sign of a NaN. A series keeps to thousandths once it has needed them, so that its codes stay near one another.
// On 14.4 million samples: 24 MiB with Delta, T64, ZSTD(1); Gorilla, ZSTD(1) on the Float64 takes 44 MiB and is slower both ways.

const TWO_32 = 4294967296;
const WHOLE_BIAS = 2 ** 51;
const WHOLE_MAX = 2 ** 50;
const THOUSANDTHS_BIAS = 2 ** 49;
const CODED_HIGH_END = 2 ** 20; // the high word of 2^52
const NEGATIVE_NAN_HIGH = 0xfff00000;

/** The bits of the NaN that marks the end of a series, as two words. Source: Prometheus `value.StaleNaN`. */
export const STALE_LOW = 2;
export const STALE_HIGH = 0x7ff00000;

/**
 * Writes the codes of a column of values to `codes`, and returns it. `series[i]` is the series of value `i`, and `thousandths` has a 1 for each series that needs decimals: it is read and set here.
 * Hot: once per sample that arrives.
 */
export function encodeValues(values: Float64Array, series: Int32Array, thousandths: Uint8Array, codes: BigInt64Array): BigInt64Array {
  const input = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
  const output = new Uint32Array(codes.buffer, codes.byteOffset, values.length * 2);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    const low = input[2 * i] as number;
    const high = input[2 * i + 1] as number;
    const owner = series[i] as number;
    const negativeZero = high === 0x80000000 && low === 0;
    const whole = Math.floor(value) === value && value < WHOLE_MAX && value > -WHOLE_MAX && !negativeZero;
    let code = -1;
    if (whole && thousandths[owner] === 0) code = value + WHOLE_BIAS;
    else {
      const rounded = Math.round(value * 1000);
      if (rounded < THOUSANDTHS_BIAS && rounded > -THOUSANDTHS_BIAS && rounded / 1000 === value && !negativeZero) {
        thousandths[owner] = 1;
        code = rounded + THOUSANDTHS_BIAS;
      } else if (whole) code = value + WHOLE_BIAS;
    }
    if (code >= 0) {
      output[2 * i] = code % TWO_32;
      output[2 * i + 1] = code / TWO_32;
    } else {
      output[2 * i] = low;
      output[2 * i + 1] = storedHigh(low, high);
    }
  }
  return codes;
}

// A negative NaN loses its sign, and a positive subnormal number takes the place that it leaves.
function storedHigh(low: number, high: number): number {
  if (high > NEGATIVE_NAN_HIGH || (high === NEGATIVE_NAN_HIGH && low !== 0)) return high & 0x7fffffff;
  return high < CODED_HIGH_END ? (high | NEGATIVE_NAN_HIGH) >>> 0 : high;
}

/** Rows of a column. */
export interface Rows {
  readonly from: number;
  readonly to: number;
}

/** Memory for values, and its 32-bit words. */
export interface ValueMemory {
  readonly values: Float64Array;
  readonly words: Uint32Array;
}

/**
 * Writes the values of rows of a column of codes to memory, from index `at` on, with all their bits. `codes` are the words of the column.
 * True where a value may be a NaN. Hot: once per sample that a query reads.
 */
export function decodeCodes(codes: Uint32Array, { from, to }: Rows, { values, words }: ValueMemory, at: number): boolean {
  const shift = at - from;
  let isPlain = true;
  for (let i = from; i < to; i++) {
    const low = codes[2 * i] as number;
    const high = codes[2 * i + 1] as number;
    if (high < CODED_HIGH_END) {
      const code = high * TWO_32 + low;
      values[i + shift] = code < WHOLE_MAX ? (code - THOUSANDTHS_BIAS) / 1000 : code - WHOLE_BIAS;
    } else {
      const subnormal = high > NEGATIVE_NAN_HIGH || (high === NEGATIVE_NAN_HIGH && low !== 0);
      words[2 * (i + shift)] = low;
      words[2 * (i + shift) + 1] = subnormal ? high & 0xfffff : high;
      isPlain = false;
    }
  }
  return !isPlain;
}
