// One generated query put to a program: at its time, or over its steps.

import { askPrometheus } from '../harness/client.ts';
import type { ApiAnswer, ApiTarget } from '../harness/client.ts';
import type { AskedQuery } from './generate.ts';

/** Asks `text` in place of the query's own where one is given. */
export function ask(target: ApiTarget, query: AskedQuery, text = query.text): Promise<ApiAnswer> {
  if (query.kind === 'instant') return askPrometheus(target, 'query', { query: text, time: String(query.time) });
  const { start, end, step } = query;
  return askPrometheus(target, 'query_range', { query: text, start: String(start), end: String(end), step: String(step) });
}

/** A query in one line, with what is needed to ask it again. */
export function printQuery(query: AskedQuery): string {
  const when = query.kind === 'instant' ? `at ${query.time}` : `from ${query.start} to ${query.end} every ${query.step}`;
  return `${query.text}   [${when}]`;
}
