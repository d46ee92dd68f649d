// Long work on the main thread in parts: between them others have their turn.

/** After so long others have their turn. */
const TURN_MS = 10;

/** Lets others have their turn when it is time. */
export class Turns {
  readonly #signal: AbortSignal;
  #sinceMs = performance.now();

  constructor({ signal }: { readonly signal: AbortSignal }) {
    this.#signal = signal;
  }

  get isDue(): boolean {
    return performance.now() - this.#sinceMs > TURN_MS;
  }

  /** Throws where the query is over. */
  async pass(): Promise<void> {
    await new Promise<void>((resolve) => void setImmediate(resolve));
    this.#signal.throwIfAborted();
    this.#sinceMs = performance.now();
  }
}
