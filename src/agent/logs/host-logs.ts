// Everything on this host that is read as logs: the sources of the settings, and the journal where nobody names one.
//
//   LogSource[] ─▶ FileTail, JournalTail ─▶ the store        positions: <dataDir>/log-sources/<name>.positions

import { join } from 'node:path';

import type { Log } from '../../base/log.ts';
import type { SelfMetrics } from '../../base/self-metrics.ts';
import type { BeginLogWrite } from '../../logs/write.ts';
import { FileTail } from './file-tail.ts';
import { isJournalReadable, JournalTail } from './journal.ts';
import type { LineLimit } from './line-splitter.ts';
import type { JournalSource, LogSource } from './log-source.ts';
import { PositionLog } from './position-log.ts';
import { LogSourceMetrics } from './source-metrics.ts';

const JOURNAL_COMMAND = 'journalctl';
/** A line that no limit of the tenant's bounds is bounded by memory. */
const LINE_BYTES_MAX = 16 * 1024 * 1024;

export interface HostLogsOptions {
  /** Where positions are kept. */
  readonly directory: string;
  readonly begin: BeginLogWrite;
  /** Whose lines they are, where no stage says otherwise. */
  readonly tenant: string;
  /** The tenant's limit of a line; 0 bytes set none. */
  readonly lineLimit: () => { readonly lineBytesMax: number; readonly truncateLines: boolean };
  readonly nowMs: () => number;
  readonly random: () => number;
  readonly metrics: SelfMetrics;
  readonly log: Log;
  readonly journalCommand?: string;
}

/** The journal as it is read when nobody names it. */
export const DEFAULT_JOURNAL: JournalSource = {
  kind: 'journal',
  name: 'journal',
  labels: [['job', 'systemd-journal']],
  stages: () => [],
  matches: [],
  start: 'beginning',
  maxAgeMs: 7 * 3_600_000,
  directory: '',
};

interface Running {
  readonly stop: () => Promise<void>;
}

export class HostLogs implements AsyncDisposable {
  readonly #options: HostLogsOptions;
  readonly #metrics: LogSourceMetrics;
  #running: readonly Running[] = [];
  /** Changes follow one another: a source is never read twice at the same time. */
  #changing: Promise<void> = Promise.resolve();

  constructor(options: HostLogsOptions) {
    this.#options = options;
    this.#metrics = new LogSourceMetrics(options.metrics);
  }

  /** Reads these sources and no others; `withJournal` adds the journal where one can be read and none of them is one. Never rejects. */
  apply(sources: readonly LogSource[], withJournal: boolean): Promise<void> {
    this.#changing = this.#changing.then(async () => {
      await this.#stopAll();
      const started: Running[] = [];
      for (const source of await this.#withJournal(sources, withJournal)) {
        const running = await this.#start(source);
        if (running !== undefined) started.push(running);
      }
      this.#running = started;
    });
    return this.#changing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#changing;
    await this.#stopAll();
  }

  async #stopAll(): Promise<void> {
    const stopping = this.#running;
    this.#running = [];
    for (const { reason } of (await Promise.allSettled(stopping.map((each) => each.stop()))).filter(isRejected))
      this.#options.log.error('a log source did not stop well', { error: reason });
  }

  async #withJournal(sources: readonly LogSource[], wanted: boolean): Promise<readonly LogSource[]> {
    if (!wanted || sources.some(({ kind, name }) => kind === 'journal' || name === DEFAULT_JOURNAL.name)) return sources;
    return (await isJournalReadable(this.#command)) ? [...sources, DEFAULT_JOURNAL] : sources;
  }

  get #command(): string {
    return this.#options.journalCommand ?? JOURNAL_COMMAND;
  }

  /** A source whose positions cannot be kept is not read: after every start it would come again. */
  async #start(source: LogSource): Promise<Running | undefined> {
    const { directory, begin, tenant, nowMs, random, log } = this.#options;
    let positions: PositionLog;
    try {
      positions = await PositionLog.open(join(directory, `${source.name}.positions`));
    } catch (error) {
      log.error('a log source is not read: its positions cannot be kept', { source: source.name, error });
      return undefined;
    }
    const shared = { positions, begin, tenant, nowMs, random, metrics: this.#metrics.of(source.name), log };
    const tail =
      source.kind === 'file'
        ? new FileTail({ ...shared, source, lineLimit: () => this.#lineLimit() })
        : new JournalTail({ ...shared, source, command: this.#command });
    tail.start();
    log.info('reading a log source', { source: source.name, kind: source.kind });
    return {
      stop: async () => {
        await tail.stop();
        await positions[Symbol.asyncDispose]();
      },
    };
  }

  #lineLimit(): LineLimit {
    const { lineBytesMax, truncateLines } = this.#options.lineLimit();
    return { bytesMax: lineBytesMax === 0 ? LINE_BYTES_MAX : Math.min(lineBytesMax, LINE_BYTES_MAX), truncate: truncateLines };
  }
}

function isRejected(outcome: PromiseSettledResult<void>): outcome is PromiseRejectedResult {
  return outcome.status === 'rejected';
}
