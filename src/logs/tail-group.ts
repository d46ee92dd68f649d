// The clients of one live query: lines go through its pipeline once and are drawn once, however many clients there are.
//
//   offered lines ─(pipeline)─▶ batch ─(50 ms, or the delay)─▶ sorted by time ─▶ TailMessage ─▶ every client

import { NO_LABELS, type Labels } from '../query/labels.ts';
import { type CategorizedLabels, LineLabels } from './logql/line-labels.ts';
import type { Pipeline } from './logql/pipeline.ts';
import type { ResultEntry } from './query-result.ts';
import { entryBytes, TAIL_DROPPED_ENTRIES_MAX, type TailClient } from './tail-client.ts';
import { type DroppedEntry, type TailForm, TailMessage } from './tail-message.ts';

/** Lines are gathered for so long, so that a busy stream is few messages; well below what a reader calls live. */
const BATCH_MS = 50;
/** What all batches of a group may hold. */
export const TAIL_GROUP_BYTES_MAX = 8 * 1024 * 1024;
const INTERNAL_ERROR = 1011;

export interface TailGroupOptions {
  readonly pipeline: Pipeline;
  readonly form: TailForm;
  readonly delayMs: number;
}

/** Only one form of message tells where labels come from. */
const NO_CATEGORIES: CategorizedLabels = { stream: NO_LABELS, structuredMetadata: NO_LABELS, parsed: NO_LABELS };

interface Batch {
  readonly entries: ResultEntry[];
  /** Takes lines until then, by `performance.now()`. */
  readonly openUntilMs: number;
  readonly timer: NodeJS.Timeout;
  bytes: number;
  lost: number;
  readonly lostEntries: DroppedEntry[];
}

export class TailGroup {
  readonly #options: TailGroupOptions;
  readonly #clients = new Set<TailClient>();
  readonly #batches = new Set<Batch>();
  readonly #labels = new LineLabels();
  #newest: Batch | undefined;
  #bytes = 0;

  constructor(options: TailGroupOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#clients.size;
  }

  add(client: TailClient): void {
    this.#clients.add(client);
  }

  remove(client: TailClient): void {
    this.#clients.delete(client);
    if (this.#clients.size > 0) return;
    for (const { timer } of this.#batches) clearTimeout(timer);
    this.#batches.clear();
    this.#newest = undefined;
    this.#bytes = 0;
  }

  /** A line of a stream that the selector chose. Never throws: a pipeline that fails ends its own tails. */
  offer(stream: Labels, tsNs: bigint, text: string, metadata: Labels = NO_LABELS): void {
    const line = { tsNs, text, labels: this.#labels };
    try {
      line.labels.reset(stream, metadata);
      if (!this.#options.pipeline.process(line)) return;
    } catch (error) {
      for (const client of this.#clients) client.close(INTERNAL_ERROR, error instanceof Error ? error.message : String(error));
      return;
    }
    const batch = this.#batch();
    if (this.#bytes >= TAIL_GROUP_BYTES_MAX) {
      batch.lost++;
      if (batch.lostEntries.length < TAIL_DROPPED_ENTRIES_MAX) batch.lostEntries.push({ tsNs, labels: line.labels.labels() });
      return;
    }
    const categories = this.#options.form === 'categorized' ? line.labels.categorized() : NO_CATEGORIES;
    const entry = { tsNs, line: line.text, labels: line.labels.labels(), categories };
    const bytes = entryBytes(entry);
    batch.entries.push(entry);
    batch.bytes += bytes;
    this.#bytes += bytes;
  }

  #batch(): Batch {
    const now = performance.now();
    if (this.#newest !== undefined && now < this.#newest.openUntilMs) return this.#newest;
    const timer = setTimeout(() => this.#flush(batch), BATCH_MS + this.#options.delayMs);
    const batch: Batch = { entries: [], openUntilMs: now + BATCH_MS, timer, bytes: 0, lost: 0, lostEntries: [] };
    this.#batches.add(batch);
    this.#newest = batch;
    return batch;
  }

  #flush(batch: Batch): void {
    this.#batches.delete(batch);
    if (this.#newest === batch) this.#newest = undefined;
    this.#bytes -= batch.bytes;
    const entries = batch.entries.sort((a, b) => (a.tsNs < b.tsNs ? -1 : a.tsNs > b.tsNs ? 1 : 0));
    const message = new TailMessage(entries, this.#options.form);
    const lost = { count: batch.lost, entries: batch.lostEntries };
    for (const client of this.#clients) {
      client.lose(lost);
      if (entries.length > 0) client.take(message);
    }
  }
}
