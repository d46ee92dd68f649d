// One line on its way through the stages of a source, and what a stage is.
//
//   source ─▶ Entry ─▶ stage ─▶ stage ─▶ … ─▶ the batch
//
// A stage may change an entry, drop it (by not handing it on), or hold it back for later (multi-line). The names and meanings of the stages are those of
// promtail and Alloy (`loki.process`).

/** A stage owns what it is given. */
export interface Entry {
  tsNs: bigint;
  line: string;
  /** Of the stream. Names that begin with `__` serve the stages and are not stored. */
  readonly labels: Map<string, string>;
  readonly metadata: Map<string, string>;
  /** What stages have found, for those after them; the labels at the beginning. */
  readonly extracted: Map<string, string>;
  tenant: string;
  /** Where in its source the line begins: what a position must not pass while the entry is held back. */
  readonly origin: number;
}

export type Emit = (entry: Entry) => void;

export interface Stage {
  process(entry: Entry, emit: Emit): void;
  /** Gives what is held back and due at `nowMs`; `Infinity` gives everything. */
  flush?(nowMs: number, emit: Emit): void;
  /** The smallest origin of what is held back. */
  held?(): number | undefined;
}

/** Makes a stage for one file: what it holds back is that file's alone, what it counts is the source's. */
export type StageFactory = () => Stage;

/** What stages need of the world. */
export interface StageContext {
  readonly nowMs: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly dropped: (reason: string) => void;
  /** Asks the source to wait so long before it reads on. */
  readonly delay: (ms: number) => void;
}

/** The stages of one file in a row. */
export class StageChain implements Stage {
  readonly #stages: readonly Stage[];

  constructor(factories: readonly StageFactory[]) {
    this.#stages = factories.map((make) => make());
  }

  get isEmpty(): boolean {
    return this.#stages.length === 0;
  }

  process(entry: Entry, emit: Emit): void {
    this.#run(0, entry, emit);
  }

  flush(nowMs: number, emit: Emit): void {
    this.#stages.forEach((stage, i) => stage.flush?.(nowMs, (entry) => this.#run(i + 1, entry, emit)));
  }

  held(): number | undefined {
    let least: number | undefined;
    for (const stage of this.#stages) {
      const held = stage.held?.();
      if (held !== undefined && (least === undefined || held < least)) least = held;
    }
    return least;
  }

  #run(from: number, entry: Entry, emit: Emit): void {
    const stage = this.#stages[from];
    if (stage === undefined) emit(entry);
    else stage.process(entry, (next) => this.#run(from + 1, next, emit));
  }
}
