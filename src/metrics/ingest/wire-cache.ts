// From the bytes of a series' labels on the wire to its number, without decoding them: senders repeat the same bytes with every batch.
//
// A sender also repeats the order. The entry that followed last time is compared first, and only when it differs are the bytes hashed.

const CHUNK_WORDS = 1 << 17;
const EMPTY = -1;
const SIZE_MIN = 64;

const scratch = new Int32Array(2);
const scratchWord = new BigInt64Array(scratch.buffer);

export class WireCache {
  #table = new Int32Array(2 * SIZE_MIN).fill(EMPTY);
  #hash = new Int32Array(SIZE_MIN);
  #series = new Int32Array(SIZE_MIN);
  #next = new Int32Array(SIZE_MIN);
  #offset = new Int32Array(SIZE_MIN);
  #length = new Int32Array(SIZE_MIN);
  readonly #words: BigInt64Array[] = [];
  #chunk = new BigInt64Array(0);
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

  /** The end of the labels that begin at `from`, when they are the bytes that followed last time; else -1. `current` is then their series. Hot: once per series of every request. */
  follow(body: DataView, from: number, end: number): number {
    const guess = this.#last === EMPTY ? EMPTY : (this.#next[this.#last] as number);
    if (guess === EMPTY) return -1;
    const to = from + (this.#length[guess] as number);
    if (to > end || !this.#equal(guess, body, from, to)) return -1;
    this.#last = guess;
    return to;
  }

  /** The series that `follow` or `find` came to. */
  get current(): number {
    return this.#series[this.#last] as number;
  }

  /** The series whose labels are the bytes from `from` to `to`, or -1. */
  find(body: DataView, from: number, to: number): number {
    const mask = this.#table.length - 1;
    const hash = hashBytes(body, from, to);
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#table[slot] as number;
      if (entry === EMPTY) return EMPTY;
      if (this.#hash[entry] !== hash || this.#length[entry] !== to - from || !this.#equal(entry, body, from, to)) continue;
      if (this.#last !== EMPTY) this.#next[this.#last] = entry;
      this.#last = entry;
      return this.#series[entry] as number;
    }
  }

  /** Remembers the series of these bytes, which `find` did not know. */
  add(body: DataView, { from, to }: { readonly from: number; readonly to: number }, series: number): void {
    const entry = this.#size++;
    if (entry >= this.#hash.length) this.#growColumns();
    this.#hash[entry] = hashBytes(body, from, to);
    this.#series[entry] = series;
    this.#next[entry] = EMPTY;
    this.#length[entry] = to - from;
    this.#store(entry, body, from, to);
    if (entry * 2 > this.#table.length) this.#growTable();
    else this.#place(entry);
    if (this.#last !== EMPTY) this.#next[this.#last] = entry;
    this.#last = entry;
  }

  // Hot: eight bytes at a time, the last ones filled up.
  #equal(entry: number, body: DataView, from: number, to: number): boolean {
    const words = this.#words[entry] as BigInt64Array;
    let word = this.#offset[entry] as number;
    let at = from;
    for (const end = to - 7; at < end; at += 8) if (words[word++] !== body.getBigInt64(at, true)) return false;
    return words[word] === lastWord(body, at, to);
  }

  #store(entry: number, body: DataView, from: number, to: number): void {
    const size = ((to - from) >> 3) + 1;
    if (this.#used + size > this.#chunk.length) {
      this.#chunk = new BigInt64Array(Math.max(Math.min(CHUNK_WORDS, 64 * (this.#size + 1)), size));
      this.#used = 0;
    }
    this.#words[entry] = this.#chunk;
    this.#offset[entry] = this.#used;
    let at = from;
    for (; at + 8 <= to; at += 8) this.#chunk[this.#used++] = body.getBigInt64(at, true);
    this.#chunk[this.#used++] = lastWord(body, at, to);
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

// Up to seven bytes as a word, with zeros above.
function lastWord(body: DataView, from: number, to: number): bigint {
  let low = 0;
  let high = 0;
  for (let at = from; at < to; at++) {
    const shift = 8 * (at - from);
    if (shift < 32) low |= body.getUint8(at) << shift;
    else high |= body.getUint8(at) << (shift - 32);
  }
  scratch[0] = low;
  scratch[1] = high;
  return scratchWord[0] as bigint;
}

/** Murmur3's mixing over words; equality is checked beside it. */
export function hashBytes(body: DataView, from: number, to: number): number {
  let hash = to - from;
  let at = from;
  for (; at + 4 <= to; at += 4) {
    const mixed = Math.imul(body.getInt32(at, true), 0xcc9e2d51);
    hash ^= Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64;
  }
  for (; at < to; at++) hash = Math.imul(hash ^ body.getUint8(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}
