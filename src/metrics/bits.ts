// Sets of series numbers as bitmaps: who had samples on a day, whom a matcher leaves. One million series take 125 kB.

/** A set of small integers that grows. */
export class Bits {
  #words: Uint32Array;

  /** `size` numbers fit before anything has to grow. */
  constructor(size = 32) {
    this.#words = new Uint32Array(Math.max(1, (size + 31) >>> 5));
  }

  get bytes(): number {
    return this.#words.byteLength;
  }

  has(number: number): boolean {
    const word = number >>> 5;
    return word < this.#words.length && (((this.#words[word] as number) >>> (number & 31)) & 1) === 1;
  }

  add(number: number): void {
    const word = number >>> 5;
    if (word >= this.#words.length) this.#grow(word + 1);
    this.#words[word] = (this.#words[word] as number) | (1 << (number & 31));
  }

  /** Adds what another set holds. */
  addAll(other: Bits): void {
    const words = other.#words;
    if (words.length > this.#words.length) this.#grow(words.length);
    for (let i = 0; i < words.length; i++) this.#words[i] = (this.#words[i] as number) | (words[i] as number);
  }

  /** How many numbers below `end` are in the set. */
  count(end: number): number {
    const last = Math.min(end >>> 5, this.#words.length);
    let count = 0;
    for (let i = 0; i < last; i++) count += popCount(this.#words[i] as number);
    if (last < this.#words.length && (end & 31) !== 0) count += popCount((this.#words[last] as number) & (2 ** (end & 31) - 1));
    return count;
  }

  /** The numbers below `end`, ascending. */
  numbers(end: number): Uint32Array {
    const numbers = new Uint32Array(this.count(end));
    let at = 0;
    for (let i = 0; at < numbers.length; i++) {
      for (let word = this.#words[i] as number; word !== 0 && at < numbers.length; word &= word - 1) {
        numbers[at++] = i * 32 + 31 - Math.clz32(word & -word);
      }
    }
    return numbers;
  }

  #grow(words: number): void {
    const larger = new Uint32Array(Math.max(words, this.#words.length * 2));
    larger.set(this.#words);
    this.#words = larger;
  }
}

/** The place of a number among sorted ones in constant time: a bitmap, and how many stand before each of its words. */
export class Ranks {
  readonly #words: Uint32Array;
  readonly #before: Uint32Array;

  /** `numbers` are ascending and below `end`. */
  constructor(numbers: Uint32Array, end: number) {
    const words = new Uint32Array((end + 31) >>> 5);
    for (const number of numbers) words[number >>> 5] = (words[number >>> 5] as number) | (1 << (number & 31));
    const before = new Uint32Array(words.length);
    for (let i = 1; i < words.length; i++) before[i] = (before[i - 1] as number) + popCount(words[i - 1] as number);
    this.#words = words;
    this.#before = before;
  }

  /** Which of the numbers it is, or -1. */
  of(number: number): number {
    const at = number >>> 5;
    if (number < 0 || at >= this.#words.length) return -1;
    const word = this.#words[at] as number;
    const bit = 1 << (number & 31);
    return (word & bit) === 0 ? -1 : (this.#before[at] as number) + popCount(word & (bit - 1));
  }
}

function popCount(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
