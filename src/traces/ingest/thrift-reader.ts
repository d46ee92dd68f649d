// Thrift by hand over bytes, in both protocols that senders of spans use: what jaeger-thrift.ts and zipkin-thrift.ts stand on.
//
//   binary   type (1 byte), field number (2), value; lengths and integers of fixed size, big-endian
//   compact  number's distance and type in one byte, value; lengths and integers as varints
//
// Every length and count is held against the bytes that are left, and structs against a depth, so what a sender claims costs no memory.
// Sources: Thrift specification, `doc/specs/thrift-binary-protocol.md` and `thrift-compact-protocol.md`. Malformed input ends in
// `RequestError('bad_data')` with its byte position.

import { RequestError } from '../../base/request-error.ts';
import { decodeUtf8 } from '../../base/protobuf.ts';

const DEPTH_MAX = 64;

/** Types of values, by the numbers of the binary protocol. */
export const THRIFT = {
  stop: 0,
  bool: 2,
  byte: 3,
  double: 4,
  i16: 6,
  i32: 8,
  i64: 10,
  string: 11,
  struct: 12,
  map: 13,
  set: 14,
  list: 15,
} as const;

export abstract class ThriftReader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Offset of the next byte to read. */
  pos = 0;
  /** Type of the value that is read next. */
  type: number = THRIFT.struct;
  #depth = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Calls `field` with the number of each field of a struct; it reads the value, or calls `skip`. */
  struct(field: (id: number) => void): void {
    this.expect(THRIFT.struct);
    if (++this.#depth > DEPTH_MAX) this.fail(`more than ${DEPTH_MAX} nested values`);
    this.fields(field);
    this.#depth--;
  }

  /** Calls `item` for each element of a list or set of values of `type`. */
  list(type: number, item: () => void): void {
    if (this.type !== THRIFT.list && this.type !== THRIFT.set) this.fail(`a value of type ${this.type} where a list belongs`);
    const [count, itemType] = this.listHeader();
    if (count > 0 && itemType !== type) this.fail(`a list of type ${itemType} where one of type ${type} belongs`);
    for (let i = 0; i < count; i++) {
      this.type = itemType;
      item();
    }
  }

  /** A string as text. */
  text(): string {
    const bytes = this.binary();
    return decodeUtf8(bytes, 0, bytes.length);
  }

  /** A string as a view of the message. */
  binary(): Uint8Array {
    this.expect(THRIFT.string);
    const length = this.length();
    const at = this.take(length);
    return this.bytes.subarray(at, at + length);
  }

  /** Passes over a value of any type. */
  skip(): void {
    switch (this.type) {
      case THRIFT.bool:
        this.bool();
        return;
      case THRIFT.byte:
        this.take(1);
        return;
      case THRIFT.double:
        this.double();
        return;
      case THRIFT.i16:
      case THRIFT.i32:
      case THRIFT.i64:
        this.skipInteger();
        return;
      case THRIFT.string:
        this.binary();
        return;
      default:
        this.#skipNested();
    }
  }

  #skipNested(): void {
    if (this.type === THRIFT.struct) {
      this.struct(() => this.skip());
      return;
    }
    if (++this.#depth > DEPTH_MAX) this.fail(`more than ${DEPTH_MAX} nested values`);
    if (this.type === THRIFT.map) {
      const [count, keyType, valueType] = this.mapHeader();
      for (let i = 0; i < count; i++) {
        this.type = keyType;
        this.skip();
        this.type = valueType;
        this.skip();
      }
    } else if (this.type === THRIFT.list || this.type === THRIFT.set) {
      const [count, itemType] = this.listHeader();
      for (let i = 0; i < count; i++) {
        this.type = itemType;
        this.skip();
      }
    } else this.fail(`unknown type ${this.type}`);
    this.#depth--;
  }

  /** Ends the reading with the position. */
  fail(what: string): never {
    throw new RequestError('bad_data', `malformed Thrift at byte ${this.pos}: ${what}`);
  }

  protected expect(type: number): void {
    if (this.type !== type) this.fail(`a value of type ${this.type} where type ${type} belongs`);
  }

  /** The position of the next `size` bytes, which are then behind. */
  protected take(size: number): number {
    const at = this.pos;
    if (size > this.bytes.length - at) this.fail(`${size} bytes past the end`);
    this.pos = at + size;
    return at;
  }

  /** A count of elements, each of which takes a byte at least. */
  protected counted(count: number): number {
    if (count < 0 || count > this.bytes.length - this.pos) this.fail(`${count} elements past the end`);
    return count;
  }

  abstract bool(): boolean;
  abstract double(): number;
  /** An i16, i32 or i64, whichever comes. */
  abstract integer(): bigint;
  protected abstract fields(field: (id: number) => void): void;
  protected abstract length(): number;
  protected abstract skipInteger(): void;
  protected abstract listHeader(): readonly [count: number, type: number];
  protected abstract mapHeader(): readonly [count: number, keyType: number, valueType: number];
}

export class BinaryThriftReader extends ThriftReader {
  bool(): boolean {
    this.expect(THRIFT.bool);
    return this.#byte() !== 0;
  }

  double(): number {
    this.expect(THRIFT.double);
    return this.view.getFloat64(this.take(8));
  }

  integer(): bigint {
    switch (this.type) {
      case THRIFT.i16:
        return BigInt(this.view.getInt16(this.take(2)));
      case THRIFT.i32:
        return BigInt(this.view.getInt32(this.take(4)));
      case THRIFT.i64:
        return this.view.getBigInt64(this.take(8));
      default:
        return this.fail(`a value of type ${this.type} where an integer belongs`);
    }
  }

  protected fields(field: (id: number) => void): void {
    for (;;) {
      const type = this.#byte();
      if (type === THRIFT.stop) return;
      const id = this.view.getInt16(this.take(2));
      this.type = type;
      field(id);
    }
  }

  protected length(): number {
    return this.counted(this.#int32());
  }

  protected skipInteger(): void {
    this.take(this.type === THRIFT.i16 ? 2 : this.type === THRIFT.i32 ? 4 : 8);
  }

  protected listHeader(): readonly [number, number] {
    const type = this.#byte();
    return [this.counted(this.#int32()), type];
  }

  protected mapHeader(): readonly [number, number, number] {
    const keyType = this.#byte();
    const valueType = this.#byte();
    return [this.counted(this.#int32()), keyType, valueType];
  }

  #byte(): number {
    return this.view.getUint8(this.take(1));
  }

  #int32(): number {
    return this.view.getInt32(this.take(4));
  }
}

/** Types of the compact protocol: 1 and 2 are the booleans of fields, and booleans otherwise. */
const COMPACT_TYPES = [
  THRIFT.stop,
  THRIFT.bool,
  THRIFT.bool,
  THRIFT.byte,
  THRIFT.i16,
  THRIFT.i32,
  THRIFT.i64,
  THRIFT.double,
  THRIFT.string,
  THRIFT.list,
  THRIFT.set,
  THRIFT.map,
  THRIFT.struct,
] as const;
const COMPACT_TRUE = 1;

export class CompactThriftReader extends ThriftReader {
  /** The value of a boolean field, which stands in the field's head. */
  #fieldBool: boolean | undefined;

  bool(): boolean {
    this.expect(THRIFT.bool);
    const value = this.#fieldBool ?? this.#byte() === COMPACT_TRUE;
    this.#fieldBool = undefined;
    return value;
  }

  double(): number {
    this.expect(THRIFT.double);
    return this.view.getFloat64(this.take(8), true);
  }

  integer(): bigint {
    if (this.type !== THRIFT.i16 && this.type !== THRIFT.i32 && this.type !== THRIFT.i64)
      this.fail(`a value of type ${this.type} where an integer belongs`);
    return this.#zigzag();
  }

  protected fields(field: (id: number) => void): void {
    let id = 0;
    for (;;) {
      const head = this.#byte();
      if (head === 0) return;
      const distance = head >> 4;
      id = distance === 0 ? Number(BigInt.asIntN(16, this.#zigzag())) : id + distance;
      this.type = this.#type(head & 0x0f);
      this.#fieldBool = this.type === THRIFT.bool ? (head & 0x0f) === COMPACT_TRUE : undefined;
      field(id);
      this.#fieldBool = undefined;
    }
  }

  protected length(): number {
    return this.counted(Number(this.#varint()));
  }

  protected skipInteger(): void {
    this.#varint();
  }

  protected listHeader(): readonly [number, number] {
    const head = this.#byte();
    const count = head >> 4 === 15 ? Number(this.#varint()) : head >> 4;
    return [this.counted(count), this.#type(head & 0x0f)];
  }

  protected mapHeader(): readonly [number, number, number] {
    const count = this.counted(Number(this.#varint()));
    if (count === 0) return [0, THRIFT.stop, THRIFT.stop];
    const types = this.#byte();
    return [count, this.#type(types >> 4), this.#type(types & 0x0f)];
  }

  #type(compact: number): number {
    return COMPACT_TYPES[compact] ?? this.fail(`unknown type ${compact}`);
  }

  #byte(): number {
    return this.view.getUint8(this.take(1));
  }

  #zigzag(): bigint {
    const value = this.#varint();
    return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
  }

  #varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    return this.fail('varint over 64 bits');
  }
}
