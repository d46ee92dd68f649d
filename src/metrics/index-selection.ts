// A selection out of the label index: numbers, and nothing about a series until it is asked for.

import type { Sql } from '../base/sql.ts';
import { type Labels, METRIC_NAME, labelPairs, labelValue, labelsOf } from '../query/labels.ts';
import { Ranks } from './bits.ts';
import { postingsLength } from './postings.ts';
import type { Selection } from './read.ts';
import type { TenantIndex } from './tenant-index.ts';

/** What only the reader knows of a selection. */
export interface SelectionFrame {
  /** Labels that every series gets besides. */
  readonly extra: readonly (readonly [string, string])[];
  /** Condition that picks the rows: of all series of these metrics, or of these series only. */
  readonly condition: (metrics: readonly number[], ids: readonly bigint[] | undefined) => Sql;
}

export class IndexSelection implements Selection {
  readonly tenant: string;
  readonly metrics: readonly number[];
  readonly #index: TenantIndex;
  readonly #numbers: Uint32Array;
  readonly #ranks: Ranks;
  readonly #frame: SelectionFrame;

  /** `numbers` are ascending. */
  constructor(index: TenantIndex, numbers: Uint32Array, frame: SelectionFrame) {
    this.tenant = index.tenant;
    this.metrics = metricsOf(index, numbers);
    this.#index = index;
    this.#numbers = numbers;
    this.#ranks = new Ranks(numbers, index.size);
    this.#frame = frame;
  }

  get size(): number {
    return this.#numbers.length;
  }

  labels(number: number): Labels {
    const labels = this.#index.labelSet(this.#numbers[number] ?? -1);
    return this.#frame.extra.length === 0 ? labels : labelsOf([...labelPairs(labels), ...this.#frame.extra]);
  }

  find(low: number, high: number): number {
    return this.#ranks.of(this.#index.find(low, high));
  }

  low(number: number): number {
    return this.#index.low(this.#numbers[number] ?? -1);
  }

  high(number: number): number {
    return this.#index.high(this.#numbers[number] ?? -1);
  }

  id(number: number): bigint {
    return this.#index.id(this.#numbers[number] ?? -1);
  }

  /** Made when it is asked for: a list of ids is long. Rows of series that are not selected may come with it; `find` tells them. */
  get condition(): Sql {
    const ids = this.#isWhole() ? undefined : Array.from(this.#numbers, (number) => this.#index.id(number));
    return this.#frame.condition(this.metrics, ids);
  }

  /** True where the selection holds all that the index knows under its metrics' names. */
  #isWhole(): boolean {
    const names = new Set(Array.from(this.#numbers, (number) => labelValue(this.#index.labelSet(number), METRIC_NAME)));
    const values = this.#index.labels.get(METRIC_NAME)?.values;
    let all = 0;
    for (const name of names) all += postingsLength(values?.get(name) ?? -1);
    return all === this.#numbers.length;
  }
}

function metricsOf(index: TenantIndex, numbers: Uint32Array): readonly number[] {
  const metrics = new Set<number>();
  let last = -1;
  for (const number of numbers) {
    const metric = index.metric(number);
    if (metric !== last) metrics.add((last = metric));
  }
  return [...metrics];
}
