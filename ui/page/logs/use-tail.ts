// The live tail of a query over a WebSocket that is opened again when it is lost.
//
// Source: Loki HTTP API documentation, "Stream logs". The parameters named as headers stand for them: a page's WebSocket has none of its own.

import { useEffect, useReducer } from 'react';
import { useLive } from '../../data/Live.tsx';
import { nsOf } from '../../data/log-questions.ts';
import type { LogEntry } from '../../data/log-lines.ts';
import { NEW_TAIL, decodeTail, reduceTail, retryAfterMs } from './tail-state.ts';
import type { TailEvent, TailState } from './tail-state.ts';

/** Lines of the past that a tail begins with. */
const PAST_LINES = 100;
const PAST_MS = 300_000;
/** What comes within so much of a second is drawn at once. */
const DRAW_EVERY_MS = 100;

export interface Tail {
  readonly tail: TailState;
  readonly send: (event: TailEvent) => void;
}

export function useTail(query: string): Tail {
  const { tenant } = useLive();
  const [tail, send] = useReducer(reduceTail, NEW_TAIL);
  useEffect(() => {
    const follower = new Follower(query, tenant, send);
    return () => follower.stop();
  }, [query, tenant]);
  return { tail, send };
}

function addressOf(query: string, tenant: string, startNs: string): string {
  const params = new URLSearchParams({
    query,
    start: startNs,
    limit: String(PAST_LINES),
    'x-loki-response-encoding-flags': 'categorize-labels',
  });
  if (tenant !== '') params.set('x-scope-orgid', tenant);
  return `${location.origin.replace(/^http/, 'ws')}/loki/api/v1/tail?${params.toString()}`;
}

/** Owns the socket and its timers from the first connection to the stop. */
class Follower {
  readonly #query: string;
  readonly #tenant: string;
  readonly #send: (event: TailEvent) => void;
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #drawing: ReturnType<typeof setTimeout> | undefined;
  #entries: LogEntry[] = [];
  #dropped = 0;
  #attempt = 0;
  /** The time after which lines are new to this page. */
  #fromNs = nsOf(Date.now() - PAST_MS);
  #stopped = false;

  constructor(query: string, tenant: string, send: (event: TailEvent) => void) {
    this.#query = query;
    this.#tenant = tenant;
    this.#send = send;
    this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#drawing);
    this.#socket?.close();
  }

  #connect(): void {
    this.#send({ kind: 'connecting' });
    const socket = new WebSocket(addressOf(this.#query, this.#tenant, this.#fromNs));
    this.#socket = socket;
    socket.addEventListener('open', () => {
      if (!this.#stopped) this.#send({ kind: 'opened' });
    });
    socket.addEventListener('message', ({ data }) => this.#take(String(data)));
    socket.addEventListener('close', ({ code, reason }) => this.#lost(code, reason));
  }

  #take(text: string): void {
    if (this.#stopped) return;
    this.#attempt = 0;
    const { entries, dropped } = decodeTail(text);
    const last = entries.at(-1);
    if (last) this.#fromNs = String(BigInt(last.ns) + 1n);
    this.#entries.push(...entries);
    this.#dropped += dropped;
    this.#drawing ??= setTimeout(() => this.#draw(), DRAW_EVERY_MS);
  }

  #draw(): void {
    this.#drawing = undefined;
    const batch = { entries: this.#entries, dropped: this.#dropped };
    this.#entries = [];
    this.#dropped = 0;
    this.#send({ kind: 'arrived', batch, nowMs: Date.now() });
  }

  #lost(code: number, reason: string): void {
    if (this.#stopped) return;
    this.#attempt++;
    const afterMs = retryAfterMs(this.#attempt);
    // Browsers keep the words of a refusal before the conversation began to themselves.
    const why =
      reason !== '' ? reason : code === 1006 ? 'the server refused the connection or broke it off' : `the server ended it (${code})`;
    this.#send({ kind: 'lost', reason: why, retryMs: Date.now() + afterMs });
    this.#timer = setTimeout(() => this.#connect(), afterMs);
  }
}
