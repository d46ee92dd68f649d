// The label sets of one tenant's processor, at most so many: what comes above is counted under `metric_overflow="true"`, as in Tempo.

import { type Labels, labelsKey } from '../../query/labels.ts';
import { LabelSet, type SeriesShape } from './label-set.ts';

const OVERFLOW_LABELS: Labels = ['metric_overflow', 'true'];

export class LabelSets {
  readonly #shape: SeriesShape;
  readonly #max: number;
  readonly #sets = new Map<string, LabelSet>();
  /** Label sets by texts of their users, which cost less to make than labels do. */
  readonly #known = new Map<string, LabelSet>();
  #overflow: LabelSet | undefined;
  #generation = 0;

  constructor(shape: SeriesShape, max: number) {
    this.#shape = shape;
    this.#max = max;
  }

  /** Changes when a label set goes away: who remembers label sets forgets them then. */
  get generation(): number {
    return this.#generation;
  }

  get size(): number {
    return this.#sets.size + (this.#overflow === undefined ? 0 : 1);
  }

  /** The label set, or the one that stands for all above the bound: that one is not to be remembered under these labels. */
  of(labels: Labels): LabelSet {
    const key = labelsKey(labels);
    const known = this.#sets.get(key);
    if (known !== undefined) return known;
    if (this.#sets.size >= this.#max) return (this.#overflow ??= new LabelSet(OVERFLOW_LABELS, this.#shape, true));
    const added = new LabelSet(labels, this.#shape, false);
    this.#sets.set(key, added);
    return added;
  }

  /** The label set that `key` stands for; `labels` is asked when the key is new. */
  by(key: string, labels: () => Labels): LabelSet {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const set = this.of(labels());
    // Different keys may have the same labels, where long values are cut.
    if (this.#known.size >= 2 * this.#max) this.#known.clear();
    if (!set.overflow) this.#known.set(key, set);
    return set;
  }

  /** All of them; one that is taken out meanwhile is passed over, one that is added may come. */
  *all(): Generator<LabelSet> {
    yield* this.#sets.values();
    if (this.#overflow !== undefined) yield this.#overflow;
  }

  remove(set: LabelSet): void {
    this.#generation++;
    this.#known.clear();
    if (set === this.#overflow) this.#overflow = undefined;
    else this.#sets.delete(labelsKey(set.labels));
  }
}
