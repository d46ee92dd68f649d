// One client of a live tail: first what was there before, then what comes.
//
//   joins its group ─▶ asks for the past ─▶ shows it ─▶ passes over what it has shown ─▶ takes batches as they are drawn
//                       (batches wait)
//
// A client that reads slowly loses lines and is told which, so that it never holds more than its socket's bound and a short list.

import type { Socket } from '../server/route.ts';
import { labelsKey } from '../query/labels.ts';
import type { ResultEntry } from './query-result.ts';
import { type Dropped, type DroppedEntry, type TailForm, TailMessage } from './tail-message.ts';

/** What a client may have unread before lines are dropped. */
export const TAIL_BUFFERED_BYTES_MAX = 1024 * 1024;
/** Lines that wait for the answer about the past. */
export const TAIL_WAITING_BYTES_MAX = 4 * 1024 * 1024;
/** Dropped lines that a message names; the others are counted. */
export const TAIL_DROPPED_ENTRIES_MAX = 100;
/** How often a client that lost lines is looked at, so that it learns of it also when nothing more comes. */
const REPORT_INTERVAL_MS = 250;
/** A line that the past has shown comes live within so much of its end: the longest way from the disk to a batch. */
const SHOWN_MS = 1000;

export interface TailClientOptions {
  readonly socket: Socket;
  readonly form: TailForm;
  /** How long the group holds lines back. */
  readonly delayMs: number;
  readonly onDropped: (lines: number) => void;
}

type State =
  | { readonly kind: 'asking'; readonly waiting: ResultEntry[]; bytes: number }
  /** Live, but lines that were shown are passed over until `performance.now()` reaches `untilMs`. */
  | { readonly kind: 'passing'; readonly shown: ReadonlySet<string>; readonly untilMs: number }
  | { readonly kind: 'live' }
  | { readonly kind: 'ended' };

export class TailClient {
  readonly #options: TailClientOptions;
  #state: State = { kind: 'asking', waiting: [], bytes: 0 };
  #droppedCount = 0;
  #dropped: DroppedEntry[] = [];
  #report: NodeJS.Timeout | undefined;

  constructor(options: TailClientOptions) {
    this.#options = options;
  }

  /** Shows the past, oldest first, and then what came meanwhile. */
  begin(past: readonly ResultEntry[]): void {
    if (this.#state.kind !== 'asking') return;
    const { waiting } = this.#state;
    const untilMs = performance.now() + this.#options.delayMs + SHOWN_MS;
    this.#state = { kind: 'passing', shown: new Set(past.map(entryKey)), untilMs };
    if (past.length > 0) this.#options.socket.send(new TailMessage(past, this.#options.form).bytes);
    if (waiting.length > 0) this.take(new TailMessage(waiting, this.#options.form));
  }

  /** A batch that the group has drawn, or will when a client needs it. */
  take(message: TailMessage): void {
    const { socket, form } = this.#options;
    const state = this.#state;
    if (state.kind === 'asking') {
      this.#wait(state, message.entries);
      return;
    }
    if (state.kind === 'ended') return;
    const fresh = this.#fresh(message, form);
    if (fresh.entries.length === 0 && this.#droppedCount === 0) return;
    if (socket.bufferedBytes > TAIL_BUFFERED_BYTES_MAX) this.lose(droppedOf(fresh.entries));
    else socket.send(fresh.withDropped(this.#takeDropped()));
  }

  /** Notes lines that this client will not get. */
  lose(dropped: Dropped): void {
    if (dropped.count === 0) return;
    this.#options.onDropped(dropped.count);
    this.#droppedCount += dropped.count;
    this.#dropped.push(...dropped.entries.slice(0, TAIL_DROPPED_ENTRIES_MAX - this.#dropped.length));
    this.#report ??= setInterval(() => this.#tell(), REPORT_INTERVAL_MS);
  }

  end(): void {
    clearInterval(this.#report);
    this.#state = { kind: 'ended' };
  }

  close(code: number, reason: string): void {
    this.#options.socket.close(code, reason);
  }

  #wait(state: State & { readonly kind: 'asking' }, entries: readonly ResultEntry[]): void {
    const lost: ResultEntry[] = [];
    for (const entry of entries) {
      const bytes = entryBytes(entry);
      if (state.bytes + bytes > TAIL_WAITING_BYTES_MAX) lost.push(entry);
      else {
        state.bytes += bytes;
        state.waiting.push(entry);
      }
    }
    this.lose(droppedOf(lost));
  }

  #fresh(message: TailMessage, form: TailForm): TailMessage {
    const state = this.#state;
    if (state.kind !== 'passing') return message;
    if (performance.now() > state.untilMs) this.#state = { kind: 'live' };
    const fresh = message.entries.filter((entry) => !state.shown.has(entryKey(entry)));
    return fresh.length === message.entries.length ? message : new TailMessage(fresh, form);
  }

  #tell(): void {
    const { socket, form } = this.#options;
    if (this.#state.kind === 'asking' || socket.bufferedBytes > TAIL_BUFFERED_BYTES_MAX) return;
    socket.send(new TailMessage([], form).withDropped(this.#takeDropped()));
  }

  #takeDropped(): Dropped {
    const dropped = { count: this.#droppedCount, entries: this.#dropped };
    if (dropped.count > 0) {
      clearInterval(this.#report);
      this.#report = undefined;
      this.#droppedCount = 0;
      this.#dropped = [];
    }
    return dropped;
  }
}

/** All of `entries` as lost. */
export function droppedOf(entries: readonly ResultEntry[]): Dropped {
  return { count: entries.length, entries: entries.slice(0, TAIL_DROPPED_ENTRIES_MAX) };
}

/** About what an entry holds in memory. */
export function entryBytes({ line, labels }: ResultEntry): number {
  let bytes = 200 + line.length;
  for (const text of labels) bytes += text.length;
  return bytes;
}

function entryKey({ tsNs, labels, line }: ResultEntry): string {
  return `${tsNs} ${labelsKey(labels)} ${line}`;
}
