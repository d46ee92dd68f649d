// From the bytes of a series' labels on the wire to its number, without decoding them: senders repeat the same bytes with every batch.
//
// A sender also repeats the order. The entry that followed last time is compared first, and only when it differs are the bytes hashed.

import type { ProtobufReader } from '../../base/protobuf.ts';

const CHUNK_BYTES = 1 << 20;
const EMPTY = -1;

export class WireCache {
  #table = new Int32Array(2048).fill(EMPTY);
  #hash = new Int32Array(1024);
  #series = new Int32Array(1024);
  #next = new Int32Array(1024);
  #offset = new Int32Array(1024);
  #length = new Int32Array(1024);
  #view: DataView[] = [];
  #chunk = new Uint8Array(0);
  #used = 0;
  #size = 0;
  #last = EMPTY;

  get size(): number {
    return this.#size;
  }

  /** Begins a request: no entry came before. */
  restart(): void {
    this.#last = EMPTY;
  }

  /** The series whose labels are the bytes from `from` to `to`, or -1. Hot: once per series of every request. */
  find(reader: ProtobufReader, from: number, to: number): number {
    const view = reader.view;
    const last = this.#last;
    if (last !== EMPTY) {
      const guess = this.#next[last] as number;
      if (guess !== EMPTY && this.#equal(guess, view, from, to - from)) {
        this.#last = guess;
        return this.#series[guess] as number;
      }
    }
    const mask = this.#table.length - 1;
    const hash = hashBytes(view, from, to);
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#table[slot] as number;
      if (entry === EMPTY) return EMPTY;
      if (this.#hash[entry] !== hash || !this.#equal(entry, view, from, to - from)) continue;
      if (last !== EMPTY) this.#next[last] = entry;
      this.#last = entry;
      return this.#series[entry] as number;
    }
  }

  /** Remembers the series of these bytes, which `find` did not know. */
  add(reader: ProtobufReader, range: { readonly from: number; readonly to: number }, series: number): void {
    const entry = this.#size++;
    if (entry >= this.#hash.length) this.#growColumns();
    const hash = hashBytes(reader.view, range.from, range.to);
    this.#hash[entry] = hash;
    this.#series[entry] = series;
    this.#next[entry] = EMPTY;
    this.#length[entry] = range.to - range.from;
    this.#store(entry, reader.bytes.subarray(range.from, range.to));
    if (entry * 2 > this.#table.length) this.#growTable();
    else this.#place(entry);
    if (this.#last !== EMPTY) this.#next[this.#last] = entry;
    this.#last = entry;
  }

  // Hot: four bytes at a time over both.
  #equal(entry: number, view: DataView, from: number, length: number): boolean {
    if (this.#length[entry] !== length) return false;
    const own = this.#view[entry] as DataView;
    const start = this.#offset[entry] as number;
    let i = 0;
    for (; i + 4 <= length; i += 4) if (own.getInt32(start + i, true) !== view.getInt32(from + i, true)) return false;
    for (; i < length; i++) if (own.getUint8(start + i) !== view.getUint8(from + i)) return false;
    return true;
  }

  #store(entry: number, bytes: Uint8Array): void {
    if (this.#used + bytes.length > this.#chunk.length) {
      this.#chunk = new Uint8Array(Math.max(CHUNK_BYTES, bytes.length));
      this.#used = 0;
    }
    this.#chunk.set(bytes, this.#used);
    this.#view[entry] = this.#used === 0 ? new DataView(this.#chunk.buffer) : (this.#view[entry - 1] as DataView);
    this.#offset[entry] = this.#used;
    this.#used += bytes.length;
  }

  #place(entry: number): void {
    const mask = this.#table.length - 1;
    let slot = (this.#hash[entry] as number) & mask;
    while (this.#table[slot] !== EMPTY) slot = (slot + 1) & mask;
    this.#table[slot] = entry;
  }

  #growTable(): void {
    this.#table = new Int32Array(this.#table.length * 2).fill(EMPTY);
    for (let entry = 0; entry < this.#size; entry++) this.#place(entry);
  }

  #growColumns(): void {
    this.#hash = doubled(this.#hash);
    this.#series = doubled(this.#series);
    this.#next = doubled(this.#next);
    this.#offset = doubled(this.#offset);
    this.#length = doubled(this.#length);
  }
}

function doubled(from: Int32Array): Int32Array<ArrayBuffer> {
  const to = new Int32Array(from.length * 2);
  to.set(from);
  return to;
}

// Murmur3's mixing over words; equality is checked beside it.
function hashBytes(view: DataView, from: number, to: number): number {
  let hash = to - from;
  let at = from;
  for (; at + 4 <= to; at += 4) {
    const mixed = Math.imul(view.getInt32(at, true), 0xcc9e2d51);
    hash ^= Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64;
  }
  for (; at < to; at++) hash = Math.imul(hash ^ view.getUint8(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}
