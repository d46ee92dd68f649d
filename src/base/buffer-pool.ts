// Buffers that are used again: decoding a body into memory that has been touched before is several times faster than into fresh memory.

/** Sizes are powers of two from here on. */
const SIZE_MIN = 64 * 1024;

export class BufferPool {
  readonly #bytesMax: number;
  readonly #free = new Map<number, Buffer[]>();
  #bytes = 0;

  /** `bytesMax`: what may lie unused. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** A buffer of at least `size` bytes with anything in it. */
  take(size: number): Buffer {
    const rounded = roundUp(size);
    const buffer = this.#free.get(rounded)?.pop();
    if (buffer === undefined) return Buffer.allocUnsafeSlow(rounded);
    this.#bytes -= rounded;
    return buffer;
  }

  /** Takes back a buffer that nobody looks at any more. */
  give(buffer: Buffer): void {
    if (this.#bytes + buffer.length > this.#bytesMax) return;
    this.#bytes += buffer.length;
    const free = this.#free.get(buffer.length);
    if (free === undefined) this.#free.set(buffer.length, [buffer]);
    else free.push(buffer);
  }
}

function roundUp(size: number): number {
  let rounded = SIZE_MIN;
  while (rounded < size) rounded *= 2;
  return rounded;
}
