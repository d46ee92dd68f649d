// The state of a trace's page: a pure function of its address and of what people do. Nothing here touches the browser or the server.

import type { Address } from '../../data/address.ts';
import type { Window } from './bar-layout.ts';
import { zoomed } from './bar-layout.ts';

export type Panel = 'path' | 'services' | '';
const KEPT = ['all', 'different', 'slower', 'faster', 'only in A', 'only in B', 'same'] as const;
/** Rows of a comparison that are shown. */
export type Kept = (typeof KEPT)[number];

export interface TraceState {
  /** The id of the span whose details are open; empty for none. */
  readonly span: string;
  /** What is looked for within the trace. */
  readonly find: string;
  readonly errorsOnly: boolean;
  /** What stands beside the spans where no details do. */
  readonly panel: Panel;
  /** Nanoseconds from the trace's start; nothing for all of it. */
  readonly zoom: Window | undefined;
  /** The id of the trace that this one is compared with; empty for none. */
  readonly compare: string;
  /** The comparison is drawn as a table. */
  readonly table: boolean;
  readonly kept: Kept;
}

export type TraceEvent =
  | { readonly kind: 'span opened'; readonly id: string }
  | { readonly kind: 'span closed' }
  | { readonly kind: 'text sought'; readonly text: string }
  | { readonly kind: 'errors toggled' }
  | { readonly kind: 'panel toggled'; readonly panel: Panel }
  | { readonly kind: 'zoomed'; readonly window: Window | undefined }
  | { readonly kind: 'compared'; readonly with: string }
  | { readonly kind: 'form chosen'; readonly table: boolean }
  | { readonly kind: 'rows chosen'; readonly kept: Kept };

const ZOOM = /^(\d{1,16})-(\d{1,16})$/;
const TRACE_ID = /^[0-9a-f]{1,32}$/;

export function readTraceState(address: Address): TraceState {
  const zoom = ZOOM.exec(address['zoom'] ?? '');
  const [start, end] = [Number(zoom?.[1]), Number(zoom?.[2])];
  const compare = traceIdOf(address['compare'] ?? '');
  const panel = address['panel'];
  return {
    span: address['span'] ?? '',
    find: address['find'] ?? '',
    errorsOnly: address['errors'] === '1',
    panel: panel === 'path' || panel === 'services' ? panel : '',
    zoom: zoom && end > start ? { start, end } : undefined,
    compare: compare ?? '',
    table: address['view'] === 'table',
    kept: KEPT.find((kept) => kept === address['rows']) ?? 'all',
  };
}

export function traceAddress(state: TraceState): Address {
  return {
    span: state.span || undefined,
    find: state.find || undefined,
    errors: state.errorsOnly ? '1' : undefined,
    panel: state.panel || undefined,
    zoom: state.zoom && `${Math.round(state.zoom.start)}-${Math.round(state.zoom.end)}`,
    compare: state.compare || undefined,
    view: state.table ? 'table' : undefined,
    rows: state.kept === 'all' ? undefined : state.kept,
  };
}

export function reduceTrace(state: TraceState, event: TraceEvent): TraceState {
  switch (event.kind) {
    case 'span opened':
      return { ...state, span: event.id };
    case 'span closed':
      return { ...state, span: '' };
    case 'text sought':
      return { ...state, find: event.text };
    case 'errors toggled':
      return { ...state, errorsOnly: !state.errorsOnly };
    case 'panel toggled':
      return { ...state, span: '', panel: state.panel === event.panel && state.span === '' ? '' : event.panel };
    case 'zoomed':
      return { ...state, zoom: event.window };
    case 'compared':
      return { ...state, compare: event.with, span: '', zoom: undefined, table: false, kept: 'all' };
    case 'form chosen':
      return { ...state, table: event.table };
    case 'rows chosen':
      return { ...state, kept: event.kept };
  }
}

/** Whether going from one state to another is a step that the browser's back button undoes. */
export function isStep(from: TraceState, to: TraceState): boolean {
  return from.compare !== to.compare || from.panel !== to.panel;
}

/** The window that is drawn: the zoom, cut to the trace, or all of it. */
export function windowOf(zoom: Window | undefined, length: number): Window {
  const whole = { start: 0, end: Math.max(length, 1) };
  return zoom === undefined || zoom.start >= whole.end ? whole : zoomed(whole, zoom.start, zoom.end);
}

/** The 32 digits of a trace's id as a person pastes it, with zeros before a shorter one; nothing where it is none. */
export function traceIdOf(text: string): string | undefined {
  const id = text.trim().toLowerCase().replaceAll('-', '');
  return TRACE_ID.test(id) && !/^0+$/.test(id) ? id.padStart(32, '0') : undefined;
}
