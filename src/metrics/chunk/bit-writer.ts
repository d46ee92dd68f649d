// Bits, the most significant first, into bytes that grow: what chunks of samples are written with.
//
// Source: prometheus/tsdb/docs/format/chunks.md; the variable-length integers are those of `chunkenc/varbit.go`.

const TWO_32 = 4294967296;

/** The two 32-bit halves of a double; a NaN keeps its bits. */
export interface Words {
  readonly low: number;
  readonly high: number;
}

export class BitWriter {
  #bytes = new Uint8Array(128);
  #length = 0;
  /** Bits of the last byte that are still free. */
  #free = 0;

  /** The bytes so far, as a copy of their own; the last one is filled up with zeros. */
  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
    this.#free = 0;
  }

  /** Replaces a byte that was written before. */
  patch(index: number, byte: number): void {
    this.#bytes[index] = byte;
  }

  // hot: several times for every sample of a chunk.
  /** The `count` lowest bits of a number, at most 32 of them. */
  bits(value: number, count: number): void {
    let left = count;
    while (left > 0) {
      if (this.#free === 0) this.#grow();
      const taken = left < this.#free ? left : this.#free;
      const part = (value >>> (left - taken)) & ((1 << taken) - 1);
      const last = this.#length - 1;
      this.#bytes[last] = (this.#bytes[last] as number) | (part << (this.#free - taken));
      this.#free -= taken;
      left -= taken;
    }
  }

  /** The `count` lowest bits of a number of 64 bits, given in halves. */
  wide(high: number, low: number, count: number): void {
    if (count > 32) this.bits(high, count - 32);
    this.bits(low, count > 32 ? 32 : count);
  }

  /** The `count` lowest bits of an integer within ±2^53, in two's complement. */
  integer(value: number, count: number): void {
    this.wide(Math.floor(value / TWO_32), value >>> 0, count);
  }

  words({ high, low }: Words): void {
    this.wide(high, low, 64);
  }

  /** Seven bits a byte, the lowest first: an unsigned LEB128 in the stream of bits. */
  varint(value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    for (; rest > 127n; rest >>= 7n) this.bits(Number(rest & 127n) | 128, 8);
    this.bits(Number(rest), 8);
  }

  /** A signed integer in the bits that it needs: a prefix of ones tells how many. */
  varbit(value: number): void {
    if (value === 0) return this.bits(0, 1);
    const at = VARBIT_SIZES.findIndex((size) => isWithin(value, size));
    this.#varbit(value, at < 0 ? VARBIT_SIZES.length : at);
  }

  /** The same for an integer that is not negative. */
  varbitUnsigned(value: number): void {
    if (value === 0) return this.bits(0, 1);
    const at = VARBIT_SIZES.findIndex((size) => value < 2 ** size);
    this.#varbit(value, at < 0 ? VARBIT_SIZES.length : at);
  }

  #varbit(value: number, at: number): void {
    const size = VARBIT_SIZES[at];
    // As many ones as the size's place, and a zero but after the last.
    if (size === undefined) this.bits(0xff, 8);
    else this.bits(2 ** (at + 2) - 2, at + 2);
    this.integer(value, size ?? 64);
  }

  #grow(): void {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#length++] = 0;
    this.#free = 8;
  }
}

const VARBIT_SIZES: readonly number[] = [3, 6, 9, 12, 18, 25, 56];

/** True when a signed integer has room in `size` bits, as Prometheus has it: one more above than below. */
export function isWithin(value: number, size: number): boolean {
  const half = 2 ** (size - 1);
  return value >= 1 - half && value <= half;
}

const scratch = new Float64Array(1);
const scratchWords = new Uint32Array(scratch.buffer);

/** The halves of a double. */
export function wordsOfDouble(value: number): Words {
  scratch[0] = value;
  return { low: scratchWords[0] as number, high: scratchWords[1] as number };
}

const NO_WINDOW = -1;

/** Doubles that follow one another, each as its difference in bits from the one before. Source: Gorilla, section 4.1.2. */
export class XorColumn {
  #low = 0;
  #high = 0;
  #leading = NO_WINDOW;
  #trailing = 0;

  /** The first value, whole. */
  first(out: BitWriter, { low, high }: Words): void {
    this.#low = low;
    this.#high = high;
    this.#leading = NO_WINDOW;
    out.wide(high, low, 64);
  }

  // hot: once for every sample of a chunk.
  next(out: BitWriter, low: number, high: number): void {
    const xorLow = (low ^ this.#low) >>> 0;
    const xorHigh = (high ^ this.#high) >>> 0;
    this.#low = low;
    this.#high = high;
    if (xorLow === 0 && xorHigh === 0) {
      out.bits(0, 1);
      return;
    }
    // Five bits tell how many zeros lead: no more than 31.
    const leading = xorHigh === 0 ? 31 : Math.clz32(xorHigh);
    const trailing = xorLow === 0 ? 32 + trailingZeros(xorHigh) : trailingZeros(xorLow);
    if (this.#leading !== NO_WINDOW && leading >= this.#leading && trailing >= this.#trailing) out.bits(0b10, 2);
    else {
      this.#leading = leading;
      this.#trailing = trailing;
      // 64 significant bits stand as 0.
      out.bits((0b11 << 11) | (leading << 6) | ((64 - leading - trailing) & 63), 13);
    }
    const shift = this.#trailing;
    const size = 64 - this.#leading - shift;
    if (shift >= 32) out.wide(0, xorHigh >>> (shift - 32), size);
    else if (shift === 0) out.wide(xorHigh, xorLow, size);
    else out.wide(xorHigh >>> shift, ((xorLow >>> shift) | (xorHigh << (32 - shift))) >>> 0, size);
  }
}

function trailingZeros(word: number): number {
  return 31 - Math.clz32(word & -word);
}
