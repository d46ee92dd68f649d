// The program's own log as a stream, `{service_name="sightline"}`: what it says can be asked for where everything else is.
//
//   log line ─▶ write ─(bounded queue)─▶ LogWrite, once a second ─▶ the store
//
// It never feeds on itself: what storing its own lines makes the program say is not taken, a failure to store them makes no line at all but a counter,
// and only so many lines a second are taken.

import { AsyncLocalStorage } from 'node:async_hooks';

import type { SelfMetrics } from '../../base/self-metrics.ts';
import type { Counter } from '../../base/self-metrics.ts';
import type { BeginLogWrite } from '../../logs/write.ts';
import { labelsOfRecord, NO_LABELS } from '../../query/labels.ts';

const LABELS = labelsOfRecord({ service_name: 'sightline' });
const QUEUE_BYTES_MAX = 4 * 1024 * 1024;
/** Lines that are taken: so many at once, and so many a second after that. */
const BURST = 5000;
const LINES_PER_SECOND = 200;
const FLUSH_MS = 1000;
const RETRY_MS_MAX = 60_000;
const LINE_OVERHEAD_BYTES = 64;

export interface OwnLogOptions {
  readonly metrics: SelfMetrics;
  readonly nowMs: () => number;
}

/** Where the lines go. */
export interface OwnLogTarget {
  readonly begin: BeginLogWrite;
  readonly tenant: string;
}

interface OwnLine {
  readonly tsNs: bigint;
  readonly line: string;
}

/** Takes lines from the start of the program on; stores them from `follow` on. */
export class OwnLog implements AsyncDisposable {
  readonly #nowMs: () => number;
  readonly #lost: Counter;
  readonly #storing = new AsyncLocalStorage<true>();
  #queue: OwnLine[] = [];
  #bytes = 0;
  #lastNs = 0n;
  #tokens = BURST;
  #tokensMs: number;
  #timer: NodeJS.Timeout | undefined;
  #target: OwnLogTarget | undefined;
  #isOff = false;
  #flushing: Promise<void> = Promise.resolve();
  #waitMs = FLUSH_MS;

  constructor({ metrics, nowMs }: OwnLogOptions) {
    this.#nowMs = nowMs;
    this.#tokensMs = nowMs();
    this.#lost = metrics.counter('sightline_own_log_lost_lines_total', 'Lines of the own log that were not stored.', ['reason']);
  }

  /** What the log is given to write to besides. Never throws, never waits. */
  readonly write = (text: string): void => {
    if (this.#isOff || this.#storing.getStore() === true) return;
    const line = text.trimEnd();
    if (line === '') return;
    if (!this.#mayTake()) return this.#lost.add(1, 'rate');
    if (this.#bytes + line.length > QUEUE_BYTES_MAX) return this.#lost.add(1, 'queue');
    const nowNs = BigInt(Math.trunc(this.#nowMs())) * 1_000_000n;
    // Lines of one millisecond keep their order.
    this.#lastNs = nowNs > this.#lastNs ? nowNs : this.#lastNs + 1n;
    this.#queue.push({ tsNs: this.#lastNs, line });
    this.#bytes += line.length + LINE_OVERHEAD_BYTES;
    this.#schedule();
  };

  /** Stores what has been said and will be there; undefined stores nothing and takes nothing more. */
  follow(target: OwnLogTarget | undefined): void {
    this.#target = target;
    this.#isOff = target === undefined;
    if (this.#isOff) [this.#queue, this.#bytes] = [[], 0];
    this.#schedule();
  }

  /** Stores what waits; one attempt. */
  async flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#storing.run(true, () => this.#store()));
    await this.#flushing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush();
    this.follow(undefined);
    clearTimeout(this.#timer);
  }

  async #store(): Promise<void> {
    const target = this.#target;
    const lines = this.#queue;
    if (target === undefined || lines.length === 0) return;
    this.#queue = [];
    try {
      const write = target.begin(target.tenant);
      for (const { tsNs, line } of lines) write.entry(LABELS, { tsNs, line, metadata: NO_LABELS });
      const { refusals } = await write.commit();
      this.#bytes = Math.max(0, this.#bytes - bytesOf(lines));
      for (const { reason, count } of refusals) this.#lost.add(count, reason);
      this.#waitMs = FLUSH_MS;
    } catch {
      // The next attempt takes them again, at the same times; the queue's bound holds meanwhile.
      this.#queue = [...lines, ...this.#queue];
      this.#waitMs = Math.min(2 * this.#waitMs, RETRY_MS_MAX);
    }
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#target === undefined || this.#queue.length === 0) return;
    this.#timer = setTimeout(() => {
      void this.flush().then(() => {
        this.#timer = undefined;
        this.#schedule();
      });
    }, this.#waitMs);
    this.#timer.unref();
  }

  #mayTake(): boolean {
    const nowMs = this.#nowMs();
    this.#tokens = Math.min(BURST, this.#tokens + (Math.max(0, nowMs - this.#tokensMs) / 1000) * LINES_PER_SECOND);
    this.#tokensMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}

function bytesOf(lines: readonly OwnLine[]): number {
  return lines.reduce((bytes, { line }) => bytes + line.length + LINE_OVERHEAD_BYTES, 0);
}
