// One slice of a flush: the write that it goes into, its times, and what is only true once it is stored.

import type { MetricWrite, WriteSummary } from '../../metrics/write.ts';

/** When a flush happens. Milliseconds since the epoch. */
export interface FlushTimes {
  /** The time of all samples. */
  readonly ts: number;
  /** Where a new series has its zero: after the flush before, so that no older sample of the same series lies behind it. */
  readonly zeroMs: number;
}

export class SampleFlush implements FlushTimes {
  readonly write: MetricWrite;
  readonly ts: number;
  readonly zeroMs: number;
  readonly #whenStored: (() => void)[] = [];

  constructor(write: MetricWrite, { ts, zeroMs }: FlushTimes) {
    this.write = write;
    this.ts = ts;
    this.zeroMs = zeroMs;
  }

  /** Runs `then` when the slice is stored, and not at all when it could not be. */
  stored(then: () => void): void {
    this.#whenStored.push(then);
  }

  async commit(): Promise<WriteSummary> {
    const summary = await this.write.commit();
    for (const then of this.#whenStored) then();
    return summary;
  }
}
