// A pause that an event can end: how sources wait for news without looking all the time.

import { setTimeout as sleep } from 'node:timers/promises';

export class Wake {
  #pending = Promise.withResolvers<void>();

  /** Ends the pause, or the next one. */
  now(): void {
    this.#pending.resolve();
  }

  /** Waits for `now`, at most `mostMs` and at least `leastMs`: events that come in swarms are answered together. */
  async wait(mostMs: number, leastMs = 0): Promise<void> {
    const timer = new AbortController();
    try {
      await Promise.race([this.#pending.promise, sleep(mostMs, undefined, { signal: timer.signal }).catch(() => undefined)]);
    } finally {
      timer.abort();
    }
    if (leastMs > 0) await sleep(Math.min(leastMs, mostMs));
    this.#pending = Promise.withResolvers<void>();
  }

  /** Waits so long, or until the signal. */
  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    await sleep(ms, undefined, { signal }).catch(() => undefined);
  }
}
