// What a user asks to be read on this host, checked: `parse-log-sources.ts` makes it, the tails run on it.

import type { FilePattern } from './file-pattern.ts';
import type { StageContext, StageFactory } from './pipeline/entry.ts';

interface SourceBase {
  /** Unique; the name of its positions on disk and the value of a label of its metrics. */
  readonly name: string;
  /** Of every stream of the source. */
  readonly labels: readonly (readonly [string, string])[];
  /** Compiles the stages: once for the source. */
  readonly stages: (context: StageContext) => readonly StageFactory[];
}

export interface FileSource extends SourceBase {
  readonly kind: 'file';
  readonly include: readonly FilePattern[];
  readonly exclude: readonly FilePattern[];
  /** Where a file begins that stood there before the first run. */
  readonly start: 'beginning' | 'end';
  /** Reads `.gz` and `.zst` files, each once. */
  readonly compressed: boolean;
  /** Without a byte order mark. */
  readonly encoding: string;
  /** Gives each line its file's path as the label `filename`. */
  readonly filenameLabel: boolean;
}

export interface JournalSource extends SourceBase {
  readonly kind: 'journal';
  /** `FIELD=value` terms, as journalctl takes them. */
  readonly matches: readonly string[];
  /** Where a journal begins that was never read. */
  readonly start: 'beginning' | 'end';
  /** How far back `beginning` goes, in milliseconds. */
  readonly maxAgeMs: number;
  /** A directory of journal files other than the machine's own; empty for that. */
  readonly directory: string;
}

export type LogSource = FileSource | JournalSource;
