// Reading protobuf by hand over bytes, without objects in between: what the hot wire decoders stand on.
//
//   const r = new ProtobufReader(bytes);
//   while (r.next()) switch (r.field) {
//     case 1: name = r.text(); break;
//     case 2: { const end = r.enter(); while (r.next()) …; r.leave(end); break; }
//     default: r.skip();
//   }
//
// Source: protobuf encoding guide. Every malformed message ends in a `RequestError('bad_data')` with its byte position, never in a read past the end.

import { RequestError } from './request-error.ts';

const TWO_32 = 4294967296;
const DEPTH_MAX = 100;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const WIRE_VARINT = 0;
export const WIRE_FIXED64 = 1;
export const WIRE_BYTES = 2;
export const WIRE_FIXED32 = 5;

export class ProtobufReader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Offset of the next byte to read. */
  pos: number;
  /** End of the message being read. */
  end: number;
  /** Number and wire type of the field that `next` came to. */
  field = 0;
  wire = 0;
  /** The value last read by `varint`, as two unsigned halves. */
  low = 0;
  high = 0;
  #depth = 0;

  constructor(bytes: Uint8Array, pos = 0, end = bytes.length) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.pos = pos;
    this.end = end;
  }

  /** Moves to the next field of the message; false at its end. */
  next(): boolean {
    if (this.pos >= this.end) return false;
    const tag = this.varint();
    if (tag > 0xffffffff) this.fail('tag over 32 bits');
    this.field = tag >>> 3;
    this.wire = tag & 7;
    if (this.field === 0) this.fail('field number 0');
    return true;
  }

  /** An unsigned varint; exact up to 2^53, `low` and `high` hold all 64 bits. */
  varint(): number {
    const bytes = this.bytes;
    let pos = this.pos;
    const end = this.end;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (pos >= end) this.fail('truncated varint');
      const byte = bytes[pos++] as number;
      const part = byte & 0x7f;
      if (shift < 28) low |= part << shift;
      else if (shift === 28) {
        low |= part << 28;
        high = part >>> 4;
      } else if (shift < 63) high |= part << (shift - 32);
      else high |= (part & 1) << 31;
      if (byte < 0x80) {
        this.pos = pos;
        this.low = low >>> 0;
        this.high = high >>> 0;
        return this.high * TWO_32 + this.low;
      }
    }
    return this.fail('varint over 64 bits');
  }

  /** A varint field (uint32, uint64, bool, enum); exact up to 2^53. */
  uint(): number {
    this.#expect(WIRE_VARINT);
    return this.varint();
  }

  /** An int32 or int64 field, two's complement; exact within ±2^53, rounded beyond. */
  int(): number {
    this.#expect(WIRE_VARINT);
    this.varint();
    return (this.high | 0) * TWO_32 + this.low;
  }

  /** A sint32 or sint64 field, zigzag; exact within ±2^53. */
  sint(): number {
    this.#expect(WIRE_VARINT);
    return this.zigzag();
  }

  /** The next bytes as a zigzag varint, for packed fields. */
  zigzag(): number {
    const value = this.varint();
    if (value <= Number.MAX_SAFE_INTEGER) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    const exact = (BigInt(this.high) << 32n) | BigInt(this.low);
    return Number((exact >> 1n) ^ -(exact & 1n));
  }

  bool(): boolean {
    return this.uint() !== 0;
  }

  double(): number {
    this.#expect(WIRE_FIXED64);
    const at = this.#take(8);
    return this.view.getFloat64(at, true);
  }

  float(): number {
    this.#expect(WIRE_FIXED32);
    return this.view.getFloat32(this.#take(4), true);
  }

  /** fixed64 as a number; exact up to 2^53, `low` and `high` hold all 64 bits. */
  fixed64(): number {
    this.#expect(WIRE_FIXED64);
    const at = this.#take(8);
    this.low = this.view.getUint32(at, true);
    this.high = this.view.getUint32(at + 4, true);
    return this.high * TWO_32 + this.low;
  }

  /** sfixed64 as a number; exact within ±2^53. */
  sfixed64(): number {
    this.fixed64();
    return (this.high | 0) * TWO_32 + this.low;
  }

  fixed32(): number {
    this.#expect(WIRE_FIXED32);
    return this.view.getUint32(this.#take(4), true);
  }

  /** A bytes field, as a view of the message. */
  slice(): Uint8Array {
    const length = this.length();
    const at = this.pos;
    this.pos += length;
    return this.bytes.subarray(at, at + length);
  }

  /** A string field. */
  text(): string {
    const length = this.length();
    const at = this.pos;
    this.pos += length;
    return decodeUtf8(this.bytes, at, this.pos);
  }

  /** The length of a length-delimited field, checked against the message; `pos` is then at its first byte. */
  length(): number {
    this.#expect(WIRE_BYTES);
    const length = this.varint();
    if (length > this.end - this.pos) this.fail(`length ${length} past the end`);
    return length;
  }

  /** Enters an embedded message: returns the end of the outer one, to be given to `leave`. */
  enter(): number {
    const length = this.length();
    const outer = this.end;
    if (++this.#depth > DEPTH_MAX) this.fail(`more than ${DEPTH_MAX} nested messages`);
    this.end = this.pos + length;
    return outer;
  }

  /** Leaves an embedded message. */
  leave(outer: number): void {
    this.#depth--;
    this.pos = this.end;
    this.end = outer;
  }

  /** Passes over a field of any type. */
  skip(): void {
    switch (this.wire) {
      case WIRE_VARINT:
        this.varint();
        return;
      case WIRE_FIXED64:
        this.#take(8);
        return;
      case WIRE_BYTES: {
        // The length moves the position itself, so it is read before.
        const length = this.length();
        this.pos += length;
        return;
      }
      case WIRE_FIXED32:
        this.#take(4);
        return;
      default:
        this.fail(`wire type ${this.wire}`);
    }
  }

  /** Calls `read` for each element of a packed or single scalar field of wire type `wire`. */
  repeated(wire: number, read: () => void): void {
    if (this.wire === wire) {
      read();
      return;
    }
    const outer = this.enter();
    const field = this.field;
    while (this.pos < this.end) {
      this.wire = wire;
      this.field = field;
      read();
    }
    this.leave(outer);
  }

  /** Ends the reading with the position. */
  fail(what: string): never {
    throw new RequestError('bad_data', `malformed protobuf at byte ${this.pos}, field ${this.field}: ${what}`);
  }

  #expect(wire: number): void {
    if (this.wire !== wire) this.fail(`wire type ${this.wire} where ${wire} belongs`);
  }

  #take(size: number): number {
    const at = this.pos;
    if (size > this.end - at) this.fail('truncated value');
    this.pos = at + size;
    return at;
  }
}

/** A message of two texts, 1 and 2: a label as every peer sends it, an entry of a map. Throws `bad_data` when it is malformed. */
export function readPair(reader: ProtobufReader): [string, string] {
  const outer = reader.enter();
  let name = '';
  let value = '';
  while (reader.next()) {
    if (reader.field === 1) name = reader.text();
    else if (reader.field === 2) value = reader.text();
    else reader.skip();
  }
  reader.leave(outer);
  return [name, value];
}

/** Bytes as text; short ASCII without the decoder's call. Throws `bad_data` on invalid UTF-8. */
export function decodeUtf8(bytes: Uint8Array, from: number, to: number): string {
  if (to - from <= 24) {
    let text = '';
    for (let i = from; i < to; i++) {
      const byte = bytes[i] as number;
      if (byte >= 0x80) return decodeStrict(bytes, from, to);
      text += String.fromCharCode(byte);
    }
    return text;
  }
  return decodeStrict(bytes, from, to);
}

function decodeStrict(bytes: Uint8Array, from: number, to: number): string {
  try {
    return strictUtf8.decode(bytes.subarray(from, to));
  } catch (cause) {
    throw new RequestError('bad_data', `invalid UTF-8 at byte ${from}`, { cause });
  }
}
