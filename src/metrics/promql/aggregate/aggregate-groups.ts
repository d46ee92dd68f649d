// The groups of an aggregation: which series go together by their labels, and what the result of a group is called.

import { type Labels, labelValue, METRIC_NAME, NO_LABELS } from '../../../query/labels.ts';
import type { Aggregate } from '../ast.ts';
import { deleteLabels, keepLabels } from '../binary/binary-matching.ts';
import { NOTHING_AT, type StepSeries } from '../steps/step-series.ts';

/** How an aggregation groups. */
export type Grouping = Pick<Aggregate, 'without' | 'grouping'>;

/** What there is for each group of an aggregation, found by the labels of a series. */
export class Groups<Group> {
  readonly #grouping: Grouping;
  readonly #create: (labels: Labels) => Group;
  readonly #byKey = new Map<string, Group>();

  /** `create` is given the labels of the group's result. */
  constructor(grouping: Grouping, create: (labels: Labels) => Group) {
    this.#grouping = grouping;
    this.#create = create;
  }

  of(labels: Labels): Group {
    const key = groupKey(this.#grouping, labels);
    let group = this.#byKey.get(key);
    if (group === undefined) {
      group = this.#create(groupLabels(this.#grouping, labels));
      this.#byKey.set(key, group);
    }
    return group;
  }

  /** The groups in the order of the first series of each. */
  all(): readonly Group[] {
    return [...this.#byKey.values()];
  }
}

/** The labels of a group's result. */
export function groupLabels({ without, grouping }: Grouping, labels: Labels): Labels {
  if (without) return deleteLabels(labels, [METRIC_NAME, ...grouping]);
  return grouping.length === 0 ? NO_LABELS : keepLabels(labels, grouping);
}

/** hot: once per series. One string per group; a single label's value is a key already. */
function groupKey({ without, grouping }: Grouping, labels: Labels): string {
  const [only] = grouping;
  if (!without && only === undefined) return '';
  if (!without && only !== undefined && grouping.length === 1) return labelValue(labels, only);
  let key = '';
  for (let i = 0; i < labels.length; i += 2) {
    const name = labels[i] ?? '';
    if (without ? name === METRIC_NAME || grouping.includes(name) : !grouping.includes(name)) continue;
    const value = labels[i + 1] ?? '';
    key += `${name.length}:${name}${value.length}:${value}`;
  }
  return key;
}

/** True for a series of floats without gaps, which most are: the loops over them need not ask at each step. */
export function isFull({ has, histograms }: StepSeries): boolean {
  return histograms === undefined && has.indexOf(NOTHING_AT) === -1;
}
