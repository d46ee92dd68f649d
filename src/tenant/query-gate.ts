// How many queries of a tenant run at the same time: more wait for their turn, in order, and too many waiting are refused.

import { RequestError } from '../base/request-error.ts';
import { QUERIES_WAITING_MAX } from '../limits.ts';
import type { LimitsOf } from './tenant-limits.ts';

/** Frees a place; calling it again does nothing. */
export type Leave = () => void;

interface Queue {
  running: number;
  readonly waiting: (() => void)[];
}

export class QueryGate {
  readonly #limitsOf: LimitsOf;
  readonly #queues = new Map<string, Queue>();

  constructor(limitsOf: LimitsOf) {
    this.#limitsOf = limitsOf;
  }

  /** Waits for a place. A read of several tenants has a queue of its own, with the least of their bounds. Rejects with `rate_limited`, or with the signal's reason. */
  async enter(tenants: readonly string[], signal: AbortSignal): Promise<Leave> {
    const key = tenants.join('|');
    const queue = this.#queues.get(key) ?? { running: 0, waiting: [] };
    this.#queues.set(key, queue);
    const concurrency = Math.min(...tenants.map((tenant) => this.#limitsOf(tenant).query.concurrency));
    if (queue.running < concurrency) queue.running++;
    else await this.#wait(queue, { key, concurrency, signal });
    let isInside = true;
    return () => {
      if (!isInside) return;
      isInside = false;
      this.#leave(key, queue);
    };
  }

  /** Resolves when the one who leaves hands its place on. */
  async #wait(
    { waiting }: Queue,
    { key, concurrency, signal }: { readonly key: string; readonly concurrency: number; readonly signal: AbortSignal },
  ): Promise<void> {
    if (waiting.length >= QUERIES_WAITING_MAX) {
      const message = `${concurrency} queries of tenant ${key} run already and ${waiting.length} wait (limits.query.concurrency)`;
      throw new RequestError('rate_limited', message, { retryAfterS: 1 });
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = (): void => {
      const at = waiting.indexOf(resolve);
      // Its turn has come already.
      if (at < 0) return;
      waiting.splice(at, 1);
      reject(signal.reason instanceof Error ? signal.reason : new RequestError('canceled', 'canceled'));
    };
    waiting.push(resolve);
    signal.addEventListener('abort', abort, { once: true });
    await promise;
    signal.removeEventListener('abort', abort);
  }

  #leave(key: string, queue: Queue): void {
    const next = queue.waiting.shift();
    if (next !== undefined) {
      next();
      return;
    }
    queue.running--;
    if (queue.running === 0) this.#queues.delete(key);
  }
}
