// `q` of a trace by its id: the spans of the trace that a filter selects, and those above and below them as far as is asked for.
//
//   q={ status = error }                        spans that failed
//   q=… keep_hierarchy=true ancestor_depth=1    and their parents; without a depth all that is above
//   q=… match_depth=-1                          and all that is below
//
// Source: Tempo HTTP API documentation, "Query V2"; `modules/frontend/tracefilter`, `pkg/traceql/spanset_filter_match.go`.

import { Buffer } from 'node:buffer';
import type { StoredTrace } from '../stored-trace.ts';
import type { Field, IntrinsicName, Query, SpansetFilter } from '../traceql/ast.ts';
import { checkTraceql } from '../traceql/check.ts';
import { compileFilter } from '../traceql/eval/expression.ts';
import { neededFields } from '../traceql/eval/needed-fields.ts';
import { traceSpans } from '../traceql/eval/span.ts';
import { parseTraceql } from '../traceql/parse.ts';
import { printField } from '../traceql/print.ts';
import type { Span } from '../write.ts';
import { badData, goBool } from './params.ts';
import { StoredSpanView } from './stored-span-view.ts';

export interface TraceFilter {
  readonly filter: SpansetFilter;
  /** Levels that are kept above and below what the filter selects; `Infinity` for all. */
  readonly levelsAbove: number;
  readonly levelsBelow: number;
}

const FILTERED = 'Trace filtered, only a subset of spans matching the filter is returned';
/** What the other spans of a trace decide: the peer refuses it here. */
const OF_TRACE: ReadonlySet<IntrinsicName> = new Set([
  'traceId',
  'traceDuration',
  'rootName',
  'rootServiceName',
  'childCount',
  'nestedSetLeft',
  'nestedSetRight',
  'nestedSetParent',
  'parent',
]);

/** Undefined without `q`, when the other parameters are not looked at. Throws `bad_data` where it is no single filter of spans. */
export function traceFilterParam(query: URLSearchParams): TraceFilter | undefined {
  const text = (query.get('q') ?? '').trim();
  if (text === '') return undefined;
  const keep = query.get('keep_hierarchy') ?? '';
  const keepsAbove = keep === '' ? false : goBool(keep);
  if (keepsAbove === undefined)
    throw badData(`invalid value for keep_hierarchy: ${JSON.stringify(keep.slice(0, 40))} is neither true nor false`);
  const above = levelsParam(query, 'ancestor_depth', Infinity);
  return { filter: singleFilter(text), levelsAbove: keepsAbove ? above : 0, levelsBelow: levelsParam(query, 'match_depth', 0) };
}

/** -1 is all levels. */
function levelsParam(query: URLSearchParams, name: string, otherwise: number): number {
  const given = query.get(name) ?? '';
  if (given === '') return otherwise;
  if (!/^(?:-1|\+?\d{1,9})$/.test(given)) throw badData(`invalid value for ${name}: must be a whole number, -1 for all levels`);
  return given === '-1' ? Infinity : Number(given);
}

function singleFilter(text: string): SpansetFilter {
  const query = parseTraceql(text);
  checkTraceql(query);
  const [only, ...others] = query.root.type === 'pipeline' ? query.root.stages : [];
  if (only?.type !== 'filter' || others.length > 0) throw badData('invalid q filter: only a single TraceQL spanset filter is supported');
  const beyond = fieldsOfTrace(query)[0];
  if (beyond !== undefined) throw badData(`invalid q filter: ${printField(beyond)} is not supported by this filter`);
  return only;
}

function fieldsOfTrace(query: Query): readonly Field[] {
  return neededFields(query).fields.filter((field) => field.ofParent || (field.type === 'intrinsic' && OF_TRACE.has(field.name)));
}

/** The trace with the spans that are asked for; it says that it is not all of it where others were left out. */
export function filteredTrace(trace: StoredTrace, { filter, levelsAbove, levelsBelow }: TraceFilter): StoredTrace {
  const matched = matchedSpans(trace, filter);
  const related = relatives(trace, matched, levelsAbove, levelsBelow);
  const isKept = (span: Span): boolean => matched.has(span) || related.has(idText(span.spanId));
  let dropped = false;
  const groups = trace.groups.map(({ source, spans }) => {
    const kept = spans.filter(isKept);
    dropped ||= kept.length < spans.length;
    return { source, spans: kept };
  });
  if (!dropped) return trace;
  const partial = trace.partial === undefined ? FILTERED : `${trace.partial}; ${FILTERED}`;
  return { ...trace, groups: groups.filter(({ spans }) => spans.length > 0), partial };
}

function matchedSpans({ traceId, groups }: StoredTrace, filter: SpansetFilter): ReadonlySet<Span> {
  const views = groups.flatMap(({ source, spans }) => spans.map((span) => new StoredSpanView(span, source)));
  const test = compileFilter(filter.expr);
  // What is of the trace is never asked for.
  const view = { traceId, rootName: '', rootServiceName: '', startNs: 0n, durationNs: 0n, spans: views };
  const matched = new Set<Span>();
  for (const [i, span] of traceSpans(view).entries()) {
    const stored = views[i];
    if (stored !== undefined && test(span)) matched.add(stored.span);
  }
  return matched;
}

/** Ids of spans above and below; an id that several spans share leads to the parents and children of all of them. */
function relatives({ groups }: StoredTrace, matched: ReadonlySet<Span>, levelsAbove: number, levelsBelow: number): ReadonlySet<string> {
  const parents = new Map<string, string[]>();
  const children = new Map<string, string[]>();
  if (levelsAbove > 0 || levelsBelow > 0) {
    for (const { spanId, parentId } of groups.flatMap(({ spans }) => spans)) {
      const [own, parent] = [idText(spanId), idText(parentId)];
      if (parent === '') continue;
      addTo(parents, own, parent);
      addTo(children, parent, own);
    }
  }
  const starts = [...matched].map(({ spanId }) => idText(spanId));
  return new Set([...reached(starts, parents, levelsAbove), ...reached(starts, children, levelsBelow)]);
}

function addTo(lists: Map<string, string[]>, key: string, value: string): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** What some steps lead to, each once, in rings too. */
function reached(starts: readonly string[], next: ReadonlyMap<string, readonly string[]>, levels: number): ReadonlySet<string> {
  const found = new Set<string>();
  let edge: readonly string[] = starts;
  for (let level = 0; level < levels && edge.length > 0; level++) {
    const beyond: string[] = [];
    for (const id of edge)
      for (const other of next.get(id) ?? []) {
        if (found.has(other)) continue;
        found.add(other);
        beyond.push(other);
      }
    edge = beyond;
  }
  return found;
}

function idText(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString('latin1');
}
