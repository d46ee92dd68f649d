// The state of the traces page: a pure function of its address and of what people do. Nothing here touches the browser or the server.

import type { Address } from '../../data/address.ts';

export type Tab = 'traces' | 'compare';

/** Traces of one answer. */
export const LIMITS = [20, 100, 200, 500, 1000, 5000] as const;
const DEFAULT_LIMIT = 200;

export const COLUMNS = ['start', 'root', 'duration', 'spans', 'errors', 'matched'] as const;
export type Column = (typeof COLUMNS)[number];

export interface TableSort {
  readonly column: Column;
  readonly descending: boolean;
}

const NEWEST: TableSort = { column: 'start', descending: true };

/** A part of the picture of lengths over time. */
export interface Region {
  readonly startMs: number;
  readonly endMs: number;
  readonly minS: number;
  readonly maxS: number;
}

/** What is held against the rest: the traces of a region, or the spans of a condition. */
export type Selection =
  | { readonly kind: 'none' }
  | { readonly kind: 'region'; readonly region: Region }
  | { readonly kind: 'condition'; readonly text: string };

export interface TracesState {
  readonly query: string;
  readonly tab: Tab;
  readonly limit: number;
  /** From all of the time range, and not the newest. */
  readonly spread: boolean;
  readonly sort: TableSort;
  /** Ids of the traces whose matched spans are shown. */
  readonly open: readonly string[];
  readonly selection: Selection;
  readonly builder: boolean;
}

export type TracesEvent =
  | { readonly kind: 'query run'; readonly query: string }
  | { readonly kind: 'tab chosen'; readonly tab: Tab }
  | { readonly kind: 'limit chosen'; readonly limit: number }
  | { readonly kind: 'spread toggled' }
  | { readonly kind: 'sorted'; readonly column: Column }
  | { readonly kind: 'row toggled'; readonly traceId: string }
  | { readonly kind: 'region chosen'; readonly region: Region }
  | { readonly kind: 'condition chosen'; readonly text: string }
  | { readonly kind: 'selection cleared' }
  | { readonly kind: 'builder toggled' };

const NO_SELECTION: Selection = { kind: 'none' };
/** An address stays short: of more open rows the last ones stand in it. */
const OPEN_MAX = 8;

function choice<T>(text: string | undefined, choices: readonly T[], otherwise: T): T {
  return choices.find((c) => String(c) === text) ?? otherwise;
}

function readSelection(address: Address): Selection {
  const text = address['sel'];
  if (text !== undefined && text !== '') return { kind: 'condition', text };
  const numbers = (address['region'] ?? '').split(',').map(Number);
  const [startMs = 0, endMs = 0, minS = 0, maxS = 0] = numbers;
  const isRegion = numbers.length === 4 && numbers.every(Number.isFinite) && endMs > startMs && maxS > minS;
  return isRegion ? { kind: 'region', region: { startMs, endMs, minS, maxS } } : NO_SELECTION;
}

export function readTraces(address: Address): TracesState {
  const by = address['by'] ?? '';
  const column = COLUMNS.find((name) => name === by.replace(/^-/, ''));
  return {
    query: address['q'] ?? '',
    tab: address['tab'] === 'compare' ? 'compare' : 'traces',
    limit: choice<number>(address['limit'], LIMITS, DEFAULT_LIMIT),
    spread: address['spread'] === '1',
    sort: column === undefined ? NEWEST : { column, descending: by.startsWith('-') },
    open: (address['open'] ?? '').split(',').filter((id) => /^[0-9a-f]{1,32}$/.test(id)),
    selection: readSelection(address),
    builder: address['builder'] === '1',
  };
}

export function tracesAddress(state: TracesState): Address {
  const { sort, selection } = state;
  const isNewest = sort.column === NEWEST.column && sort.descending === NEWEST.descending;
  const region = selection.kind === 'region' ? selection.region : undefined;
  return {
    q: state.query || undefined,
    tab: state.tab === 'traces' ? undefined : state.tab,
    limit: state.limit === DEFAULT_LIMIT ? undefined : String(state.limit),
    spread: state.spread ? '1' : undefined,
    by: isNewest ? undefined : `${sort.descending ? '-' : ''}${sort.column}`,
    open: state.open.length === 0 ? undefined : state.open.join(','),
    sel: selection.kind === 'condition' ? selection.text : undefined,
    region: region && [Math.round(region.startMs), Math.round(region.endMs), shortNumber(region.minS), shortNumber(region.maxS)].join(','),
    builder: state.builder ? '1' : undefined,
  };
}

/** Microseconds are as exact as a length is drawn. */
function shortNumber(value: number): string {
  return String(Number(value.toFixed(6)));
}

export function reduceTraces(state: TracesState, event: TracesEvent): TracesState {
  switch (event.kind) {
    case 'query run': {
      const query = event.query.trim();
      // What was selected was selected of other traces.
      return query === state.query ? state : { ...state, query, open: [], selection: NO_SELECTION, tab: 'traces' };
    }
    case 'tab chosen':
      return { ...state, tab: event.tab };
    case 'limit chosen':
      return { ...state, limit: event.limit };
    case 'spread toggled':
      return { ...state, spread: !state.spread };
    case 'sorted': {
      const again = state.sort.column === event.column;
      return { ...state, sort: { column: event.column, descending: again ? !state.sort.descending : event.column !== 'root' } };
    }
    case 'row toggled': {
      const isOpen = state.open.includes(event.traceId);
      const open = isOpen ? state.open.filter((id) => id !== event.traceId) : [...state.open, event.traceId].slice(-OPEN_MAX);
      return { ...state, open };
    }
    case 'region chosen':
      return { ...state, selection: { kind: 'region', region: event.region }, tab: 'compare' };
    case 'condition chosen':
      return { ...state, selection: event.text.trim() === '' ? NO_SELECTION : { kind: 'condition', text: event.text.trim() } };
    case 'selection cleared':
      return { ...state, selection: NO_SELECTION, tab: 'traces' };
    case 'builder toggled':
      return { ...state, builder: !state.builder };
  }
}

/** Whether going from one state to another is a step that the browser's back button undoes. */
export function isStep(from: TracesState, to: TracesState): boolean {
  return from.query !== to.query || from.tab !== to.tab || from.selection !== to.selection;
}
