// Which ids came lately: a set of 64-bit hashes in two generations, so that its memory is bounded and what is forgotten is the oldest.
//
// With each id a time is noted; `forgottenUpTo` is the newest of all that were forgotten. Whoever asks about an id of a later time gets a sure answer.

const SIZE_MIN = 1 << 6;
/** Ids of one generation where nothing else is said; two of them take 2 x 16 MiB. */
export const GENERATION_MAX = 1 << 20;

export class RecentIds {
  readonly #max: () => number;
  #young: IdTable;
  #old: IdTable;
  #forgottenUpTo: number;
  #timesForgotten = 0;

  /** `forgottenUpTo`: nothing is known of ids up to that time. */
  constructor(forgottenUpTo = Number.NEGATIVE_INFINITY, generationMax: () => number = () => GENERATION_MAX) {
    this.#max = generationMax;
    this.#forgottenUpTo = forgottenUpTo;
    this.#young = new IdTable();
    this.#old = new IdTable();
  }

  get forgottenUpTo(): number {
    return this.#forgottenUpTo;
  }

  /** How often ids were forgotten. */
  get timesForgotten(): number {
    return this.#timesForgotten;
  }

  has(high: number, low: number): boolean {
    return this.#young.has(high, low) || this.#old.has(high, low);
  }

  /** Notes an id, both halves unsigned 32-bit, with a time. False where it is there already. */
  add(high: number, low: number, time: number): boolean {
    if (this.has(high, low)) return false;
    if (this.#young.size >= this.#max()) {
      this.#forgottenUpTo = Math.max(this.#forgottenUpTo, this.#old.newest);
      if (this.#old.size > 0) this.#timesForgotten++;
      this.#old = this.#young;
      this.#young = new IdTable();
    }
    this.#young.add(high, low, time);
    return true;
  }
}

/** Open addressing over words; 0 0 is an empty place, so that id is noted as 0 1. */
class IdTable {
  #words = new Uint32Array(2 * SIZE_MIN);
  size = 0;
  newest = Number.NEGATIVE_INFINITY;

  has(high: number, low: number): boolean {
    return this.#words[this.#place(high, low) + 1] !== 0;
  }

  add(high: number, low: number, time: number): void {
    if (time > this.newest) this.newest = time;
    if (4 * this.size >= this.#words.length) this.#grow();
    this.#put(high, low);
    this.size++;
  }

  #put(high: number, low: number): void {
    const at = this.#place(high, low);
    this.#words[at] = high;
    this.#words[at + 1] = low === 0 ? 1 : low;
  }

  // Where the id stands, or would stand. The low half is never 0 in a place that is taken.
  #place(high: number, low: number): number {
    const words = this.#words;
    const noted = low === 0 ? 1 : low;
    const mask = words.length / 2 - 1;
    let slot = (noted ^ (high >>> 7)) & mask;
    while (words[2 * slot + 1] !== 0 && (words[2 * slot + 1] !== noted || words[2 * slot] !== high)) slot = (slot + 1) & mask;
    return 2 * slot;
  }

  #grow(): void {
    const before = this.#words;
    this.#words = new Uint32Array(before.length * 2);
    for (let at = 0; at < before.length; at += 2) if (before[at + 1] !== 0) this.#put(before[at] as number, before[at + 1] as number);
  }
}
