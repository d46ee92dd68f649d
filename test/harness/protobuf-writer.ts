// Writing protobuf by hand, for the senders that tests and benchmarks are: the counterpart of base/protobuf.ts.
//
// Source: protobuf encoding guide. A writer grows as needed; `bytes()` gives a copy, `clear()` starts the next message in the same memory.

const utf8 = new TextEncoder();

export class ProtobufWriter {
  #buffer = Buffer.allocUnsafe(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  bytes(): Buffer {
    return Buffer.from(this.#buffer.subarray(0, this.#length));
  }

  /** What is written so far, without a copy: valid until the next write. */
  view(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  /** An unsigned number below 2^53. */
  varint(field: number, value: number): this {
    this.#tag(field, 0);
    this.#writeVarint(value);
    return this;
  }

  /** An int64, also a negative one: ten bytes of two's complement. */
  int64(field: number, value: number | bigint): this {
    if (typeof value === 'number' && value >= 0) return this.varint(field, value);
    this.#tag(field, 0);
    let rest = BigInt.asUintN(64, BigInt(value));
    this.#reserve(10);
    for (; rest > 127n; rest >>= 7n) this.#buffer[this.#length++] = Number(rest & 127n) | 128;
    this.#buffer[this.#length++] = Number(rest);
    return this;
  }

  sint64(field: number, value: number): this {
    return this.varint(field, value < 0 ? -2 * value - 1 : 2 * value);
  }

  double(field: number, value: number): this {
    this.#tag(field, 1);
    this.#reserve(8);
    this.#length = this.#buffer.writeDoubleLE(value, this.#length);
    return this;
  }

  /** A double by its bits, which keeps the payload of a NaN. */
  doubleBits(field: number, bits: bigint): this {
    this.#tag(field, 1);
    this.#reserve(8);
    this.#length = this.#buffer.writeBigUInt64LE(bits, this.#length);
    return this;
  }

  text(field: number, value: string): this {
    return this.blob(field, utf8.encode(value));
  }

  blob(field: number, value: Uint8Array): this {
    this.#tag(field, 2);
    this.#writeVarint(value.length);
    this.#reserve(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  /** Bytes that are encoded fields already. */
  raw(value: Uint8Array): this {
    this.#reserve(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  /** A message in a message; an empty one is written too. */
  message(field: number, write: (inner: ProtobufWriter) => void): this {
    const inner = new ProtobufWriter();
    write(inner);
    return this.blob(field, inner.view());
  }

  /** Packed varints. */
  packed(field: number, values: readonly number[]): this {
    return this.#packed(field, values, (inner, value) => inner.#writeVarint(value));
  }

  packedSint64(field: number, values: readonly number[]): this {
    return this.#packed(field, values, (inner, value) => inner.#writeVarint(value < 0 ? -2 * value - 1 : 2 * value));
  }

  packedDouble(field: number, values: readonly number[]): this {
    return this.#packed(field, values, (inner, value) => {
      inner.#reserve(8);
      inner.#length = inner.#buffer.writeDoubleLE(value, inner.#length);
    });
  }

  #packed(field: number, values: readonly number[], write: (inner: ProtobufWriter, value: number) => void): this {
    if (values.length === 0) return this;
    return this.message(field, (inner) => {
      for (const value of values) write(inner, value);
    });
  }

  #tag(field: number, wire: number): void {
    this.#writeVarint(field * 8 + wire);
  }

  #writeVarint(value: number): void {
    this.#reserve(10);
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#buffer[this.#length++] = (rest % 128) | 128;
    this.#buffer[this.#length++] = rest;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + more));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
