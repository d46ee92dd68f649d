// What happens to a line: the contract between the stages of a query and whoever feeds lines to them.

import type { LineLabels } from './line-labels.ts';

/** One line on its way. A pipeline changes it in place. */
export interface Line {
  /** Nanoseconds since the epoch. */
  readonly tsNs: bigint;
  text: string;
  readonly labels: LineLabels;
}

/** The stages of a query, compiled. Holds state of its own (`distinct`), so it serves one query. */
export interface Pipeline {
  /** Runs the stages; false where a filter drops the line. */
  process(line: Line): boolean;
}
