// What a family of conformance cases is: which files it reads, and how it asks a running program.
//
//   files ─▶ families that claim them ─▶ prepare (settings, scrape jobs) ─▶ one program ─▶ run ─▶ outcomes ─▶ report

import type { Program } from '../harness/program.ts';
import type { Setup } from './setup.ts';

/** What became of one case. */
export type Outcome =
  | { readonly kind: 'passed'; readonly name: string }
  | { readonly kind: 'failed'; readonly name: string; readonly expected: string; readonly got: string }
  | { readonly kind: 'skipped'; readonly name: string; readonly reason: string };

export interface CaseFile {
  /** Relative to the directory of cases, with forward slashes. */
  readonly path: string;
  /** Where it is. */
  readonly file: string;
}

/** The cases of one file, ready to be run against the program that `Setup` describes. */
export type Run = (program: Program) => Promise<readonly Outcome[]>;

export interface Family {
  readonly name: string;
  readonly claims: (path: string) => boolean;
  /** Reads the file and says what the program must be started with. Throws when the file is not what it should be. */
  readonly prepare: (file: CaseFile, setup: Setup) => Run | readonly Part[] | Promise<Run>;
}

/** Cases that need settings of their own; parts that ask for the same ones share a program. */
export interface Part {
  /** `path=value`. */
  readonly settings: readonly string[];
  readonly run: Run;
}

/** Passed when nothing differs: `expected` and `got` compare as JSON. */
export function compare(name: string, expected: unknown, got: unknown): Outcome {
  const [wanted, found] = [print(expected), print(got)];
  return wanted === found ? { kind: 'passed', name } : { kind: 'failed', name, expected: wanted, got: found };
}

export function print(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(sortKeys(value));
}

/** The same value with every object's keys in order, so that equal ones print equally. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]));
}
