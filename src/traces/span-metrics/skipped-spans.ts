// Spans that are not counted as their sender would expect, by reason: gathered here, since there may be one for every span, and told of by request.

export type SkipReason =
  | 'too_old' // ended longer ago than `limits.spanMetrics.ageMax`
  | 'overflow' // counted, but under the label set of all above `seriesMax`
  | 'waiting_full' // no room to wait for its other side: `limits.serviceGraph.waitingMax`
  | 'unpaired'; // its other side did not come within `limits.serviceGraph.wait`

const REASONS: readonly SkipReason[] = ['too_old', 'overflow', 'waiting_full', 'unpaired'];

export class SkippedSpans {
  readonly #counts: Record<SkipReason, number> = { too_old: 0, overflow: 0, waiting_full: 0, unpaired: 0 };

  note(reason: SkipReason): void {
    this.#counts[reason]++;
  }

  /** Tells what has been noted since the last time. */
  drain(tell: (reason: SkipReason, count: number) => void): void {
    for (const reason of REASONS) {
      const count = this.#counts[reason];
      if (count === 0) continue;
      this.#counts[reason] = 0;
      tell(reason, count);
    }
  }
}
