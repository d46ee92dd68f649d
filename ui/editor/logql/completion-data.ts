// What the LogQL editor completes with, as the server knows it.

import type { ListedValues } from '../offers.ts';

/** The type of what is no field of lines but a label of their stream. */
export const STREAM_LABEL = 'stream label';

export interface FieldOffered {
  readonly name: string;
  /** `string`, `int`, `float`, `boolean`, `duration`, `bytes`, or `STREAM_LABEL`. */
  readonly type: string;
  /** What has to parse the lines for the field to be there; none where nothing has to. */
  readonly parsers: readonly string[];
}

/** Selectors are LogQL's, `{app="shop"}`, or empty for all streams; queries are of lines. Answers are bounded by whoever asks for them. */
export interface LogCompletionData {
  readonly labels: (selector: string) => Promise<readonly string[]>;
  readonly values: (label: string, selector: string, typed: string) => Promise<ListedValues>;
  readonly fields: (query: string) => Promise<readonly FieldOffered[]>;
  readonly fieldValues: (field: string, query: string) => Promise<readonly string[]>;
}
