// What a line is about, and where it leads. The links themselves are the server's (src/links).

import { printSelector } from '../../src/logs/logql/print.ts';
import type { Link, LinkSubject } from '../../src/links/link.ts';
import { linksOf } from '../../src/links/links.ts';
import { traceIdsIn } from '../../src/links/trace-ids.ts';
import type { LabelSet, LogEntry } from './log-lines.ts';
import { fieldsOf, msOf } from './log-lines.ts';

export { tracePath } from '../../src/links/links.ts';
export { isTraceId } from '../../src/links/trace-ids.ts';

/** The ids of traces that a line names, in its fields and in its text, each once. */
export function traceIdsOf(entry: LogEntry): readonly string[] {
  return traceIdsIn(
    fieldsOf(entry).map(({ name, value }) => [name, value] as const),
    entry.line,
  );
}

/** Where to go from a line: its traces have links of their own where they are shown. */
export function linksOfLine(entry: LogEntry, nowMs: number): readonly Link[] {
  const atMs = msOf(entry);
  const attributes = { ...entry.stream, ...entry.metadata, ...entry.parsed };
  const subject: LinkSubject = { traceId: traceIdsOf(entry)[0], attributes, fromMs: atMs, toMs: atMs, nowMs };
  return linksOf(subject).filter(({ to }) => to !== 'trace');
}

/** The query for all lines of one stream. */
export function streamQuery(stream: LabelSet): string {
  return printSelector(
    Object.keys(stream)
      .sort()
      .map((name) => ({ name, op: '=', value: stream[name] ?? '' })),
  );
}
