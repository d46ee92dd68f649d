// Writing protobuf by hand into bytes that grow: the counterpart of protobuf.ts.
//
// Source: protobuf encoding guide. `bytes()` gives a copy; `clear()` begins the next message in the same memory.

export class ProtobufWriter {
  #buffer = Buffer.allocUnsafe(256);
  #length = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** The message so far, as a copy of its own. */
  bytes(): Buffer {
    return Buffer.from(this.#buffer.subarray(0, this.#length));
  }

  /** The message so far without a copy: valid until the next write. */
  view(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  clear(): this {
    this.#length = 0;
    return this;
  }

  /** A varint field (uint64, int64, bool, enum); negative ones as two's complement of 64 bits. Numbers within ±2^53. */
  varint(field: number, value: number | bigint): this {
    this.#tag(field, 0);
    if (typeof value === 'number' && value >= 0) return this.#varint(value);
    this.#reserve(10);
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest > 127n; rest >>= 7n) this.#buffer[this.#length++] = Number(rest & 127n) | 128;
    this.#buffer[this.#length++] = Number(rest);
    return this;
  }

  /** A sint32 or sint64 field, zigzag. */
  sint(field: number, value: number): this {
    return this.varint(field, zigzag(value));
  }

  fixed64(field: number, value: bigint): this {
    this.#tag(field, 1);
    this.#reserve(8);
    this.#length = this.#buffer.writeBigUInt64LE(BigInt.asUintN(64, value), this.#length);
    return this;
  }

  fixed32(field: number, value: number): this {
    this.#tag(field, 5);
    this.#reserve(4);
    this.#length = this.#buffer.writeUInt32LE(value >>> 0, this.#length);
    return this;
  }

  double(field: number, value: number): this {
    this.#tag(field, 1);
    return this.#double(value);
  }

  /** A double by its two words, so that a NaN keeps its bits. */
  doubleWords(field: number, low: number, high: number): this {
    this.#tag(field, 1);
    this.#reserve(8);
    this.#length = this.#buffer.writeUInt32LE(low, this.#length);
    this.#length = this.#buffer.writeUInt32LE(high, this.#length);
    return this;
  }

  text(field: number, value: string): this {
    return this.blob(field, Buffer.from(value, 'utf8'));
  }

  /** A length-delimited field. */
  blob(field: number, value: Uint8Array): this {
    this.#tag(field, 2);
    this.#varint(value.length);
    return this.raw(value);
  }

  /** A whole message with its length before it, as streams of messages have them. */
  delimited(message: Uint8Array): this {
    this.#varint(message.length);
    return this.raw(message);
  }

  /** The head of a length-delimited field, whose bytes the caller adds. */
  lengthOf(field: number, bytes: number): this {
    this.#tag(field, 2);
    return this.#varint(bytes);
  }

  /** Bytes that are encoded fields already. */
  raw(value: Uint8Array): this {
    this.#reserve(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  /** An embedded message, which `write` writes into this same writer; an empty one is written too. */
  message(field: number, write: (inner: ProtobufWriter) => void): this {
    this.#tag(field, 2);
    this.#reserve(1);
    const from = ++this.#length;
    write(this);
    const size = this.#length - from;
    if (size < 128) {
      this.#buffer[from - 1] = size;
      return this;
    }
    // The length takes more than the one byte that was left for it: what it is the length of moves up.
    const width = varintWidth(size);
    this.#reserve(width - 1);
    this.#buffer.copyWithin(from - 1 + width, from, this.#length);
    this.#length = from - 1;
    this.#varint(size);
    this.#length += size;
    return this;
  }

  /** Packed varints; nothing for no values. */
  packed(field: number, values: readonly number[]): this {
    return this.#packed(field, values, (inner, value) => inner.#varint(value));
  }

  packedSint(field: number, values: readonly number[]): this {
    return this.#packed(field, values, (inner, value) => inner.#varint(zigzag(value)));
  }

  packedDouble(field: number, values: readonly number[]): this {
    return this.#packed(field, values, (inner, value) => inner.#double(value));
  }

  #packed(field: number, values: readonly number[], write: (inner: ProtobufWriter, value: number) => void): this {
    if (values.length === 0) return this;
    return this.message(field, (inner) => {
      for (const value of values) write(inner, value);
    });
  }

  #tag(field: number, wire: number): void {
    this.#varint(field * 8 + wire);
  }

  #varint(value: number): this {
    this.#reserve(10);
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#buffer[this.#length++] = (rest % 128) | 128;
    this.#buffer[this.#length++] = rest;
    return this;
  }

  #double(value: number): this {
    this.#reserve(8);
    this.#length = this.#buffer.writeDoubleLE(value, this.#length);
    return this;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + more));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function varintWidth(value: number): number {
  let width = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) width++;
  return width;
}
