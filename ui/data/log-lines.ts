// Lines as Loki's interface sends them, told apart by where their labels come from, in one list in the order of time.
//
// Source: Loki HTTP API documentation, "Query logs within a range of time"; the flag `categorize-labels` adds a third member to each value.

import { isRecord } from './api.ts';
import { hashText } from './samples.ts';

export type LabelSet = Readonly<Record<string, string>>;

export interface LogEntry {
  /** Nanoseconds since the epoch, too large for a number: as decimal digits. */
  readonly ns: string;
  readonly line: string;
  /** The labels of its stream: one object for all lines of an answer that share them. */
  readonly stream: LabelSet;
  readonly metadata: LabelSet;
  readonly parsed: LabelSet;
}

export type Category = 'stream' | 'metadata' | 'parsed';

/** One field of a line, and where it comes from. */
export interface Field {
  readonly name: string;
  readonly value: string;
  readonly category: Category;
}

export type Direction = 'backward' | 'forward';

const NONE: LabelSet = {};

function labelSet(value: unknown): LabelSet {
  if (!isRecord(value)) return NONE;
  const entries = Object.entries(value);
  return entries.length === 0 ? NONE : Object.fromEntries(entries.map(([name, v]) => [name, String(v)]));
}

function listOf(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`expected ${what} to be a list`);
  return value;
}

function entryOf(value: unknown, stream: LabelSet): LogEntry {
  const [ns, line, more] = listOf(value, 'a line');
  const categories = isRecord(more) ? more : {};
  return {
    ns: String(ns),
    line: typeof line === 'string' ? line : '',
    stream,
    metadata: labelSet(categories['structuredMetadata']),
    parsed: labelSet(categories['parsed']),
  };
}

/** The entries of a list of streams, stream by stream. */
export function entriesOf(streams: unknown): readonly LogEntry[] {
  return listOf(streams, 'streams').flatMap((item) => {
    const row = isRecord(item) ? item : {};
    const stream = labelSet(row['stream']);
    return listOf(row['values'] ?? [], 'values').map((value) => entryOf(value, stream));
  });
}

/** Negative where the first of two times in nanoseconds is earlier. */
export function compareNs(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

/** All streams together in the order of time; lines of one time keep the order in which they came. */
export function inOrder(entries: readonly LogEntry[], direction: Direction): readonly LogEntry[] {
  return entries.toSorted(direction === 'forward' ? (a, b) => compareNs(a.ns, b.ns) : (a, b) => compareNs(b.ns, a.ns));
}

/** `data` of a query for lines. */
export function decodeLines(data: unknown, direction: Direction): readonly LogEntry[] {
  const body = isRecord(data) ? data : {};
  if (body['resultType'] !== 'streams') throw new Error(`expected lines and not a ${String(body['resultType'])}`);
  return inOrder(entriesOf(body['result']), direction);
}

/** Milliseconds since the epoch. */
export function msOf({ ns }: Pick<LogEntry, 'ns'>): number {
  return Number(ns.slice(0, -6));
}

/** A short name of one line that stands in addresses: its time and a hash of its stream and text. */
export function entryKey({ ns, stream, line }: LogEntry): string {
  const labels = Object.keys(stream)
    .sort()
    .map((name) => `${name}\u0000${stream[name]}`)
    .join('\u0001');
  return `${ns}.${hashText(`${labels}\u0002${line}`).toString(36)}`;
}

/** Every field of a line: those of its stream first, then what came with it, then what the query read out of it. */
export function fieldsOf({ stream, metadata, parsed }: LogEntry): readonly Field[] {
  const of = (labels: LabelSet, category: Category): readonly Field[] =>
    Object.keys(labels)
      .sort()
      .map((name) => ({ name, value: labels[name] ?? '', category }));
  return [...of(stream, 'stream'), ...of(metadata, 'metadata'), ...of(parsed, 'parsed')];
}

/** The value of a field, wherever it comes from; what the query read wins, as it does in the query. */
export function fieldValue({ stream, metadata, parsed }: LogEntry, name: string): string | undefined {
  return parsed[name] ?? metadata[name] ?? stream[name];
}
