// What of one request was refused: counted by reason, the first of each said in words.

/** All that was refused for one reason. */
export interface Refused<Reason> {
  readonly reason: Reason;
  readonly message: string;
  readonly count: number;
}

export class Refusals<Reason> {
  readonly #byReason = new Map<Reason, { readonly message: string; count: number }>();
  #last: { count: number } | undefined;

  /** Counts `count` more of a reason; its first message stands for all. */
  add(reason: Reason, message: string, count: number): void {
    let known = this.#byReason.get(reason);
    if (known === undefined) this.#byReason.set(reason, (known = { message, count: 0 }));
    known.count += count;
    this.#last = known;
  }

  /** Counts one more of the reason that was added last. */
  again(): void {
    if (this.#last !== undefined) this.#last.count++;
  }

  list(): readonly Refused<Reason>[] {
    return [...this.#byReason].filter(([, { count }]) => count > 0).map(([reason, refusal]) => ({ reason, ...refusal }));
  }
}
