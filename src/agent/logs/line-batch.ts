// Lines of one source that go to the store together, and how they are brought there: until they are stored, or until the source is stopped.
//
//   source ─▶ LineBatch ─(per tenant)─▶ LogWrite ─▶ commit ─┬─▶ refusals are counted
//                              ▲                            └─▶ rate limit, no store: again, later and later
//                              └────────────────────────────────────────┘
//
// Only when `deliver` resolves may a position move on: that is the back-pressure of everything before it.

import { setTimeout as sleep } from 'node:timers/promises';

import type { Log } from '../../base/log.ts';
import { RequestError } from '../../base/request-error.ts';
import type { BeginLogWrite, LogEntry, LogRefusalReason } from '../../logs/write.ts';
import type { Labels } from '../../query/labels.ts';
import type { SourceMetrics } from './source-metrics.ts';

const RETRY_MS_MIN = 250;
const RETRY_MS_MAX = 30_000;
/** What a line costs in memory besides its text. */
const LINE_OVERHEAD_BYTES = 128;
const WARNING_INTERVAL_MS = 60_000;

interface Refused {
  readonly reason: LogRefusalReason;
  readonly message: string;
}

interface TenantLines {
  readonly lines: (readonly [Labels, LogEntry])[];
  readonly refused: Refused[];
}

export class LineBatch {
  readonly tenants = new Map<string, TenantLines>();
  /** Memory that the lines hold, roughly. */
  bytes = 0;

  get isEmpty(): boolean {
    return this.tenants.size === 0;
  }

  add(tenant: string, labels: Labels, entry: LogEntry): void {
    this.#of(tenant).lines.push([labels, entry]);
    this.bytes += entry.line.length + LINE_OVERHEAD_BYTES;
  }

  refuse(tenant: string, reason: LogRefusalReason, message: string): void {
    this.#of(tenant).refused.push({ reason, message });
    this.bytes += LINE_OVERHEAD_BYTES;
  }

  #of(tenant: string): TenantLines {
    const known = this.tenants.get(tenant);
    if (known !== undefined) return known;
    const fresh: TenantLines = { lines: [], refused: [] };
    this.tenants.set(tenant, fresh);
    return fresh;
  }
}

export interface DeliveryOptions {
  readonly begin: BeginLogWrite;
  readonly metrics: SourceMetrics;
  readonly log: Log;
  readonly retryMsMin?: number;
}

/** Brings batches of one source to the store. */
export class Delivery {
  readonly #options: DeliveryOptions;
  #warnedMs = 0;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** Resolves when every line is stored or refused for good. Rejects with the signal's reason when it is told to stop before. */
  async deliver(batch: LineBatch, signal: AbortSignal): Promise<void> {
    for (const [tenant, lines] of batch.tenants) await this.#deliverTenant(tenant, lines, signal);
  }

  async #deliverTenant(tenant: string, lines: TenantLines, signal: AbortSignal): Promise<void> {
    for (let waitMs = this.#options.retryMsMin ?? RETRY_MS_MIN; ; waitMs = Math.min(2 * waitMs, RETRY_MS_MAX)) {
      signal.throwIfAborted();
      try {
        await this.#commit(tenant, lines);
        return;
      } catch (error) {
        if (!isTemporary(error)) {
          this.#options.metrics.refused('invalid_entry', lines.lines.length);
          this.#warn('log lines refused by the store', { tenant, lines: lines.lines.length, error });
          return;
        }
        this.#options.metrics.retried();
        this.#warn('log lines wait for the store', { tenant, lines: lines.lines.length, error });
      }
      await sleep(waitMs, undefined, { signal, ref: false });
    }
  }

  async #commit(tenant: string, { lines, refused }: TenantLines): Promise<void> {
    const { begin, metrics } = this.#options;
    const write = begin(tenant);
    for (const [labels, entry] of lines) write.entry(labels, entry);
    for (const { reason, message } of refused) write.refuse(reason, message);
    const summary = await write.commit();
    for (const { reason, message, count } of summary.refusals) {
      metrics.refused(reason, count);
      this.#warn('log lines refused', { tenant, reason, count, message });
    }
  }

  /** One warning a minute: what goes wrong for one line goes wrong for many. */
  #warn(message: string, fields: Readonly<Record<string, unknown>>): void {
    const nowMs = performance.now();
    if (this.#warnedMs !== 0 && nowMs - this.#warnedMs < WARNING_INTERVAL_MS) return;
    this.#warnedMs = nowMs;
    this.#options.log.warn(message, { source: this.#options.metrics.source, ...fields });
  }
}

/** What may be well later: only a request that can never be understood is given up. */
function isTemporary(error: unknown): boolean {
  return !(error instanceof RequestError) || error.status === 429 || error.status >= 500 || error.code === 'canceled';
}
