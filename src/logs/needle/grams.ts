// Which pieces of a text the needle index remembers, so that any long enough part of an id finds the lines that hold it, wherever in a line it stands.
//
//   run     a stretch of letters, digits, '_' and '-' that nothing lengthens: 4bf92f3577b34da6a3ce929d0e0e4736
//   k-mer   every 8 bytes of a run
//   gram    of every 19 neighbouring k-mers (26 bytes) the one whose hash is the least
//
// Of two texts that share 26 bytes of a run both remember the least k-mer among those: so a part of 26 bytes or more is found by its own grams, although
// a run of 32 leaves but one or two (minimizers: Schleimer, Wilkerson, Aiken, "Winnowing", 2003). A run of 16 to 25 bytes with a digit in it is remembered whole,
// and found where the text that is looked for shows both of its ends.

const KMER_BYTES = 8;
const WINDOW_KMERS = 19;
/** A part of a run of so many bytes has a gram. */
const RUN_BYTES_MIN = KMER_BYTES + WINDOW_KMERS - 1;
/** Shorter runs are not remembered at all. */
export const WHOLE_RUN_BYTES_MIN = 16;
/** Grams have so many bits: the more, the fewer lines are looked at in vain, and the larger the index. */
const GRAM_BITS = 22;
/** Stands in the index for every line that has more grams than are remembered. */
export const OVERFLOW_GRAM = 0;
/** Grams of one line; a blob of base64 has more. */
export const LINE_GRAMS_MAX = 64;

const IS_RUN = new Uint8Array(256);
const IS_DIGIT = new Uint8Array(256);
for (const char of '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-') IS_RUN[char.charCodeAt(0)] = 1;
for (const char of '0123456789') IS_DIGIT[char.charCodeAt(0)] = 1;

const FACTOR = 0x01000193;
/** The factor of the byte that leaves a k-mer. */
const LEAVING = power(FACTOR, KMER_BYTES);
const WHOLE_SEED = 0x9747b28c;

function power(base: number, exponent: number): number {
  let result = 1;
  for (let i = 0; i < exponent; i++) result = Math.imul(result, base);
  return result;
}

/** Spreads what tells k-mers apart over all bits, for the order of k-mers to be as if by chance. */
function mixed(hash: number): number {
  const h = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return Math.imul(h ^ (h >>> 12), 0x297a2d39) >>> 0;
}

/** Texts whose ends are open go on where they end: what they begin or end with may be part of a longer run. */
export interface OpenEnds {
  readonly start: boolean;
  readonly end: boolean;
}

const CLOSED: OpenEnds = { start: false, end: false };

/** Finds the grams of one text after another. */
export class GramFinder {
  /** Those of the last text, the same one perhaps more than once: the first `count`, as far as there is room. */
  readonly grams: Uint32Array;
  count = 0;
  #hashes = new Uint32Array(256);

  constructor(room: number) {
    this.grams = new Uint32Array(room);
  }

  /** Finds the grams of `bytes[from…to)` and returns how many there are. */
  find(bytes: Uint8Array, from: number, to: number, open = CLOSED): number {
    this.count = 0;
    // Hot: once per line that comes in. A run of 16 bytes from `start` holds the sixteenth; a byte before it that is none moves `start` behind itself.
    for (let start = from; start + WHOLE_RUN_BYTES_MIN <= to;) {
      let at = start + WHOLE_RUN_BYTES_MIN - 1;
      while (at >= start && IS_RUN[bytes[at] as number] === 1) at--;
      if (at >= start) {
        start = at + 1;
        continue;
      }
      let end = start + WHOLE_RUN_BYTES_MIN;
      while (end < to && IS_RUN[bytes[end] as number] === 1) end++;
      if (end - start >= RUN_BYTES_MIN) this.#minimizers(bytes, start, end);
      else if (!(open.start && start === from) && !(open.end && end === to) && hasDigit(bytes, start, end))
        this.#add(wholeRun(bytes, start, end));
      start = end + 1;
    }
    return this.count;
  }

  #add(hash: number): void {
    // Not its upper bits: those say that it is the least of its window, and are alike in all grams.
    const gram = hash & (2 ** GRAM_BITS - 1);
    if (this.count < this.grams.length) this.grams[this.count] = gram === OVERFLOW_GRAM ? 1 : gram;
    this.count++;
  }

  /** Hot: once per id in a line. The hash of a k-mer rolls on from byte to byte. */
  #minimizers(bytes: Uint8Array, from: number, to: number): void {
    const size = to - from - KMER_BYTES + 1;
    if (size > this.#hashes.length) this.#hashes = new Uint32Array(size * 2);
    const hashes = this.#hashes;
    let hash = 0;
    for (let at = from; at < from + KMER_BYTES; at++) hash = (Math.imul(hash, FACTOR) + (bytes[at] as number)) | 0;
    hashes[0] = mixed(hash);
    for (let i = 1, at = from; i < size; i++, at++) {
      hash = (Math.imul(hash, FACTOR) + (bytes[at + KMER_BYTES] as number) - Math.imul(bytes[at] as number, LEAVING)) | 0;
      hashes[i] = mixed(hash);
    }
    let least = -1;
    for (let first = 0; first + WINDOW_KMERS <= size; first++) {
      const last = first + WINDOW_KMERS - 1;
      if (least < first) {
        least = first;
        for (let i = first + 1; i <= last; i++) if ((hashes[i] as number) < (hashes[least] as number)) least = i;
      } else if ((hashes[last] as number) < (hashes[least] as number)) least = last;
      else continue;
      this.#add(hashes[least] as number);
    }
  }
}

function hasDigit(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (IS_DIGIT[bytes[at] as number] === 1) return true;
  return false;
}

function wholeRun(bytes: Uint8Array, from: number, to: number): number {
  let hash = WHOLE_SEED;
  for (let at = from; at < to; at++) hash = (Math.imul(hash, FACTOR) + (bytes[at] as number)) | 0;
  return mixed(hash);
}
