// For the tests of readers of Thrift: a writer of the binary protocol and of the compact one, whose methods write fields by their numbers.

import { Buffer } from 'node:buffer';
import { THRIFT } from './thrift-reader.ts';

const COMPACT: ReadonlyMap<number, number> = new Map([
  [THRIFT.i16, 4],
  [THRIFT.i32, 5],
  [THRIFT.i64, 6],
  [THRIFT.double, 7],
  [THRIFT.string, 8],
  [THRIFT.list, 9],
  [THRIFT.struct, 12],
]);

type Write = (w: ThriftWriter, i: number) => unknown;

export class ThriftWriter {
  readonly #isCompact: boolean;
  readonly #bytes: number[] = [];
  /** Numbers of the last field of each struct that is open, which the compact protocol counts from. */
  readonly #last: number[] = [0];

  constructor(protocol: 'binary' | 'compact' = 'binary') {
    this.#isCompact = protocol === 'compact';
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  i16(id: number, value: number): this {
    return this.#field(id, THRIFT.i16).#integer(BigInt(value), 2);
  }

  i32(id: number, value: number): this {
    return this.#field(id, THRIFT.i32).#integer(BigInt(value), 4);
  }

  i64(id: number, value: bigint): this {
    return this.#field(id, THRIFT.i64).#integer(value, 8);
  }

  double(id: number, value: number): this {
    const bytes = Buffer.alloc(8);
    if (this.#isCompact) bytes.writeDoubleLE(value);
    else bytes.writeDoubleBE(value);
    return this.#field(id, THRIFT.double).#push(bytes);
  }

  bool(id: number, value: boolean): this {
    if (this.#isCompact) return this.#head(id, value ? 1 : 2);
    return this.#field(id, THRIFT.bool).#push([value ? 1 : 0]);
  }

  text(id: number, value: string): this {
    return this.binary(id, Buffer.from(value));
  }

  binary(id: number, value: Uint8Array): this {
    return this.#field(id, THRIFT.string).#count(value.length).#push(value);
  }

  struct(id: number, write: Write): this {
    return this.#field(id, THRIFT.struct).#inner(write, 0);
  }

  /** A list of structs as a field; each ends with `stop`. */
  list(id: number, count: number, write: Write): this {
    return this.#field(id, THRIFT.list).listOf(count, write);
  }

  /** A list of structs without a field. */
  listOf(count: number, write: Write): this {
    if (!this.#isCompact) this.#push([THRIFT.struct]).#count(count);
    else if (count < 15) this.#push([(count << 4) | 12]);
    else this.#push([0xfc]).#count(count);
    for (let i = 0; i < count; i++) this.#inner(write, i);
    return this;
  }

  stop(): this {
    return this.#push([0]);
  }

  #inner(write: Write, i: number): this {
    this.#last.push(0);
    write(this, i);
    this.#last.pop();
    return this;
  }

  #field(id: number, type: number): this {
    if (this.#isCompact) return this.#head(id, COMPACT.get(type) ?? 0);
    return this.#push([type]).#integer(BigInt(id), 2);
  }

  #head(id: number, compactType: number): this {
    const distance = id - (this.#last.at(-1) ?? 0);
    this.#last[this.#last.length - 1] = id;
    if (distance > 0 && distance < 16) return this.#push([(distance << 4) | compactType]);
    return this.#push([compactType]).#integer(BigInt(id), 2);
  }

  #count(count: number): this {
    return this.#isCompact ? this.#varint(BigInt(count)) : this.#integer(BigInt(count), 4);
  }

  #integer(value: bigint, bytes: number): this {
    if (this.#isCompact) return this.#varint(BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)));
    for (let shift = (bytes - 1) * 8; shift >= 0; shift -= 8) this.#bytes.push(Number((value >> BigInt(shift)) & 0xffn));
    return this;
  }

  #varint(value: bigint): this {
    let rest = value;
    for (; rest > 127n; rest >>= 7n) this.#bytes.push(Number(rest & 127n) | 128);
    return this.#push([Number(rest)]);
  }

  #push(bytes: Iterable<number>): this {
    this.#bytes.push(...bytes);
    return this;
  }
}
