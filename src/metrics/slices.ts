// Long work in slices, between which other requests have their turn.

/** How long others wait, in milliseconds. */
const SLICE_MS = 5;
/** Steps between two looks at the clock. */
const STEPS_PER_CLOCK = 64;

/** `if (slices.isOver()) await slices.pause()` at every step. Throws the signal's reason where nobody waits for the end any more. */
export class Slices {
  readonly #signal: AbortSignal | undefined;
  #since = performance.now();
  #steps = 0;

  constructor(signal?: AbortSignal) {
    signal?.throwIfAborted();
    this.#signal = signal;
  }

  isOver(): boolean {
    return ++this.#steps % STEPS_PER_CLOCK === 0 && performance.now() - this.#since >= SLICE_MS;
  }

  async pause(): Promise<void> {
    await new Promise<void>((resolve) => void setImmediate(resolve));
    this.#signal?.throwIfAborted();
    this.#since = performance.now();
  }
}
