// Label sets made before, under the attribute list that they come from: a sender's points have the same ones with every request, and the same
// object tells the store that it is the same series.
//
//   what the scope contributes ─▶ family ─▶ attribute list ─▶ label sets

import type { Attributes } from '../../otlp/any-value.ts';
import type { Labels } from '../../query/labels.ts';
import type { SharedLabels } from './otlp-labels.ts';

/** Over so many remembered things all are forgotten, and those in use come back with the next request. */
const REMEMBERED_MAX = 300_000;

/** The series of a classic histogram, for bounds that seldom change. */
export interface ClassicSeries {
  readonly bounds: readonly number[];
  readonly sum: Labels;
  readonly count: Labels;
  /** One for each finite bound, then that of +Inf. */
  readonly buckets: readonly Labels[];
}

/** What is made for a point: its one series, or those of a classic histogram. */
export type PointSeries = Labels | ClassicSeries;

/** What was made for the points of one family. */
export interface FamilyMemory {
  get(attributes: Attributes): PointSeries | undefined;
  set(attributes: Attributes, made: PointSeries): void;
}

/** The families of one scope, by what is made for them and their name. */
export type ScopeMemory = Map<string, FamilyMemory>;

export class LabelMemory {
  #scopes = new Map<string, ScopeMemory>();
  #size = 0;

  /** What is remembered for points of resources and scopes that contribute these labels. */
  scope(shared: SharedLabels): ScopeMemory {
    const key = JSON.stringify(shared.map(({ name, rank, key, value }) => [name, rank, key, value]));
    const known = this.#scopes.get(key);
    if (known !== undefined) return known;
    this.#grow(1);
    const scope: ScopeMemory = new Map();
    this.#scopes.set(key, scope);
    return scope;
  }

  /** What is remembered for a family of the scope. */
  family(scope: ScopeMemory, key: string): FamilyMemory {
    const known = scope.get(key);
    if (known !== undefined) return known;
    this.#grow(1);
    const made = new WeakMap<Attributes, PointSeries>();
    const family: FamilyMemory = {
      get: (attributes) => made.get(attributes),
      set: (attributes, value) => {
        const sets = 'buckets' in value ? [value.sum, value.count, ...value.buckets] : [value];
        // Frozen: the series registry finds it by its object.
        for (const labels of sets) Object.freeze(labels);
        this.#grow(sets.length);
        made.set(attributes, value);
      },
    };
    scope.set(key, family);
    return family;
  }

  #grow(by: number): void {
    this.#size += by;
    if (this.#size <= REMEMBERED_MAX) return;
    // Scopes in use by a request live on until its end, but no longer.
    this.#scopes = new Map();
    this.#size = by;
  }
}
