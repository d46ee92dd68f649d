// The times of lines that tell none: when they were read, the same again when they are read again.
//
// A piece of a file is given the time at which it was read, and each line of it a nanosecond per byte more. So lines keep their order, and what has to be
// remembered to give a line the same time after a crash is one pair of numbers per piece: the store then knows the line and keeps it once.

/** From this offset on, lines count from this time. */
export interface TimeAnchor {
  readonly offset: number;
  readonly ns: bigint;
}

export class LineTimes {
  #anchors: TimeAnchor[];
  /** Lines before it were read already in an earlier life. */
  readonly #known: number;
  #fresh: bigint | undefined;
  #last = 0n;

  constructor(anchors: readonly TimeAnchor[] = [], known = 0) {
    this.#anchors = [...anchors];
    this.#known = anchors.length === 0 ? 0 : known;
  }

  /** Begins a piece that was read at this time. */
  begin(nowNs: bigint): void {
    this.#fresh = nowNs;
  }

  /** The time of the line that begins at `offset`; offsets rise. */
  at(offset: number): bigint {
    if (offset >= this.#known && this.#fresh !== undefined) {
      this.#anchors.push({ offset, ns: this.#fresh > this.#last ? this.#fresh : this.#last + 1n });
      this.#fresh = undefined;
    }
    const anchor = this.#anchorOf(offset);
    this.#last = anchor.ns + BigInt(offset - anchor.offset);
    return this.#last;
  }

  /** What lines from `offset` on need. */
  from(offset: number): readonly TimeAnchor[] {
    const first = this.#anchors.findLastIndex((anchor) => anchor.offset <= offset);
    if (first > 0) this.#anchors = this.#anchors.slice(first);
    return this.#anchors;
  }

  #anchorOf(offset: number): TimeAnchor {
    return this.#anchors.findLast((anchor) => anchor.offset <= offset) ?? this.#anchors[0] ?? { offset, ns: this.#fresh ?? 0n };
  }
}
