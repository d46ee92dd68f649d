// Where a series of a query leads.

import type { Link } from '../../src/links/link.ts';
import { linksOf } from '../../src/links/links.ts';
import type { LabelSet } from './log-lines.ts';
import { commonMatchers } from './query-text.ts';
import type { Span } from './time-range.ts';

/** Where to go from a series of a query, in the time that is shown. What the query asks of all its series is true of those that have lost their labels. */
export function linksOfSeries(query: string, labels: LabelSet, { startMs, endMs }: Span): readonly Link[] {
  const asked = (commonMatchers(query) ?? []).flatMap(({ name, op, value }) => (op === '=' ? [[name, value] as const] : []));
  return linksOf({ attributes: { ...Object.fromEntries(asked), ...labels }, fromMs: startMs, toMs: endMs });
}
