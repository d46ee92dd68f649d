// A fixed number of resources, each used by one at a time, in the order of asking.

import { RequestError } from '../base/request-error.ts';

export class Pool<T> {
  readonly #free: T[];
  readonly #size: number;
  readonly #waiting: ((resource: T) => void)[] = [];

  constructor(size: number, make: () => T) {
    this.#size = size;
    this.#free = Array.from({ length: size }, make);
  }

  /** How many ask and have none yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** A resource to be given back with `give`; rejects with `canceled` when the signal fires first. */
  take(signal?: AbortSignal): Promise<T> {
    if (signal?.aborted === true) return Promise.reject(new RequestError('canceled', 'the request was cancelled'));
    const free = this.#free.pop();
    if (free !== undefined) return Promise.resolve(free);
    return new Promise((resolve, reject) => {
      const take = (resource: T) => {
        signal?.removeEventListener('abort', abort);
        resolve(resource);
      };
      const abort = () => {
        this.#waiting.splice(this.#waiting.indexOf(take), 1);
        reject(new RequestError('canceled', 'the request was cancelled'));
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.push(take);
    });
  }

  give(resource: T): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(resource);
    else next(resource);
  }

  async use<R>(run: (resource: T) => Promise<R>, signal?: AbortSignal): Promise<R> {
    const resource = await this.take(signal);
    try {
      return await run(resource);
    } finally {
      this.give(resource);
    }
  }

  /** Waits for every resource to be given back, and ends it. */
  async drain(end: (resource: T) => void): Promise<void> {
    for (let i = 0; i < this.#size; i++) end(await this.take());
  }
}
