// What of a line anybody will look at: lets the parsing stages pass over labels, and stop where all that are needed are found.
//
// Source: Grafana Loki `pkg/logql/log/parser_hints.go`.

import { DUPLICATE_SUFFIX, ERROR_LABEL } from '../line-labels.ts';
import type { LineLabels } from '../line-labels.ts';

export class ParserHints {
  readonly #needed: ReadonlySet<string> | undefined;
  readonly #names: readonly string[];
  /** True where the query looks at `__error__`: its lines then carry `__preserve_error__`. */
  readonly preservesErrors: boolean;

  /** `needed` undefined: every label may be looked at. */
  constructor(needed: ReadonlySet<string> | undefined) {
    this.#needed = needed === undefined ? undefined : withOriginals(needed);
    this.#names = this.#needed === undefined ? [] : [...this.#needed];
    this.preservesErrors = this.#needed?.has(ERROR_LABEL) ?? false;
  }

  wants(name: string): boolean {
    return this.#needed === undefined || this.#needed.has(name);
  }

  /** True where a label that begins with the text is wanted: whether a nested object is worth reading. */
  wantsPrefix(prefix: string): boolean {
    return this.#needed === undefined || this.#names.some((name) => name.startsWith(prefix));
  }

  /** True where parsing the line (further) can bring nothing that anybody looks at. */
  isSatisfied(labels: LineLabels): boolean {
    if (this.#needed === undefined) return false;
    for (const name of this.#names) if (!labels.wasExtracted(name)) return false;
    return true;
  }
}

/** A label that is asked for as `x_extracted` is found as `x`, before anybody knows that it clashes. */
function withOriginals(needed: ReadonlySet<string>): ReadonlySet<string> {
  const names = new Set(needed);
  names.delete('');
  for (const name of needed) if (name.endsWith(DUPLICATE_SUFFIX)) names.add(name.slice(0, -DUPLICATE_SUFFIX.length));
  return names;
}
