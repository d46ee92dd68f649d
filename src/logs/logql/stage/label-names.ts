// Names of labels that parsing stages find: made of whatever a line calls its fields.
//
// Source: Grafana Loki `pkg/logql/log/util.go`.

import { DUPLICATE_SUFFIX } from '../line-labels.ts';
import type { FoundName } from '../line-labels.ts';

const OTHER = /[^a-zA-Z0-9_]/gu;

/** Letters, digits and underscores; no digit first. Of spaces only, nothing is left. */
export function sanitizeLabelName(key: string): string {
  const trimmed = key.trim();
  const first = trimmed.charCodeAt(0);
  return (first >= 48 && first <= 57 ? `_${trimmed}` : trimmed).replaceAll(OTHER, '_');
}

/** Names that one stage of one query remembers. */
const NAMES_MAX = 4096;

/** A key of a line with the label's name that it becomes. */
export class KnownName implements FoundName {
  readonly key: string;
  readonly name: string;
  readonly duplicate: string;
  /** The key that stood behind this one in an earlier line: lines of one program are built alike, and a guess is cheaper than a look-up. */
  next: KnownName | undefined;
  /** The keys within this one. */
  readonly children: ChildNames;

  constructor(key: string, parent: ChildNames, budget: Budget) {
    this.key = key;
    this.name = interned(joinLabelName(parent.path, key));
    // Within an object the suffix joins the key as it is written, before spaces and signs become underscores.
    this.duplicate = interned(parent.isOutermost ? this.name + DUPLICATE_SUFFIX : joinLabelName(parent.path, key + DUPLICATE_SUFFIX));
    this.children = new ChildNames(this.name, budget, false);
  }
}

interface Budget {
  left: number;
}

/** The names of keys within a path; those that stand at the top have the path `''`. */
export class ChildNames {
  readonly path: string;
  readonly isOutermost: boolean;
  readonly #budget: Budget;
  readonly #known = new Map<string, KnownName>();
  /** The key that stood first in an earlier line. */
  first: KnownName | undefined;

  constructor(path = '', budget: Budget = { left: NAMES_MAX }, isOutermost = true) {
    this.path = path;
    this.isOutermost = isOutermost;
    this.#budget = budget;
  }

  of(key: string): KnownName {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const name = new KnownName(key, this, this.#budget);
    if (this.#budget.left > 0) {
      this.#budget.left--;
      this.#known.set(key, name);
    }
    return name;
  }
}

/** The same text as the engine keeps names of properties: two of those differ where their addresses do. */
function interned(name: string): string {
  return Object.keys({ [name]: true })[0] ?? name;
}

/** The name of a key within the object that a name stands for, `''` for the outermost. Keys of spaces only leave no trace. */
export function joinLabelName(path: string, key: string): string {
  if (path === '') return sanitizeLabelName(key);
  const trimmed = key.trim();
  return trimmed === '' ? path : `${path}_${trimmed.replaceAll(OTHER, '_')}`;
}
