// A live tail as it stands: the lines that came, how fast they come, and what was lost. A pure function of what happens to it.
//
//   message ─▶ arrived ─┬─ running ─▶ shown (the newest 100 000)
//                       └─ paused  ─▶ waiting ─(resumed)─▶ shown

import { isRecord } from '../../data/api.ts';
import { entriesOf, inOrder } from '../../data/log-lines.ts';
import type { LogEntry } from '../../data/log-lines.ts';
import { HELD_LINES_MAX } from './line-pages.ts';

export interface TailBatch {
  readonly entries: readonly LogEntry[];
  /** Lines that the server did not send because this page was too slow. */
  readonly dropped: number;
}

export type Connection =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'open' }
  /** `retryMs`: when the next attempt begins, by the page's clock. */
  | { readonly kind: 'lost'; readonly reason: string; readonly retryMs: number };

interface Arrival {
  readonly ms: number;
  readonly lines: number;
}

export interface TailState {
  readonly connection: Connection;
  readonly paused: boolean;
  /** Oldest first. */
  readonly shown: readonly LogEntry[];
  readonly waiting: readonly LogEntry[];
  /** Lines that were taken away at the beginning of `shown` to make room. */
  readonly trimmed: number;
  /** Lines that came while it was paused and found no room. */
  readonly missed: number;
  readonly dropped: number;
  readonly arrivals: readonly Arrival[];
}

export type TailEvent =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'opened' }
  | { readonly kind: 'lost'; readonly reason: string; readonly retryMs: number }
  | { readonly kind: 'arrived'; readonly batch: TailBatch; readonly nowMs: number }
  | { readonly kind: 'paused' }
  | { readonly kind: 'resumed' }
  | { readonly kind: 'cleared' };

/** The time over which the rate is taken. */
const RATE_MS = 5000;

export const NEW_TAIL: TailState = {
  connection: { kind: 'connecting' },
  paused: false,
  shown: [],
  waiting: [],
  trimmed: 0,
  missed: 0,
  dropped: 0,
  arrivals: [],
};

/** One message of the tail interface. Throws an Error that says what is wrong with it. */
export function decodeTail(text: string): TailBatch {
  const body: unknown = JSON.parse(text);
  if (!isRecord(body)) throw new Error('expected a message to be an object');
  const lost = Array.isArray(body['dropped_entries']) ? body['dropped_entries'].length : 0;
  return {
    entries: inOrder(entriesOf(body['streams'] ?? []), 'forward'),
    dropped: typeof body['dropped_count'] === 'number' ? body['dropped_count'] : lost,
  };
}

export function reduceTail(state: TailState, event: TailEvent): TailState {
  switch (event.kind) {
    case 'connecting':
      return { ...state, connection: { kind: 'connecting' } };
    case 'opened':
      return { ...state, connection: { kind: 'open' } };
    case 'lost':
      return { ...state, connection: { kind: 'lost', reason: event.reason, retryMs: event.retryMs } };
    case 'arrived':
      return arrived(state, event.batch, event.nowMs);
    case 'paused':
      return { ...state, paused: true };
    case 'resumed':
      return { ...shownWith({ ...state, paused: false, waiting: [], missed: 0 }, state.waiting), dropped: state.dropped + state.missed };
    case 'cleared':
      return { ...state, shown: [], waiting: [], trimmed: state.trimmed + state.shown.length, missed: 0, dropped: 0 };
  }
}

function arrived(state: TailState, { entries, dropped }: TailBatch, nowMs: number): TailState {
  const arrivals = [...state.arrivals.filter(({ ms }) => ms > nowMs - RATE_MS), { ms: nowMs, lines: entries.length }];
  const counted = { ...state, arrivals, dropped: state.dropped + dropped };
  if (!state.paused) return shownWith(counted, entries);
  const all = [...state.waiting, ...entries];
  const waiting = all.slice(-HELD_LINES_MAX);
  return { ...counted, waiting, missed: state.missed + all.length - waiting.length };
}

function shownWith(state: TailState, entries: readonly LogEntry[]): TailState {
  if (entries.length === 0) return state;
  const all = [...state.shown, ...entries];
  const shown = all.slice(-HELD_LINES_MAX);
  return { ...state, shown, trimmed: state.trimmed + all.length - shown.length };
}

/** Lines per second over the last seconds. */
export function tailRate({ arrivals }: Pick<TailState, 'arrivals'>, nowMs: number): number {
  return arrivals.reduce((sum, { ms, lines }) => (ms > nowMs - RATE_MS ? sum + lines : sum), 0) / (RATE_MS / 1000);
}

/** Milliseconds before the n-th attempt in a row, the first being 1: doubled each time, half a minute at most. */
export function retryAfterMs(attempt: number): number {
  return Math.min(30_000, 1000 * 2 ** (attempt - 1));
}
