// The traces of a search as the rows of a table: sorted, measured, as text to copy; and which of them lie in a region of the picture.

import type { Attribute, MatchedSet, MatchedSpan, TraceRow } from '../../data/trace-search.ts';
import type { TextTable } from '../../kit/csv.ts';
import type { Region, TableSort } from './traces-state.ts';

const collator = new Intl.Collator('en', { numeric: true });

export function traceTitle({ service, name }: Pick<TraceRow, 'service' | 'name'>): string {
  return name === '' ? 'first span not received yet' : `${service} ${name}`.trim();
}

/** In the order asked for; of equal ones the newest first. */
export function sortTraces(traces: readonly TraceRow[], { column, descending }: TableSort): readonly TraceRow[] {
  const compare = (a: TraceRow, b: TraceRow): number => {
    switch (column) {
      case 'start':
        return a.startMs - b.startMs;
      case 'root':
        return collator.compare(traceTitle(a), traceTitle(b));
      case 'duration':
        return a.durationS - b.durationS;
      case 'spans':
        return a.spans - b.spans;
      case 'errors':
        return a.errors - b.errors;
      case 'matched':
        return a.matched - b.matched;
    }
  };
  return traces.toSorted((a, b) => (descending ? compare(b, a) : compare(a, b)) || b.startMs - a.startMs);
}

/** A line of the table: a trace, or beneath an open one what matched in it. */
export type TableLine =
  | { readonly kind: 'trace'; readonly trace: TraceRow; readonly isOpen: boolean }
  | { readonly kind: 'set'; readonly trace: TraceRow; readonly set: MatchedSet }
  | { readonly kind: 'span'; readonly trace: TraceRow; readonly span: MatchedSpan }
  | { readonly kind: 'more'; readonly trace: TraceRow; readonly count: number };

export function linesOf(traces: readonly TraceRow[], open: readonly string[]): readonly TableLine[] {
  const opened = new Set(open);
  return traces.flatMap((trace): readonly TableLine[] => {
    const isOpen = opened.has(trace.traceId);
    const line: TableLine = { kind: 'trace', trace, isOpen };
    return isOpen ? [line, ...trace.sets.flatMap((set) => beneath(trace, set))] : [line];
  });
}

function beneath(trace: TraceRow, set: MatchedSet): readonly TableLine[] {
  const heading: readonly TableLine[] = set.attributes.length > 0 ? [{ kind: 'set', trace, set }] : [];
  const rest = set.matched - set.spans.length;
  const more: readonly TableLine[] = rest > 0 ? [{ kind: 'more', trace, count: rest }] : [];
  return [...heading, ...set.spans.map((span): TableLine => ({ kind: 'span', trace, span })), ...more];
}

/** The same line keeps its place in the document while others open and close. */
export function lineKey(line: TableLine): string {
  const { traceId } = line.trace;
  if (line.kind === 'span') return `${traceId} ${line.span.spanId}`;
  return line.kind === 'set' ? `${traceId} ${attributesText(line.set.attributes)}` : `${traceId} ${line.kind}`;
}

export function attributesText(attributes: readonly Attribute[]): string {
  return attributes.map(({ name, value }) => `${name}=${value}`).join(' ');
}

export function inRegion({ startMs, durationS }: TraceRow, region: Region): boolean {
  return startMs >= region.startMs && startMs <= region.endMs && durationS >= region.minS && durationS <= region.maxS;
}

/** One row as text between tabs, as a spreadsheet takes it. */
export function rowText(trace: TraceRow): string {
  return textTable([trace]).rows.flat().join('\t');
}

export function textTable(traces: readonly TraceRow[]): TextTable {
  return {
    columns: ['trace', 'start', 'service', 'name', 'duration_s', 'spans', 'errors', 'services', 'matched'],
    rows: traces.map((trace) => [
      trace.traceId,
      new Date(trace.startMs).toISOString(),
      trace.service,
      trace.name,
      String(trace.durationS),
      String(trace.spans),
      String(trace.errors),
      trace.services.map(({ service }) => service).join(' '),
      String(trace.matched),
    ]),
  };
}
