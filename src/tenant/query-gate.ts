// How many queries of a tenant run at the same time: more wait for their turn, in the order of asking.

import { RequestError } from '../base/request-error.ts';

interface Tenant {
  running: number;
  readonly waiting: (() => void)[];
}

export class QueryGate {
  readonly #tenants = new Map<string, Tenant>();
  readonly #concurrencyOf: (tenant: string) => number;
  readonly #waitingMax: number;

  constructor({ concurrencyOf, waitingMax }: { readonly concurrencyOf: (tenant: string) => number; readonly waitingMax: number }) {
    this.#concurrencyOf = concurrencyOf;
    this.#waitingMax = waitingMax;
  }

  /** Runs a query when it is its turn. Rejects with `canceled` when the signal fires before, and with `rate_limited` when too many wait already. */
  async run<T>(tenant: string, signal: AbortSignal, query: () => Promise<T> | T): Promise<T> {
    const state = this.#tenants.get(tenant) ?? { running: 0, waiting: [] };
    this.#tenants.set(tenant, state);
    if (state.running >= this.#concurrencyOf(tenant)) await this.#turn(state, tenant, signal);
    else state.running++;
    try {
      return await query();
    } finally {
      const next = state.waiting.shift();
      // The next one takes over this one's place, so that no newcomer slips in between.
      if (next !== undefined) next();
      else if (--state.running === 0) this.#tenants.delete(tenant);
    }
  }

  #turn(state: Tenant, tenant: string, signal: AbortSignal): Promise<void> {
    if (state.waiting.length >= this.#waitingMax) {
      throw new RequestError('rate_limited', `tenant ${tenant}: ${this.#waitingMax} queries wait already (limits.query.concurrency)`, {
        retryAfterS: 1,
      });
    }
    return new Promise((resolve, reject) => {
      const start = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        const at = state.waiting.indexOf(start);
        if (at >= 0) state.waiting.splice(at, 1);
        reject(new RequestError('canceled', 'the query was cancelled while it waited for its turn'));
      };
      if (signal.aborted) return leave();
      signal.addEventListener('abort', leave, { once: true });
      state.waiting.push(start);
    });
  }
}
