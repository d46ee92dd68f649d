// Writing the small protobuf messages that OTLP answers with. Not for hot paths: it copies embedded messages.

import { Buffer } from 'node:buffer';

export class ProtobufWriter {
  readonly #bytes: number[] = [];

  /** An int64, uint64, bool or enum field. */
  varint(field: number, value: number | bigint): this {
    this.#raw(BigInt(field) << 3n);
    this.#raw(BigInt(value));
    return this;
  }

  fixed64(field: number, value: bigint): this {
    this.#raw((BigInt(field) << 3n) | 1n);
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
    this.#bytes.push(...bytes);
    return this;
  }

  double(field: number, value: number): this {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    return this.fixed64(field, bytes.readBigUInt64LE());
  }

  bytes(field: number, value: Uint8Array): this {
    this.#raw((BigInt(field) << 3n) | 2n);
    this.#raw(BigInt(value.length));
    for (const byte of value) this.#bytes.push(byte);
    return this;
  }

  text(field: number, value: string): this {
    return this.bytes(field, Buffer.from(value));
  }

  message(field: number, write: (inner: ProtobufWriter) => void): this {
    const inner = new ProtobufWriter();
    write(inner);
    return this.bytes(field, inner.finish());
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  #raw(value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    while (rest >= 0x80n) {
      this.#bytes.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.#bytes.push(Number(rest));
  }
}
