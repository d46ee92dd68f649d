// What the requests of OTLP repeat, remembered by its bytes: attributes, names, and who sends. What comes again is the same object again and is not
// decoded; what is derived from it (rows of a store, columns) can then be remembered under the object.
//
//   bytes of a KeyValue ─▶ known? ─yes─▶ the object
//                           └no─▶ decode ─▶ seen lately? ─yes─▶ remember
//                                            └no─▶ note its hash, nothing else
//
// A value that never comes again (an id of a request, an address with a number in it) takes no room, because only what comes a second time is
// remembered. That serves every tenant at once: nothing in here says whose it is.

import type { Buffer } from 'node:buffer';
import { type ProtobufReader, WIRE_BYTES } from '../../base/protobuf.ts';
import { hashBytes, WireCache } from '../../metrics/ingest/wire-cache.ts';
import type { Attributes, KeyValue } from '../../otlp/any-value.ts';
import { readKeyValue } from '../../otlp/protobuf.ts';
import type { SpanSource } from '../write.ts';

/** Longer ones are decoded each time. */
const VALUE_BYTES_MAX = 512;
/** At these bounds all is forgotten, and what is in use comes back with the next requests. */
const VALUES_MAX = 1 << 16;
const VALUES_BYTES_MAX = 8 * 1024 * 1024;
/** How many hashes of what was seen once are kept; a newer one takes the place of an older. */
const ONCE_SLOTS = 1 << 16;
const SOURCES_MAX = 20_000;
const SOURCES_BYTES_MAX = 16 * 1024 * 1024;

/** Values of one type by their bytes. */
class ByteMemory<T> {
  readonly #decode: (r: ProtobufReader) => T;
  readonly #once = new Int32Array(ONCE_SLOTS);
  #cache = new WireCache();
  #values: T[] = [];
  #bytes = 0;

  /** `decode` reads the length-delimited field at whose tag the reader stands. */
  constructor(decode: (r: ProtobufReader) => T) {
    this.#decode = decode;
  }

  get size(): number {
    return this.#values.length;
  }

  /** The length-delimited field at whose tag the reader stands. Throws `bad_data`. Hot: for every attribute. */
  read(r: ProtobufReader): T {
    const tagged = r.pos;
    const first = r.bytes[tagged] as number;
    // Nearly all lengths take one byte; any other, and what is not right, is left to the reader.
    const isShort = first < 0x80 && first < r.end - tagged && r.wire === WIRE_BYTES;
    const length = isShort ? first : r.length();
    const from = isShort ? tagged + 1 : r.pos;
    const to = from + length;
    const known = length > VALUE_BYTES_MAX ? -1 : this.#cache.find(r.view, from, to);
    if (known >= 0) {
      r.pos = to;
      return this.#values[known] as T;
    }
    r.pos = tagged;
    const value = this.#decode(r);
    if (length <= VALUE_BYTES_MAX) this.#admit(r.view, { from, to }, value);
    return value;
  }

  #admit(view: DataView, range: { readonly from: number; readonly to: number }, value: T): void {
    const hash = hashBytes(view, range.from, range.to);
    const slot = hash & (ONCE_SLOTS - 1);
    if (this.#once[slot] !== hash) {
      this.#once[slot] = hash;
      return;
    }
    this.#bytes += range.to - range.from;
    if (this.#values.length >= VALUES_MAX || this.#bytes > VALUES_BYTES_MAX) this.#forget(range.to - range.from);
    this.#cache.add(view, range, this.#values.length);
    this.#values.push(value);
  }

  #forget(bytes: number): void {
    this.#cache = new WireCache();
    this.#values = [];
    this.#bytes = bytes;
  }
}

/** A resource with the scopes that were seen under it. */
export interface RememberedResource {
  readonly attributes: Attributes;
  readonly schemaUrl: string;
  readonly scopes: Map<string, SpanSource>;
}

export class TraceMemory {
  readonly #keyValues = new ByteMemory<KeyValue>(readKeyValue);
  readonly #texts = new ByteMemory<string>((r) => r.text());
  readonly #resources = new Map<string, RememberedResource>();
  #sources = 0;
  #sourcesBytes = 0;

  /** How many attributes and texts are remembered. */
  get size(): number {
    return this.#keyValues.size + this.#texts.size;
  }

  /** The `KeyValue` field at whose tag the reader stands. */
  keyValue(r: ProtobufReader): KeyValue {
    return this.#keyValues.read(r);
  }

  /** The string field at whose tag the reader stands: a name, a message. */
  text(r: ProtobufReader): string {
    return this.#texts.read(r);
  }

  /** A resource by the bytes that describe it. */
  resource(bytes: Buffer, make: () => Omit<RememberedResource, 'scopes'>): RememberedResource {
    const key = bytes.toString('latin1');
    const known = this.#resources.get(key);
    if (known !== undefined) return known;
    const resource = { ...make(), scopes: new Map<string, SpanSource>() };
    this.#count(key.length);
    this.#resources.set(key, resource);
    return resource;
  }

  /** A scope of a resource by the bytes that describe it. */
  source(resource: RememberedResource, bytes: Buffer, make: () => SpanSource): SpanSource {
    const key = bytes.toString('latin1');
    const known = resource.scopes.get(key);
    if (known !== undefined) return known;
    const source = make();
    this.#count(key.length);
    resource.scopes.set(key, source);
    return source;
  }

  #count(bytes: number): void {
    this.#sources++;
    this.#sourcesBytes += bytes;
    if (this.#sources <= SOURCES_MAX && this.#sourcesBytes <= SOURCES_BYTES_MAX) return;
    this.#resources.clear();
    this.#sources = 1;
    this.#sourcesBytes = bytes;
  }
}
