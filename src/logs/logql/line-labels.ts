// The labels of one line while it goes through the stages of a query: those of its stream, its structured metadata, and what stages have found or changed.
//
// One object serves all lines of a query: `reset` begins the next line. Precedence: what a stage set ▶ stream ▶ structured metadata.
// The rules for names that clash (`_extracted`) and for errors are Loki's.

import type { Labels } from '../../query/labels.ts';

/** Where a label comes from; answers tell them apart on demand. */
export type LabelCategory = 'stream' | 'structuredMetadata' | 'parsed';

export interface CategorizedLabels {
  readonly stream: Labels;
  readonly structuredMetadata: Labels;
  readonly parsed: Labels;
}

/** Contract of `line-labels.ts`; every stage works on it. */
export interface LineLabelsShape {
  /** Begins a line. */
  reset(stream: Labels, metadata: Labels): void;
  /** A label's value after the stages so far, or undefined where the line has none; `__error__` and `__error_details__` too. */
  get(name: string): string | undefined;
  set(category: LabelCategory, name: string, value: string): void;
  delete(name: string): void;
  /** The error of the line so far, empty for none. Shown as `__error__` and `__error_details__`. */
  setError(error: string, details: string): void;
  readonly error: string;
  /** All labels as one set. */
  labels(): Labels;
  categorized(): CategorizedLabels;
}
