// The state of the metrics page: a pure function of its address and of what people do. Nothing here touches the browser or the server.

import type { Address } from '../../data/address.ts';
import type { MetricMeta } from '../../data/decode.ts';
import { printSelector } from '../../data/selector.ts';

/** Which lines are drawn: all, these, or all but these. */
export interface Shown {
  readonly kind: 'all' | 'only' | 'except';
  readonly keys: readonly string[];
}

export type View = 'chart' | 'table';
export type ListSort = 'name' | 'series' | 'type';

export interface TableSort {
  /** A label's name, or `value`. */
  readonly column: string;
  readonly descending: boolean;
}

export interface MetricsState {
  readonly query: string;
  readonly view: View;
  readonly find: string;
  readonly sort: ListSort;
  readonly tableSort: TableSort;
  readonly shown: Shown;
  /** The period of the same length before is drawn beneath. */
  readonly before: boolean;
}

export type MetricsEvent =
  | { readonly kind: 'metric chosen'; readonly name: string }
  | { readonly kind: 'query run'; readonly query: string }
  | { readonly kind: 'view chosen'; readonly view: View }
  | { readonly kind: 'find typed'; readonly find: string }
  | { readonly kind: 'list sorted'; readonly sort: ListSort }
  | { readonly kind: 'table sorted'; readonly column: string }
  | { readonly kind: 'line picked'; readonly key: string; readonly toggle: boolean }
  | { readonly kind: 'before toggled' }
  | { readonly kind: 'closed' };

const ALL: Shown = { kind: 'all', keys: [] };
/** The order of a table that nobody sorted. */
export const BY_VALUE: TableSort = { column: 'value', descending: true };

function choice<T extends string>(text: string | undefined, choices: readonly T[], otherwise: T): T {
  return choices.find((c) => c === text) ?? otherwise;
}

export function readMetrics(address: Address): MetricsState {
  const only = address['only'];
  const except = address['except'];
  const by = address['by'];
  return {
    query: address['q'] ?? '',
    view: choice(address['view'], ['chart', 'table'], 'chart'),
    find: address['find'] ?? '',
    sort: choice(address['sort'], ['name', 'series', 'type'], 'name'),
    tableSort: by ? { column: by.replace(/^-/, ''), descending: by.startsWith('-') } : BY_VALUE,
    before: address['before'] === '1',
    shown: only ? { kind: 'only', keys: only.split('.') } : except ? { kind: 'except', keys: except.split('.') } : ALL,
  };
}

export function metricsAddress(state: MetricsState): Address {
  const { tableSort, shown } = state;
  const byValue = tableSort.column === BY_VALUE.column && tableSort.descending;
  return {
    q: state.query || undefined,
    view: state.view === 'chart' ? undefined : state.view,
    find: state.find || undefined,
    sort: state.sort === 'name' ? undefined : state.sort,
    by: byValue ? undefined : `${tableSort.descending ? '-' : ''}${tableSort.column}`,
    before: state.before ? '1' : undefined,
    only: shown.kind === 'only' ? shown.keys.join('.') : undefined,
    except: shown.kind === 'except' ? shown.keys.join('.') : undefined,
  };
}

export function reduceMetrics(state: MetricsState, event: MetricsEvent): MetricsState {
  switch (event.kind) {
    case 'metric chosen':
      return { ...state, query: printSelector({ metric: event.name, matchers: [] }), shown: ALL, tableSort: BY_VALUE };
    case 'query run':
      return event.query.trim() === state.query ? state : { ...state, query: event.query.trim(), shown: ALL };
    case 'view chosen':
      return { ...state, view: event.view };
    case 'find typed':
      return { ...state, find: event.find };
    case 'list sorted':
      return { ...state, sort: event.sort };
    case 'table sorted': {
      const again = state.tableSort.column === event.column;
      return { ...state, tableSort: { column: event.column, descending: again ? !state.tableSort.descending : event.column === 'value' } };
    }
    case 'line picked':
      return { ...state, shown: event.toggle ? toggled(state.shown, event.key) : isolated(state.shown, event.key) };
    case 'before toggled':
      return { ...state, before: !state.before };
    case 'closed':
      return { ...state, query: '', shown: ALL };
  }
}

/** A click shows one line alone; on the line that is alone already, all again. */
function isolated(shown: Shown, key: string): Shown {
  return shown.kind === 'only' && shown.keys.length === 1 && shown.keys[0] === key ? ALL : { kind: 'only', keys: [key] };
}

function toggled(shown: Shown, key: string): Shown {
  const has = shown.keys.includes(key);
  const keys = has ? shown.keys.filter((k) => k !== key) : [...shown.keys, key];
  const kind = shown.kind === 'all' ? 'except' : shown.kind;
  return keys.length === 0 ? ALL : { kind, keys };
}

export function isShown(shown: Shown, key: string): boolean {
  return shown.kind === 'all' || shown.keys.includes(key) === (shown.kind === 'only');
}

/** The names that a family's metadata also speaks for. */
const FAMILY_SUFFIX = /_(bucket|sum|count|total|created|info)$/;

export function metaOf(name: string, metadata: ReadonlyMap<string, MetricMeta>): MetricMeta | undefined {
  return metadata.get(name) ?? metadata.get(name.replace(FAMILY_SUFFIX, ''));
}

/** Whether a metric only grows, so that its rate says more than its value. */
export function isCounter(name: string, meta: MetricMeta | undefined): boolean {
  if (meta?.type === 'counter' || meta?.type === 'histogram') return true;
  if (meta?.type === 'gauge') return false;
  return /_(total|bucket|count|sum)$/.test(name);
}

export interface MetricRow {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly series: number | undefined;
  /** Name and help in lower case, made once, because every letter typed looks through all of them. */
  readonly text: string;
}

/** The metrics that exist, with what is known of each. */
export function metricRows(
  names: readonly string[],
  metadata: ReadonlyMap<string, MetricMeta>,
  series: ReadonlyMap<string, number>,
): readonly MetricRow[] {
  return names.map((name): MetricRow => {
    const meta = metaOf(name, metadata);
    const type = meta?.type === 'unknown' || meta?.type === undefined ? '' : meta.type;
    const help = meta?.help ?? '';
    return { name, type, help, series: series.get(name), text: `${name} ${help}`.toLowerCase() };
  });
}

/** The list at the left: rows that hold every word of `find`, in the order asked for. */
export function findMetrics(rows: readonly MetricRow[], { find, sort }: Pick<MetricsState, 'find' | 'sort'>): readonly MetricRow[] {
  const words = find
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const found = rows.filter((row) => words.every((word) => row.text.includes(word)));
  const byName = (a: MetricRow, b: MetricRow): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  switch (sort) {
    case 'name':
      return found.sort(byName);
    case 'series':
      return found.sort((a, b) => (b.series ?? -1) - (a.series ?? -1) || byName(a, b));
    case 'type':
      return found.sort(
        (a, b) => Number(a.type === '') - Number(b.type === '') || (a.type < b.type ? -1 : a.type > b.type ? 1 : byName(a, b)),
      );
  }
}
