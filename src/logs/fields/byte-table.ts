// Values by their bytes: each different one gets a small number, without a string being made of it.

import { isUtf8 } from 'node:buffer';

const SLOTS_MIN = 256;
const EMPTY = 0;
/** Values that are remembered; a field with more of them is read the long way. */
const VALUES_MAX = 200_000;
/** Bytes of one value. */
const VALUE_BYTES_MAX = 256;

/** The number of no value. */
export const NO_VALUE = 0;
/** A value that is too long, one too many, or one that is no UTF-8: what its bytes mean as text is not decided here. */
export const TOO_MANY = -1;

export class ByteTable {
  #slots = new Int32Array(SLOTS_MIN);
  #hashes = new Int32Array(SLOTS_MIN);
  #starts = new Uint32Array(SLOTS_MIN);
  #bytes = Buffer.alloc(4096);
  #used = 0;
  #count = 0;

  /** The number of `bytes[from…to)`, from 1 on, or `TOO_MANY`. Hot: once per field that a query reads of a line. */
  number(bytes: Uint8Array, from: number, to: number): number {
    if (to - from > VALUE_BYTES_MAX) return TOO_MANY;
    let hash = to - from;
    for (let at = from; at < to; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
    hash ^= hash >>> 15;
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const number = this.#slots[slot] as number;
      if (number === EMPTY) return this.#add(bytes, { from, to }, hash);
      if (this.#hashes[number] === hash && this.#equals(number, bytes, from, to)) return number;
    }
  }

  /** The value of a number. */
  text(number: number): string {
    return this.#bytes.toString('utf8', this.#starts[number], this.#starts[number + 1]);
  }

  #equals(number: number, bytes: Uint8Array, from: number, to: number): boolean {
    const start = this.#starts[number] as number;
    if ((this.#starts[number + 1] as number) - start !== to - from) return false;
    for (let i = 0; i < to - from; i++) if (this.#bytes[start + i] !== bytes[from + i]) return false;
    return true;
  }

  #add(bytes: Uint8Array, { from, to }: { readonly from: number; readonly to: number }, hash: number): number {
    if (this.#count >= VALUES_MAX || !isUtf8(bytes.subarray(from, to))) return TOO_MANY;
    const number = ++this.#count;
    if (number + 2 > this.#starts.length) this.#growColumns();
    if (this.#used + to - from > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(this.#bytes.length)]);
    this.#starts[number] = this.#used;
    for (let at = from; at < to; at++) this.#bytes[this.#used++] = bytes[at] as number;
    this.#starts[number + 1] = this.#used;
    this.#hashes[number] = hash;
    if (2 * number > this.#slots.length) this.#growSlots();
    else this.#place(number);
    return number;
  }

  #place(number: number): void {
    const mask = this.#slots.length - 1;
    let slot = (this.#hashes[number] as number) & mask;
    while (this.#slots[slot] !== EMPTY) slot = (slot + 1) & mask;
    this.#slots[slot] = number;
  }

  #growSlots(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let number = 1; number <= this.#count; number++) this.#place(number);
  }

  #growColumns(): void {
    const [hashes, starts] = [this.#hashes, this.#starts];
    this.#hashes = new Int32Array(hashes.length * 2);
    this.#hashes.set(hashes);
    this.#starts = new Uint32Array(starts.length * 2);
    this.#starts.set(starts);
  }
}
