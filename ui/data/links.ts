// Where a thing that is shown has a page of its own. Every link of the application to a trace or a stream is made here.

import { printSelector } from '../../src/logs/logql/print.ts';
import type { Field, LabelSet, LogEntry } from './log-lines.ts';
import { fieldsOf } from './log-lines.ts';

/** The route under which a trace is shown. */
export const TRACE_ROUTE = '/traces/$traceId';

/** The path of a trace's page. */
export function tracePath(traceId: string): string {
  return TRACE_ROUTE.replace('$traceId', traceId.toLowerCase());
}

const TRACE_ID = /^[0-9a-f]{32}$/i;
/** Some systems leave out the half of an id that is zero. */
const SHORT_TRACE_ID = /^[0-9a-f]{16}$/i;
const TRACE_FIELD = /^(?:.*[._])?trace[._-]?id$/i;
const IN_TEXT = /(?<![0-9a-zA-Z])[0-9a-f]{32}(?![0-9a-zA-Z])/gi;
const ZEROS = /^0+$/;
/** Ids of one text that become links. */
const IDS_MAX = 20;

/** Whether a field's value is the id of a trace: by its form, or a shorter one by the field's name. */
export function isTraceId(name: string, value: string): boolean {
  if (ZEROS.test(value)) return false;
  return TRACE_ID.test(value) || (TRACE_FIELD.test(name) && SHORT_TRACE_ID.test(value));
}

/** The ids of traces that a line names, in its fields and in its text, each once. */
export function traceIdsOf(entry: LogEntry): readonly string[] {
  const inFields = fieldsOf(entry).filter(({ name, value }: Field) => isTraceId(name, value));
  const inText = [...entry.line.matchAll(IN_TEXT)].map(([id]) => id).filter((id) => !ZEROS.test(id));
  return [...new Set([...inFields.map(({ value }) => value), ...inText].map((id) => id.toLowerCase()))].slice(0, IDS_MAX);
}

/** The query for all lines of one stream. */
export function streamQuery(stream: LabelSet): string {
  return printSelector(
    Object.keys(stream)
      .sort()
      .map((name) => ({ name, op: '=', value: stream[name] ?? '' })),
  );
}
