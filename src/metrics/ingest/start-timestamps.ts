// Finds the `_created` line of a sample's group further down in its family: the start timestamp that OpenMetrics text gives behind the samples.
//
// Looking ahead costs one pass over the page at most: the next `_created` line is remembered until it is passed.

import type { OpenMetricsRules } from './open-metrics-rules.ts';
import type { TextSeries } from './text-series.ts';

const CREATED = Buffer.from('_created');
const METADATA = Buffer.from('\n#');

type Peek = (at: number) => { readonly series: TextSeries; readonly value: number } | undefined;

export class StartTimestamps {
  readonly #bytes: Buffer;
  readonly #peek: Peek;
  /** Where the next `_created` line begins (the page's end when none follows in the family), its group and its milliseconds. */
  #line = -1;
  /** Where the family's sample lines end; -1 while that is not known. */
  #familyEnd = -1;
  #group = '';
  #ms = 0;
  /** The last group that a line was found for. */
  #foundGroup: string | undefined;
  #foundMs = 0;

  constructor(bytes: Buffer, peek: Peek) {
    this.#bytes = bytes;
    this.#peek = peek;
  }

  /** A metadata line was read: what is known of the family before does not hold any more. */
  familyBegins(): void {
    this.#line = -1;
    this.#familyEnd = -1;
    this.#foundGroup = undefined;
  }

  /** The start timestamp of a sample in milliseconds, 0 when none is known; `next` is where the line after it begins. */
  of(series: TextSeries, next: number, rules: OpenMetricsRules): number {
    if (!rules.hasStart()) return 0;
    if (this.#line < next) this.#search(next, rules);
    if (this.#line === this.#bytes.length && this.#foundGroup === undefined) return 0;
    const group = rules.groupOf(series);
    if (group === this.#foundGroup) return this.#foundMs;
    const found = this.#line < this.#bytes.length && group === this.#group;
    this.#foundGroup = found ? group : undefined;
    this.#foundMs = found ? this.#ms : 0;
    return this.#foundMs;
  }

  #search(from: number, rules: OpenMetricsRules): void {
    const bytes = this.#bytes;
    if (this.#familyEnd < 0) {
      const metadata = bytes.indexOf(METADATA, from - 1);
      this.#familyEnd = metadata < 0 ? bytes.length : metadata + 1;
    }
    const end = this.#familyEnd;
    let at = bytes.subarray(from, end).indexOf(CREATED);
    while (at >= 0) {
      const start = bytes.lastIndexOf(10, from + at) + 1;
      const line = this.#peek(start);
      if (line !== undefined && rules.isCreated(line.series)) {
        this.#line = start;
        this.#group = rules.groupOf(line.series);
        this.#ms = Math.trunc(line.value * 1000);
        return;
      }
      // The word may stand often in one line that is none: on with the next line.
      const newline = bytes.indexOf(10, start);
      from = newline < 0 ? end : newline + 1;
      at = bytes.subarray(from, end).indexOf(CREATED);
    }
    this.#line = bytes.length;
  }
}
