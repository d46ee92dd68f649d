// Names of labels that parsing stages find: made of whatever a line calls its fields.
//
// Source: Grafana Loki `pkg/logql/log/util.go`.

const OTHER = /[^a-zA-Z0-9_]/gu;

/** Letters, digits and underscores; no digit first. Of spaces only, nothing is left. */
export function sanitizeLabelName(key: string): string {
  const trimmed = key.trim();
  const first = trimmed.charCodeAt(0);
  return (first >= 48 && first <= 57 ? `_${trimmed}` : trimmed).replaceAll(OTHER, '_');
}

const NAMES_MAX = 4096;

/** Remembers the names of keys: lines of one query mostly use the same few. */
export class LabelNames {
  readonly #names = new Map<string, string>();

  of(key: string): string {
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const name = sanitizeLabelName(key);
    if (this.#names.size < NAMES_MAX) this.#names.set(key, name);
    return name;
  }
}

/** The name of a path of keys, and those of the paths one key longer. Parts of spaces only leave no trace. */
export class PathNames {
  readonly name: string;
  readonly #budget: { left: number };
  readonly #children = new Map<string, PathNames>();

  constructor(name = '', budget = { left: NAMES_MAX }) {
    this.name = name;
    this.#budget = budget;
  }

  child(key: string): PathNames {
    const known = this.#children.get(key);
    if (known !== undefined) return known;
    const child = new PathNames(joinPath(this.name, key), this.#budget);
    if (this.#budget.left > 0) {
      this.#budget.left--;
      this.#children.set(key, child);
    }
    return child;
  }
}

function joinPath(path: string, key: string): string {
  if (path === '') return sanitizeLabelName(key);
  const trimmed = key.trim();
  return trimmed === '' ? path : `${path}_${trimmed.replaceAll(OTHER, '_')}`;
}
