// Writing protobuf by hand into bytes that grow: the counterpart of protobuf.ts.
//
// Source: protobuf encoding guide.

export class ProtobufWriter {
  #buffer = Buffer.allocUnsafe(4096);
  #length = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** The message so far, as a copy of its own. */
  bytes(): Buffer {
    return Buffer.from(this.#buffer.subarray(0, this.#length));
  }

  /** A varint field; whole numbers up to 2^53, negative ones as int64. */
  int(field: number, value: number): void {
    this.#varint(field * 8);
    if (value >= 0) return this.#varint(value);
    this.#reserve(10);
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest > 127n; rest >>= 7n) this.#buffer[this.#length++] = Number(rest & 127n) | 128;
    this.#buffer[this.#length++] = Number(rest);
  }

  /** A sint32 or sint64 field, zigzag. */
  sint(field: number, value: number): void {
    this.int(field, value < 0 ? -2 * value - 1 : 2 * value);
  }

  double(field: number, value: number): void {
    this.#varint(field * 8 + 1);
    this.#reserve(8);
    this.#length = this.#buffer.writeDoubleLE(value, this.#length);
  }

  /** A double by its two words, so that a NaN keeps its bits. */
  doubleWords(field: number, low: number, high: number): void {
    this.#varint(field * 8 + 1);
    this.#reserve(8);
    this.#length = this.#buffer.writeUInt32LE(low, this.#length);
    this.#length = this.#buffer.writeUInt32LE(high, this.#length);
  }

  text(field: number, value: string): void {
    this.raw(field, Buffer.from(value, 'utf8'));
  }

  /** A length-delimited field. */
  raw(field: number, value: Uint8Array): void {
    this.#varint(field * 8 + 2);
    this.#varint(value.length);
    this.#reserve(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
  }

  /** An embedded message. */
  message(field: number, write: (inner: ProtobufWriter) => void): void {
    const inner = new ProtobufWriter();
    write(inner);
    this.raw(field, inner.#buffer.subarray(0, inner.#length));
  }

  /** Packed doubles. */
  doubles(field: number, values: readonly number[]): void {
    if (values.length > 0) this.raw(field, new Uint8Array(Float64Array.from(values).buffer));
  }

  #varint(value: number): void {
    this.#reserve(10);
    let rest = value;
    while (rest >= 0x80) {
      this.#buffer[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#buffer[this.#length++] = rest;
  }

  #reserve(size: number): void {
    if (this.#length + size <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#length + size, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}
