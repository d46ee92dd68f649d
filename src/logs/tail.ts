// Live tails: `/loki/api/v1/tail` over WebSocket, and the older `/api/prom/tail`.
//
//   request ─▶ group of its query (shared) ─▶ past: the last `limit` lines since `start` ─▶ live: what is committed from now on
//
// Source: Loki's HTTP API reference, "Stream logs"; Loki `pkg/loghttp/tail.go`, `pkg/querier/http.go`.

import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { RequestError } from '../base/request-error.ts';
import type { Counter, SelfMetrics } from '../base/self-metrics.ts';
import type { Enter } from '../server/gated.ts';
import type { Request, Socket, SocketRoute } from '../server/route.ts';
import type { LogsApiOptions } from './api-context.ts';
import { badData, boundsParams, limitParam, parseLogQuery } from './api-params.ts';
import type { LogExpr } from './logql/ast.ts';
import { compilePipeline } from './logql/compile-pipeline.ts';
import { lokiError } from './loki-error.ts';
import type { LogQuery, ResultEntry } from './query-result.ts';
import { CATEGORIZE_LABELS, encodingFlags } from './result-json.ts';
import { TailClient } from './tail-client.ts';
import { type FollowLines, TailFeed } from './tail-feed.ts';
import { TailGroup } from './tail-group.ts';
import type { TailForm } from './tail-message.ts';

const ENCODING_FLAGS_HEADER = 'x-loki-response-encoding-flags';
const DELAY_SECONDS_MAX = 5;
const INTERNAL_ERROR = 1011;
const NS_PER_MS = 1_000_000n;

/** The part of a tenant's limits that tails need. */
export interface TailLimits {
  readonly query: { readonly lengthMax: number };
  readonly logs: { readonly entriesMax: number; readonly tailsMax: number };
}

export interface TailOptions extends Pick<LogsApiOptions, 'contexts' | 'runQuery'> {
  readonly clock: Clock;
  readonly limitsOf: (tenant: string) => TailLimits;
  readonly follow: FollowLines;
  /** Waits for a place among the running queries; asking for the past takes one. */
  readonly enter: Enter;
  readonly metrics: SelfMetrics;
  readonly log: Log;
}

/** What a tail asks, parsed. */
interface Tail {
  readonly expr: LogExpr;
  readonly form: TailForm;
  readonly delayMs: number;
  readonly past: LogQuery;
}

export function tailRoutes(options: TailOptions): readonly SocketRoute[] {
  const tails = new Tails(options);
  const route = (path: string, legacy: boolean): SocketRoute => ({
    path,
    summary: 'Streams the lines of a query as they come.',
    access: 'read',
    headers: [ENCODING_FLAGS_HEADER],
    error: lokiError,
    open: (request) => tails.open(request, legacy),
  });
  return [route('/loki/api/v1/tail', false), route('/api/prom/tail', true)];
}

/** All live tails. */
class Tails {
  readonly #options: TailOptions;
  readonly #feed: TailFeed;
  readonly #groups = new Map<string, TailGroup>();
  readonly #open = new Map<string, number>();
  readonly #dropped: Counter;

  constructor(options: TailOptions) {
    this.#options = options;
    this.#feed = new TailFeed(options.follow);
    this.#dropped = options.metrics.counter('sightline_log_tail_dropped_lines_total', 'Lines that live tails were too slow for.');
    const gauge = options.metrics.gauge('sightline_log_tails', 'Live tails, of all tenants together.');
    options.metrics.onCollect(() => gauge.set([...this.#groups.values()].reduce((sum, { size }) => sum + size, 0)));
  }

  /** Throws `bad_data` on what is no tail, `rate_limited` where a tenant has too many. */
  open(request: Request, legacy: boolean): (socket: Socket) => void {
    const tail = tailParams(request, this.#options, legacy);
    this.#checkNumber(request.tenants);
    return (socket) => this.#begin(request, tail, socket);
  }

  #begin(request: Request, tail: Tail, socket: Socket): void {
    const { form, delayMs } = tail;
    const client = new TailClient({ socket, form, delayMs, onDropped: (lines) => this.#dropped.add(lines) });
    // `distinct` remembers lines: its tails have a group each.
    const isShared = !tail.expr.stages.some(({ kind }) => kind === 'distinct');
    const key = JSON.stringify([request.tenants, tail.past.text, form, delayMs, isShared ? '' : request.id]);
    const group = this.#groups.get(key) ?? this.#newGroup(key, request.tenants, tail);
    group.add(client);
    this.#count(request.tenants, 1);
    socket.onClose(() => {
      client.end();
      group.remove(client);
      this.#count(request.tenants, -1);
      if (group.size > 0) return;
      this.#groups.delete(key);
      this.#feed.remove(group, request.tenants);
    });
    // The group has the client already, so what is committed from now on is seen by one of the two, and what both see is shown once.
    this.#past(request, tail).then(
      (entries) => client.begin(entries),
      (error: unknown) => socket.close(INTERNAL_ERROR, this.#reason(error)),
    );
  }

  /** What the client is told of an error; what it may not know is in the log. */
  #reason(error: unknown): string {
    if (error instanceof RequestError) return error.message;
    this.#options.log.error('a tail could not read what was there before', { error });
    return 'internal error';
  }

  #newGroup(key: string, tenants: readonly string[], { expr, form, delayMs }: Tail): TailGroup {
    const group = new TailGroup({ pipeline: compilePipeline(expr.stages), form, delayMs });
    this.#groups.set(key, group);
    this.#feed.add(group, tenants, expr.matchers);
    return group;
  }

  /** The lines before now, oldest first. */
  async #past(request: Request, { expr, past }: Tail): Promise<readonly ResultEntry[]> {
    if (past.startNs >= past.endNs) return [];
    const leave = await this.#options.enter(request.tenants, request.signal);
    try {
      const context = await this.#options.contexts.read(request);
      const { value } = await this.#options.runQuery(context, expr, past);
      return value.kind === 'streams' ? value.entries.toReversed() : [];
    } finally {
      leave();
    }
  }

  #checkNumber(tenants: readonly string[]): void {
    for (const tenant of tenants) {
      const open = this.#open.get(tenant) ?? 0;
      const { tailsMax } = this.#options.limitsOf(tenant).logs;
      if (open >= tailsMax)
        throw new RequestError('rate_limited', `tenant ${tenant} has ${open} live tails, ${tailsMax} at most (limits.logs.tailsMax)`);
    }
  }

  #count(tenants: readonly string[], change: number): void {
    for (const tenant of tenants) {
      const open = (this.#open.get(tenant) ?? 0) + change;
      if (open === 0) this.#open.delete(tenant);
      else this.#open.set(tenant, open);
    }
  }
}

function tailParams({ query, tenants, headers }: Request, { clock, limitsOf }: TailOptions, legacy: boolean): Tail {
  const text = query.get('query') ?? '';
  const lengthMax = Math.min(...tenants.map((tenant) => limitsOf(tenant).query.lengthMax));
  if (text.length > lengthMax) throw badData(`the query has ${text.length} characters, ${lengthMax} at most (limits.query.lengthMax)`);
  const expr = parseLogQuery(text);
  const limit = limitParam(query);
  const entriesMax = Math.min(...tenants.map((tenant) => limitsOf(tenant).logs.entriesMax));
  if (limit > entriesMax)
    throw badData(
      `max entries limit per query exceeded, limit > max_entries_limit_per_query (${limit} > ${entriesMax}) (limits.logs.entriesMax)`,
    );
  const nowMs = clock.now();
  const { fromNs } = boundsParams(query, nowMs);
  const flags = encodingFlags(headers[ENCODING_FLAGS_HEADER]);
  return {
    expr,
    form: legacy ? 'legacy' : flags.includes(CATEGORIZE_LABELS) ? 'categorized' : 'plain',
    delayMs: delayParam(query) * 1000,
    // The range ends before its end: the millisecond of now belongs to the past as well.
    past: { text, startNs: fromNs, endNs: (BigInt(nowMs) + 1n) * NS_PER_MS, stepNs: 1n, limit, direction: 'backward' },
  };
}

function delayParam(query: URLSearchParams): number {
  const given = query.get('delay_for') ?? '';
  if (given === '') return 0;
  if (!/^\d{1,9}$/.test(given)) throw badData(`delay_for: ${JSON.stringify(given.slice(0, 40))} is no number of seconds`);
  const seconds = Number(given);
  if (seconds > DELAY_SECONDS_MAX) throw badData(`delay_for can't be greater than ${DELAY_SECONDS_MAX}`);
  return seconds;
}
