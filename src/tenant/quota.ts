// A token bucket: how much a tenant may send over time.
//
// Tokens grow by `rate` a second up to `burst`; a request takes what it holds. The clock is an argument.

import type { Clock } from '../base/clock.ts';

/** `rate` per second, 0 for no bound; `burst` is the most that can be taken at once. */
export interface Rate {
  readonly rate: number;
  readonly burst: number;
}

export class Quota {
  readonly #clock: Clock;
  readonly #rate: () => Rate;
  #tokens: number;
  #at: number;

  /** `rate` is asked at every take, so that a reload applies at once. */
  constructor(rate: () => Rate, clock: Clock) {
    this.#rate = rate;
    this.#clock = clock;
    this.#tokens = rate().burst;
    this.#at = clock.now();
  }

  /** Takes `n` tokens, all or none. False when they are not there. */
  take(n: number): boolean {
    const rate = this.#rate();
    if (rate.rate === 0) return true;
    this.#grow(rate);
    if (n > this.#tokens) return false;
    this.#tokens -= n;
    return true;
  }

  /** Seconds until `n` tokens are there, at least 1; what `Retry-After` says. More than `burst` never are: the wait is then that for a full bucket. */
  secondsUntil(n: number): number {
    const { rate, burst } = this.#rate();
    if (rate === 0) return 1;
    return Math.max(1, Math.ceil((Math.min(n, burst) - this.#tokens) / rate));
  }

  #grow({ rate, burst }: Rate): void {
    const now = this.#clock.now();
    // A clock that was set back grows nothing and takes nothing away.
    const elapsedS = Math.max(0, now - this.#at) / 1000;
    this.#at = now;
    this.#tokens = Math.min(burst, this.#tokens + elapsedS * rate);
  }
}
