// The state of the pages of services: pure functions of their address and of what people do.

import type { Address } from '../../data/address.ts';
import { COLUMNS } from './service-rows.ts';
import type { Column, Sort } from './service-rows.ts';

/** The list, the picture of who calls whom, and the table behind that picture. */
export type View = 'list' | 'map' | 'calls';

/** What the map's panel tells of. */
export type Open = { readonly kind: 'node'; readonly name: string } | { readonly kind: 'edge'; readonly key: string };

export interface ServicesState {
  readonly view: View;
  readonly find: string;
  readonly sort: Sort;
  /** Only this node and its neighbours; empty for all. */
  readonly around: string;
  readonly open: Open | undefined;
}

export type ServicesEvent =
  | { readonly kind: 'view chosen'; readonly view: View }
  | { readonly kind: 'find typed'; readonly find: string }
  | { readonly kind: 'sorted'; readonly column: Column }
  | { readonly kind: 'around chosen'; readonly around: string }
  | { readonly kind: 'opened'; readonly open: Open | undefined };

const DEFAULT_SORT: Sort = { column: 'rate', descending: true };
const VIEWS = ['list', 'map', 'calls'] as const;

function openOf(text: string | undefined): Open | undefined {
  const [, kind, rest = ''] = /^(node|edge):(.*)$/s.exec(text ?? '') ?? [];
  if (kind === 'node') return { kind, name: rest };
  return kind === 'edge' ? { kind, key: rest } : undefined;
}

function sortOf(text: string | undefined): Sort {
  const column = COLUMNS.find((name) => name === text?.replace(/^-/, ''));
  return column === undefined ? DEFAULT_SORT : { column, descending: text?.startsWith('-') === true };
}

export function readServices(address: Address): ServicesState {
  return {
    view: VIEWS.find((view) => view === address['view']) ?? 'list',
    find: address['find'] ?? '',
    sort: sortOf(address['sort']),
    around: address['around'] ?? '',
    open: openOf(address['open']),
  };
}

export function servicesAddress({ view, find, sort, around, open }: ServicesState): Address {
  const isDefault = sort.column === DEFAULT_SORT.column && sort.descending === DEFAULT_SORT.descending;
  return {
    view: view === 'list' ? undefined : view,
    find: find || undefined,
    sort: isDefault ? undefined : `${sort.descending ? '-' : ''}${sort.column}`,
    around: around || undefined,
    open: open && (open.kind === 'node' ? `node:${open.name}` : `edge:${open.key}`),
  };
}

export function reduceServices(state: ServicesState, event: ServicesEvent): ServicesState {
  switch (event.kind) {
    case 'view chosen':
      return { ...state, view: event.view, open: event.view === 'list' ? undefined : state.open };
    case 'find typed':
      return { ...state, find: event.find };
    case 'sorted':
      return { ...state, sort: sorted(state.sort, event.column) };
    case 'around chosen':
      return { ...state, around: event.around, view: state.view === 'list' ? 'map' : state.view };
    case 'opened':
      return { ...state, open: event.open };
  }
}

/** Numbers are first sorted with the largest first, texts in their order; again turns it around. */
function sorted(sort: Sort, column: Column): Sort {
  if (sort.column === column) return { column, descending: !sort.descending };
  return { column, descending: column !== 'service' && column !== 'callers' };
}
