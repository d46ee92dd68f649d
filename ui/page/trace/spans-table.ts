// All spans of a trace as a table to paste elsewhere, in the order of their rows.

import type { TextTable } from '../../kit/csv.ts';
import { named } from './span-json.ts';
import { absoluteNs } from './trace.ts';
import type { TraceView } from './trace-view.ts';

/** Times in nanoseconds: the start since the epoch, the others as lengths. */
export function spansTable({ trace, tree, own }: Pick<TraceView, 'trace' | 'tree' | 'own'>): TextTable {
  return {
    columns: [
      'depth',
      'service',
      'name',
      'kind',
      'status',
      'status_message',
      'start_ns',
      'duration_ns',
      'own_ns',
      'span_id',
      'parent_id',
      'attributes',
    ],
    rows: tree.nodes.map(({ at, depth, span }) => [
      String(depth),
      span.source.service,
      span.name,
      span.kind,
      span.status,
      span.statusMessage,
      String(absoluteNs(trace, span.start)),
      String(span.end - span.start),
      String(own[at]?.length ?? 0),
      span.id,
      span.parentId,
      JSON.stringify(named(span.attributes)),
    ]),
  };
}
