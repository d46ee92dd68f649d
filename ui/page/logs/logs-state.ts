// The state of the logs page: a pure function of its address and of what people do. Nothing here touches the browser or the server.

import type { Address } from '../../data/address.ts';
import type { Direction } from '../../data/log-lines.ts';

export type Tab = 'lines' | 'patterns' | 'fields';

/** Lines of one answer; more come when the end of the list is reached. */
export const LIMITS = [100, 500, 1000, 5000] as const;
const DEFAULT_LIMIT = 1000;

export interface LogsState {
  readonly query: string;
  readonly tab: Tab;
  readonly direction: Direction;
  readonly limit: number;
  readonly wrap: boolean;
  /** Fields shown in columns before the line. */
  readonly columns: readonly string[];
  /** The columns stand in the place of the line. */
  readonly lineHidden: boolean;
  /** The key of the line whose detail is open; empty for none. */
  readonly open: string;
  /** The field whose values are open on the fields tab. */
  readonly field: string;
  readonly live: boolean;
  /** The list of labels beside the query. */
  readonly browser: boolean;
}

export type LogsEvent =
  | { readonly kind: 'query run'; readonly query: string }
  /** A filter was chosen on another tab: its lines are shown. */
  | { readonly kind: 'lines asked'; readonly query: string }
  | { readonly kind: 'tab chosen'; readonly tab: Tab }
  | { readonly kind: 'direction turned' }
  | { readonly kind: 'limit chosen'; readonly limit: number }
  | { readonly kind: 'wrap toggled' }
  | { readonly kind: 'column toggled'; readonly name: string }
  | { readonly kind: 'only column'; readonly name: string }
  | { readonly kind: 'line column toggled' }
  | { readonly kind: 'line opened'; readonly key: string }
  | { readonly kind: 'line closed' }
  | { readonly kind: 'field toggled'; readonly name: string }
  | { readonly kind: 'live toggled' }
  | { readonly kind: 'browser toggled' };

function choice<T>(text: string | undefined, choices: readonly T[], otherwise: T): T {
  return choices.find((c) => String(c) === text) ?? otherwise;
}

export function readLogs(address: Address): LogsState {
  const columns = (address['cols'] ?? '').split(',').filter((name) => name !== '');
  return {
    query: address['q'] ?? '',
    tab: choice<Tab>(address['tab'], ['lines', 'patterns', 'fields'], 'lines'),
    direction: address['dir'] === 'forward' ? 'forward' : 'backward',
    limit: choice<number>(address['limit'], LIMITS, DEFAULT_LIMIT),
    wrap: address['wrap'] === '1',
    columns,
    lineHidden: address['line'] === '0' && columns.length > 0,
    open: address['open'] ?? '',
    field: address['field'] ?? '',
    live: address['live'] === '1',
    browser: address['labels'] === '1',
  };
}

export function logsAddress(state: LogsState): Address {
  return {
    q: state.query || undefined,
    tab: state.tab === 'lines' ? undefined : state.tab,
    dir: state.direction === 'backward' ? undefined : state.direction,
    limit: state.limit === DEFAULT_LIMIT ? undefined : String(state.limit),
    wrap: state.wrap ? '1' : undefined,
    cols: state.columns.length === 0 ? undefined : state.columns.join(','),
    line: state.lineHidden ? '0' : undefined,
    open: state.open || undefined,
    field: state.field || undefined,
    live: state.live ? '1' : undefined,
    labels: state.browser ? '1' : undefined,
  };
}

export function reduceLogs(state: LogsState, event: LogsEvent): LogsState {
  switch (event.kind) {
    case 'query run': {
      const query = event.query.trim();
      if (query === state.query) return state;
      // What is read out of lines stays of use in the next query over them; a live view is of one query.
      return { ...state, query, open: '', field: '', live: query === '' ? false : state.live };
    }
    case 'lines asked':
      return { ...reduceLogs(state, { kind: 'query run', query: event.query }), tab: 'lines' };
    case 'tab chosen':
      return { ...state, tab: event.tab, live: event.tab === 'lines' && state.live };
    case 'direction turned':
      return { ...state, direction: state.direction === 'backward' ? 'forward' : 'backward' };
    case 'limit chosen':
      return { ...state, limit: event.limit };
    case 'wrap toggled':
      return { ...state, wrap: !state.wrap };
    case 'column toggled': {
      const columns = state.columns.includes(event.name)
        ? state.columns.filter((name) => name !== event.name)
        : [...state.columns, event.name];
      return { ...state, columns, lineHidden: state.lineHidden && columns.length > 0 };
    }
    case 'only column':
      return { ...state, columns: [event.name], lineHidden: true };
    case 'line column toggled':
      return { ...state, lineHidden: !state.lineHidden && state.columns.length > 0 };
    case 'line opened':
      return { ...state, open: event.key };
    case 'line closed':
      return { ...state, open: '' };
    case 'field toggled':
      return { ...state, field: state.field === event.name ? '' : event.name };
    case 'live toggled':
      return { ...state, live: !state.live, tab: 'lines', open: '' };
    case 'browser toggled':
      return { ...state, browser: !state.browser };
  }
}

/** Whether going from one state to another is a step that the browser's back button undoes. */
export function isStep(from: LogsState, to: LogsState): boolean {
  return from.query !== to.query || from.tab !== to.tab || from.live !== to.live;
}
