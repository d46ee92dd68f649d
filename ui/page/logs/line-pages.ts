// Lines come in pages, each beginning where the one before ended: which question asks for the next, and what of its answer is new.
//
//   page 1 ─▶ last time T ─▶ asks from T on, T itself again ─▶ lines of T that are held already are passed over

import { compareNs, entryKey } from '../../data/log-lines.ts';
import type { Direction, LogEntry } from '../../data/log-lines.ts';
import type { NsSpan } from '../../data/log-questions.ts';

/** More lines than this are not held. */
export const HELD_LINES_MAX = 100_000;

export interface Cursor {
  readonly ns: string;
  /** Keys of the lines of that very time that are held. */
  readonly held: readonly string[];
}

export interface LinePage {
  readonly entries: readonly LogEntry[];
  readonly next: Cursor | undefined;
}

function plus(ns: string, more: bigint): string {
  return String(BigInt(ns) + more);
}

/** The part of the span that the next page asks about. */
export function spanFrom(span: NsSpan, direction: Direction, cursor: Cursor | undefined): NsSpan {
  if (cursor === undefined) return span;
  return direction === 'backward' ? { ...span, endNs: plus(cursor.ns, 1n) } : { ...span, startNs: cursor.ns };
}

/** What an answer of at most `limit` lines adds, and where the next page begins; none where the answer was the last one. */
export function pageOf(answer: readonly LogEntry[], limit: number, direction: Direction, cursor: Cursor | undefined): LinePage {
  const held = new Set(cursor?.held);
  const entries = cursor === undefined ? answer : answer.filter((entry) => entry.ns !== cursor.ns || !held.has(entryKey(entry)));
  const last = answer.at(-1);
  if (answer.length < limit || last === undefined) return { entries, next: undefined };
  if (entries.length === 0) {
    // More lines share one nanosecond than an answer holds: the others of that time cannot be reached.
    const ns = direction === 'backward' ? plus(last.ns, -1n) : plus(last.ns, 1n);
    return { entries, next: { ns, held: [] } };
  }
  const ofLast = entries.filter(({ ns }) => compareNs(ns, last.ns) === 0).map(entryKey);
  return { entries, next: { ns: last.ns, held: last.ns === cursor?.ns ? [...cursor.held, ...ofLast] : ofLast } };
}
