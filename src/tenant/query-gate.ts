// How many queries run at the same time: of a tenant, and of all together. More wait, in order within a tenant, and tenants take turns.
//
//   enter ─▶ waiting, a queue per tenant ─(a place is free: the next queue's turn)─▶ running ─▶ leave
//
// However many queries one tenant sends, another tenant's next query waits for one place only. Who waits too long, and who comes when too many wait, is refused.

import { RequestError } from '../base/request-error.ts';
import type { SelfMetrics } from '../base/self-metrics.ts';
import type { TenantLimits } from '../config.ts';

/** Frees a place; calling it again does nothing. */
export type Leave = () => void;

export interface QueryGateOptions {
  readonly limitsOf: (tenant: string) => { readonly query: Pick<TenantLimits['query'], 'concurrency' | 'waitingMax' | 'timeout'> };
  /** Places of all tenants together (`query.concurrency`). */
  readonly concurrency: () => number;
  readonly metrics: SelfMetrics;
}

/** Called when the place is there. */
type Waiter = () => void;

interface Queue {
  readonly key: string;
  /** Of its tenants the least; asked anew with every query that enters. */
  concurrency: number;
  running: number;
  /** In the order in which they came; one that goes away leaves in no time. */
  readonly waiting: Set<Waiter>;
}

export class QueryGate {
  readonly #options: QueryGateOptions;
  readonly #queues = new Map<string, Queue>();
  /** Queues that somebody waits in, the one whose turn it is first. */
  readonly #turns = new Set<Queue>();
  readonly #refused: (reason: 'full' | 'timeout') => void;
  readonly #waited: (seconds: number) => void;
  #running = 0;
  #waiting = 0;

  constructor(options: QueryGateOptions) {
    this.#options = options;
    const { metrics } = options;
    const running = metrics.gauge('sightline_queries_running', 'Queries that have a place.');
    const waiting = metrics.gauge('sightline_queries_waiting', 'Queries that wait for a place.');
    const refused = metrics.counter('sightline_queries_refused_total', 'Queries that got no place.', ['reason']);
    const waited = metrics.histogram('sightline_query_wait_seconds', 'How long queries waited for a place.');
    metrics.onCollect(() => {
      running.set(this.#running);
      waiting.set(this.#waiting);
    });
    this.#refused = (reason) => refused.add(1, reason);
    this.#waited = (seconds) => waited.observe(seconds);
  }

  /** Waits for a place. A read of several tenants has a queue of its own, with the least of their bounds. Rejects with `rate_limited`, `timeout`, or the signal's reason. */
  async enter(tenants: readonly string[], signal: AbortSignal): Promise<Leave> {
    signal.throwIfAborted();
    const limits = tenants.map((tenant) => this.#options.limitsOf(tenant).query);
    const least = (of: (limit: (typeof limits)[number]) => number): number => Math.min(...limits.map(of));
    const key = tenants.join('|');
    const queue = this.#queues.get(key) ?? { key, concurrency: 1, running: 0, waiting: new Set() };
    this.#queues.set(key, queue);
    queue.concurrency = least(({ concurrency }) => concurrency);
    const mustWait = queue.waiting.size > 0 || queue.running >= queue.concurrency || this.#running >= this.#options.concurrency();
    if (mustWait)
      await this.#wait(queue, { signal, waitingMax: least((limit) => limit.waitingMax), timeoutMs: least((limit) => limit.timeout) });
    else this.#take(queue);
    let isInside = true;
    return () => {
      if (!isInside) return;
      isInside = false;
      this.#running--;
      queue.running--;
      this.#admit();
      this.#forget(queue);
    };
  }

  async #wait(
    queue: Queue,
    { signal, waitingMax, timeoutMs }: { readonly signal: AbortSignal; readonly waitingMax: number; readonly timeoutMs: number },
  ): Promise<void> {
    if (queue.waiting.size >= waitingMax) throw this.#full(queue);
    const begunMs = performance.now();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const quit = (reason: Error): void => {
      // Its turn may have come already.
      if (!queue.waiting.delete(resolve)) return;
      this.#waiting--;
      if (queue.waiting.size === 0) this.#turns.delete(queue);
      this.#forget(queue);
      reject(reason);
    };
    const abort = (): void => quit(signal.reason instanceof Error ? signal.reason : new RequestError('canceled', 'canceled'));
    const timer = setTimeout(() => {
      this.#refused('timeout');
      quit(new RequestError('timeout', `query timed out in query queue after ${timeoutMs} ms (limits.query.timeout)`));
    }, timeoutMs);
    queue.waiting.add(resolve);
    this.#waiting++;
    this.#turns.add(queue);
    signal.addEventListener('abort', abort, { once: true });
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      this.#waited((performance.now() - begunMs) / 1000);
    }
  }

  #full({ key, running, waiting }: Queue): RequestError {
    this.#refused('full');
    this.#forget({ key, running, waiting });
    const message = `${running} queries of tenant ${key} run already and ${waiting.size} wait (limits.query.concurrency, limits.query.waitingMax)`;
    return new RequestError('rate_limited', message, { retryAfterS: 1 });
  }

  #take(queue: Queue): void {
    this.#running++;
    queue.running++;
  }

  /** Gives free places to those that wait, one of each queue in turn. */
  #admit(): void {
    const concurrency = this.#options.concurrency();
    let passed = 0;
    while (this.#running < concurrency && passed < this.#turns.size) {
      const [queue] = this.#turns;
      if (queue === undefined) return;
      const [next] = queue.waiting;
      // Its next turn comes after everybody else's.
      this.#turns.delete(queue);
      if (next === undefined) continue;
      if (queue.running < queue.concurrency) {
        queue.waiting.delete(next);
        this.#waiting--;
        this.#take(queue);
        next();
        passed = 0;
      } else passed++;
      if (queue.waiting.size > 0) this.#turns.add(queue);
    }
  }

  #forget({ key, running, waiting }: Pick<Queue, 'key' | 'running' | 'waiting'>): void {
    if (running === 0 && waiting.size === 0) this.#queues.delete(key);
  }
}
