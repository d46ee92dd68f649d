// What the program says of its own sources of log lines: counters per source, whose number the settings bound.

import type { Counter, Gauge, SelfMetrics } from '../../base/self-metrics.ts';

/** What one source tells. */
export interface SourceMetrics {
  readonly source: string;
  readonly read: (lines: number, bytes: number) => void;
  readonly refused: (reason: string, lines: number) => void;
  /** Lines that a stage dropped on purpose. */
  readonly dropped: (reason: string, lines: number) => void;
  /** Labels of `dropped` that stand for what could not be done: a file that cannot be read, a child that ended. */
  readonly failed: (what: string) => void;
  readonly retried: () => void;
  readonly files: (count: number) => void;
  /** Bytes that are there and not yet stored. */
  readonly lagBytes: (bytes: number) => void;
  /** How old the newest line was when it was stored. */
  readonly lagSeconds: (seconds: number) => void;
}

/** Registers the families once; each source then has its own series. */
export class LogSourceMetrics {
  readonly #lines: Counter;
  readonly #bytes: Counter;
  readonly #refused: Counter;
  readonly #dropped: Counter;
  readonly #failed: Counter;
  readonly #retried: Counter;
  readonly #files: Gauge;
  readonly #lagBytes: Gauge;
  readonly #lagSeconds: Gauge;

  constructor(metrics: SelfMetrics) {
    this.#lines = metrics.counter('sightline_log_source_lines_total', 'Lines read by a source of this host.', ['source']);
    this.#bytes = metrics.counter('sightline_log_source_bytes_total', 'Bytes read by a source of this host.', ['source']);
    this.#refused = metrics.counter('sightline_log_source_refused_lines_total', 'Lines of a source that were refused.', [
      'source',
      'reason',
    ]);
    this.#dropped = metrics.counter('sightline_log_source_dropped_lines_total', 'Lines that stages of a source dropped.', [
      'source',
      'reason',
    ]);
    this.#failed = metrics.counter('sightline_log_source_errors_total', 'What a source could not do.', ['source', 'what']);
    this.#retried = metrics.counter('sightline_log_source_retries_total', 'Batches that had to wait for the store.', ['source']);
    this.#files = metrics.gauge('sightline_log_source_files', 'Files that a source reads.', ['source']);
    this.#lagBytes = metrics.gauge('sightline_log_source_lag_bytes', 'Bytes that are there and not yet stored.', ['source']);
    this.#lagSeconds = metrics.gauge('sightline_log_source_lag_seconds', 'Age of the newest line of a source when it was stored.', [
      'source',
    ]);
  }

  of(source: string): SourceMetrics {
    return {
      source,
      read: (lines, bytes) => {
        this.#lines.add(lines, source);
        this.#bytes.add(bytes, source);
      },
      refused: (reason, lines) => this.#refused.add(lines, source, reason),
      dropped: (reason, lines) => this.#dropped.add(lines, source, reason),
      failed: (what) => this.#failed.add(1, source, what),
      retried: () => this.#retried.add(1, source),
      files: (count) => this.#files.set(count, source),
      lagBytes: (bytes) => this.#lagBytes.set(bytes, source),
      lagSeconds: (seconds) => this.#lagSeconds.set(seconds, source),
    };
  }
}
