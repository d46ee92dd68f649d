// Attribute lists by their bytes: a sender repeats the same lists with every request, so each is decoded once and is the same object from then on.
// What is derived from a list can then be remembered under the object.

import type { Buffer } from 'node:buffer';
import { ProtobufReader, WIRE_BYTES } from '../base/protobuf.ts';
import type { Attributes, KeyValue } from './any-value.ts';
import { readKeyValue } from './protobuf.ts';

/** Longer lists are decoded each time. */
const LIST_BYTES_MAX = 2048;
/** All lists together; at the bound all are forgotten, and those in use come back with the next request. */
const BYTES_MAX = 32 * 1024 * 1024;
const LISTS_MAX = 200_000;

export class AttributeMemory {
  readonly #lists = new Map<string, Attributes>();
  #bytes = 0;

  /**
   * The list of the `KeyValue` field at whose tag the reader stands and of those of the same number right behind it; `body` is what the reader
   * reads. Throws `bad_data`.
   */
  read(r: ProtobufReader, body: Buffer): Attributes {
    const from = r.pos - 1;
    const tag = r.bytes[from];
    // A tag written longer than it needs to be is valid, and so rare that it is read the plain way.
    if (tag !== ((r.field << 3) | WIRE_BYTES)) return [readKeyValue(r)];
    for (;;) {
      const length = r.length();
      r.pos += length;
      if (r.pos >= r.end || r.bytes[r.pos] !== tag) break;
      r.pos++;
    }
    if (r.pos - from > LIST_BYTES_MAX) return decode(r, from);
    // The bytes as a string, because strings are what a `Map` finds by content; nothing is decoded by that.
    const key = body.toString('latin1', from, r.pos);
    const known = this.#lists.get(key);
    if (known !== undefined) return known;
    const list = decode(r, from);
    if (this.#lists.size >= LISTS_MAX || this.#bytes + key.length > BYTES_MAX) this.#forget();
    this.#lists.set(key, list);
    this.#bytes += key.length;
    return list;
  }

  #forget(): void {
    this.#lists.clear();
    this.#bytes = 0;
  }
}

/** The fields from `from` up to where the reader stands. */
function decode(r: ProtobufReader, from: number): Attributes {
  const list: KeyValue[] = [];
  const fields = new ProtobufReader(r.bytes, from, r.pos);
  while (fields.next()) list.push(readKeyValue(fields));
  return list;
}
