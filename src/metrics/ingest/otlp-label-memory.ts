// Label sets made before, under the attribute list that they come from: a sender's points have the same ones with every request, and the same
// object tells the store that it is the same series.
//
//   what the scope contributes ─▶ family ─▶ attribute list ─▶ label sets

import type { Attributes } from '../../otlp/any-value.ts';
import type { SharedLabels } from './otlp-labels.ts';

/** Over so many remembered things all are forgotten, and those in use come back with the next request. */
const REMEMBERED_MAX = 300_000;

/** What was made for the points of one family. */
export interface FamilyMemory {
  get(attributes: Attributes): object | undefined;
  /** Remembers what was made; `size` is how many label sets that are. */
  set(attributes: Attributes, made: object, size: number): void;
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
    const made = new WeakMap<Attributes, object>();
    const family: FamilyMemory = {
      get: (attributes) => made.get(attributes),
      set: (attributes, value, size) => {
        this.#grow(size);
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
