// The grams of one request's lines, in columns: what becomes one block of the table `needles`.

import { tenantColumn } from '../../metrics/series-registration.ts';
import { encodeBlock } from '../../storage/native.ts';
import { GramFinder, LINE_GRAMS_MAX, OVERFLOW_GRAM } from './grams.ts';

const ROWS_MIN = 256;
/** Rows that were added lately, so that what every line of a stream holds is added once: a power of two. */
const RECENT = 4096;
/** Bits of a slot within the high half of a time. */
const SLOT_SHIFT = 3;

const finder = new GramFinder(LINE_GRAMS_MAX);

export class NeedleColumns {
  count = 0;
  #gram = new Uint32Array(ROWS_MIN);
  #part = new Uint8Array(ROWS_MIN);
  #slot = new Int32Array(ROWS_MIN);
  readonly #recentGram = new Uint32Array(RECENT);
  readonly #recentPlace = new Int32Array(RECENT);

  /** Adds the grams of a text. `streamHigh` and `timeHigh` are the high halves of the stream's id and of the line's time. Hot: once per line. */
  add(bytes: Uint8Array, from: number, to: number, place: { readonly streamHigh: number; readonly timeHigh: number }): void {
    const found = finder.find(bytes, from, to);
    if (found === 0) return;
    const part = place.streamHigh >>> 24;
    const slot = place.timeHigh >> SLOT_SHIFT;
    for (let i = 0; i < found && i < LINE_GRAMS_MAX; i++) this.#row(finder.grams[i] as number, part, slot);
    if (found > LINE_GRAMS_MAX) this.#row(OVERFLOW_GRAM, part, slot);
  }

  clear(): void {
    this.count = 0;
    this.#recentGram.fill(0);
    this.#recentPlace.fill(0);
  }

  /** One block of the table `needles`. */
  encode(tenant: string): Uint8Array {
    const { count } = this;
    return encodeBlock([
      tenantColumn(tenant, count),
      { name: 'gram', data: { kind: 'UInt32', values: this.#gram.subarray(0, count) } },
      { name: 'part', data: { kind: 'UInt8', values: this.#part.subarray(0, count) } },
      { name: 'slot', data: { kind: 'Int32', values: this.#slot.subarray(0, count) } },
    ]);
  }

  #row(gram: number, part: number, slot: number): void {
    const place = ((slot << 8) | part) ^ 0x55555555;
    const recent = (gram ^ Math.imul(place, 0x9e3779b1)) & (RECENT - 1);
    if (this.#recentGram[recent] === gram && this.#recentPlace[recent] === place) return;
    this.#recentGram[recent] = gram;
    this.#recentPlace[recent] = place;
    if (this.count === this.#gram.length) this.#grow();
    const row = this.count++;
    this.#gram[row] = gram;
    this.#part[row] = part;
    this.#slot[row] = slot;
  }

  #grow(): void {
    const [gram, part, slot] = [this.#gram, this.#part, this.#slot];
    const size = gram.length * 2;
    this.#gram = new Uint32Array(size);
    this.#gram.set(gram);
    this.#part = new Uint8Array(size);
    this.#part.set(part);
    this.#slot = new Int32Array(size);
    this.#slot.set(slot);
  }
}
