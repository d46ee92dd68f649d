// Label sets that are used again are the same object: the store looks each of them up once.

import type { Labels } from '../../query/labels.ts';
import { labelsOf, NO_LABELS } from '../../query/labels.ts';

const SETS_MAX = 10_000;
/** Names that begin so serve the stages only. */
const INTERNAL = '__';

export class LabelSets {
  readonly #known = new Map<string, Labels>();

  /** The set of these labels, without internal names and empty values. */
  of(labels: ReadonlyMap<string, string>): Labels {
    if (labels.size === 0) return NO_LABELS;
    let key = '';
    for (const [name, value] of labels) key += `${name.length}:${name}${value.length}:${value}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const set = labelsOf([...labels].filter(([name]) => !name.startsWith(INTERNAL)));
    if (this.#known.size >= SETS_MAX) this.#known.clear();
    this.#known.set(key, set);
    return set;
  }
}
