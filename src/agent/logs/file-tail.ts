// A source of files: finds them, reads what is new in them, and remembers how far their lines are stored.
//
//   patterns ─▶ FileSet (found, renamed, gone) ─▶ TailedFile, a piece of each in turn ─▶ LineBatch ─▶ Delivery
//                                                                                         │ before: where it begins and ends is written down
//                                                                                         └ after: the position moves on
//
// The position log says before a batch goes out which lines are in it and which times they have. So after `kill -9` the batch comes again exactly as it
// was, and the store keeps each line once.

import type { Log } from '../../base/log.ts';
import type { BeginLogWrite } from '../../logs/write.ts';
import { encodeRecord } from './file-record.ts';
import { FileSet } from './file-set.ts';
import type { FileSource } from './log-source.ts';
import { LabelSets } from './label-sets.ts';
import { Delivery, LineBatch } from './line-batch.ts';
import { LineSession } from './line-session.ts';
import type { LineLimit } from './line-splitter.ts';
import type { StageContext } from './pipeline/entry.ts';
import type { PositionLog } from './position-log.ts';
import type { SourceMetrics } from './source-metrics.ts';
import { TailedFile } from './tailed-file.ts';
import { Wake } from './wake.ts';
import { WatchedDirectories } from './watched-directories.ts';

/** Memory of lines that go to the store together. */
const BATCH_BYTES = 1024 * 1024;
/** Memory of lines that are not complete, of all files of a source. */
const PENDING_BYTES_MAX = 32 * 1024 * 1024;
/** Share of the time that looking for changes may take, where nothing tells of them. */
const LOOKING_SHARE = 20;
/** Changes within it are answered together. */
const PAUSE_MS = 20;
/** A compressed file that could not be read so often is left alone. */
const FAILURES_MAX = 3;
const WARNING_INTERVAL_MS = 60_000;

export interface FileTailOptions {
  readonly source: FileSource;
  readonly positions: PositionLog;
  readonly begin: BeginLogWrite;
  readonly tenant: string;
  readonly lineLimit: () => LineLimit;
  readonly nowMs: () => number;
  readonly random: () => number;
  readonly metrics: SourceMetrics;
  readonly log: Log;
  /** Between two looks, where no event of the system tells of a change. */
  readonly pollMs?: number;
  /** A line without its end is given when nothing has followed for so long. */
  readonly partialMs?: number;
  /** A rotated file is left when nothing has followed for so long: its writer has noticed by then. */
  readonly rotatedMs?: number;
  readonly openFilesMax?: number;
  readonly retryMsMin?: number;
}

export class FileTail {
  readonly #options: FileTailOptions;
  readonly #files: FileSet;
  readonly #delivery: Delivery;
  readonly #stop = new AbortController();
  readonly #wake = new Wake();
  readonly #watched: WatchedDirectories;
  readonly #pollMs: number;
  /** Files with lines in the batch, and files whose position on disk is behind. */
  readonly #touched = new Set<TailedFile>();
  readonly #unsaved = new Set<TailedFile>();
  readonly #changed = new Set<string>();
  #lookedMs = Number.NEGATIVE_INFINITY;
  #lookTookMs = 0;
  readonly #sets = new LabelSets();
  #batch = new LineBatch();
  #delayMs = 0;
  #running: Promise<void> | undefined;
  #warnedMs = Number.NEGATIVE_INFINITY;

  constructor(options: FileTailOptions) {
    this.#options = options;
    this.#pollMs = options.pollMs ?? 1000;
    this.#delivery = new Delivery(options);
    this.#watched = new WatchedDirectories((path) => {
      this.#changed.add(path);
      this.#wake.now();
    });
    // Once: what stages count is the source's, not a file's.
    const fileOptions = this.#fileOptions();
    this.#files = new FileSet({ ...options, make: (found, record) => new TailedFile(found, record, fileOptions) });
  }

  /** Begins to read, until `stop`. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends; a batch that is on its way is waited for, and positions are written. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake.now();
    await this.#running;
    await this.#files.close();
    this.#watched.close();
  }

  /** Reads all that is new and stores it. `isWhole` looks for files anew; else only at those that the system says have changed. */
  async pass(isWhole = true): Promise<void> {
    const changed = [...this.#changed];
    this.#changed.clear();
    if (isWhole) this.#watched.follow(await this.#files.look());
    else await this.#files.lookAt(changed);
    await this.#readAll();
    this.#flushWaiting();
    await this.#deliver();
    await this.#files.leave((file) => this.#finish(file));
    await this.#deliver();
    await this.#save([...this.#unsaved]);
    this.#unsaved.clear();
    this.#options.metrics.files(this.#files.count);
    this.#options.metrics.lagBytes(this.#files.lagBytes());
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const startedMs = performance.now();
      try {
        await this.pass(this.#isLookDue(startedMs));
      } catch (error) {
        if (signal.aborted) break;
        this.#fail('pass', 'files could not be read', { error });
      }
      await this.#wake.wait(this.#pollMs, PAUSE_MS);
    }
    await this.#save([...this.#unsaved, ...this.#touched]);
  }

  /** Looking at thousands of files takes time: it may take a small share of all. */
  #isLookDue(nowMs: number): boolean {
    if (nowMs - this.#lookedMs < Math.max(this.#pollMs / 2, this.#lookTookMs * LOOKING_SHARE)) return false;
    this.#lookedMs = nowMs;
    return true;
  }

  /** A piece of each file in turn until all are at their ends: a busy one does not hold up the others. */
  async #readAll(): Promise<void> {
    let ready: readonly TailedFile[] = [...this.#files.withNews(), ...this.#files.unblocked()];
    this.#options.metrics.lagBytes(this.#files.lagBytes());
    while (ready.length > 0 && !this.#stop.signal.aborted) {
      const again: TailedFile[] = [];
      for (const file of ready) {
        if (this.#stop.signal.aborted) return;
        if (await this.#read(file)) again.push(file);
        if (this.#batch.bytes >= BATCH_BYTES) await this.#deliver();
        await this.#wait();
      }
      ready = again.length > 0 ? again : this.#files.unblocked();
    }
  }

  async #read(file: TailedFile): Promise<boolean> {
    try {
      if (!(await this.#files.opened(file))) return false;
      if (file.isAtEnd && !(await file.isSame())) this.#restart(file, 'overwritten');
      this.#touched.add(file);
      return await file.readPiece();
    } catch (error) {
      await this.#unreadable(file, error);
      return false;
    }
  }

  async #unreadable(file: TailedFile, error: unknown): Promise<void> {
    file.failures++;
    await file.close();
    if (file.compression !== 'none' && file.failures >= FAILURES_MAX) file.isDone = true;
    file.isAtEnd = true;
    this.#fail('read', 'a file could not be read', { path: file.path, error });
  }

  #restart(file: TailedFile, what: string): void {
    this.#options.log.debug('a file begins anew', { source: this.#options.source.name, path: file.path, what });
    file.restart();
  }

  /** What stages hold back and is due, and lines whose end does not come. */
  #flushWaiting(): void {
    const nowMs = this.#options.nowMs();
    const { partialMs = 5000 } = this.#options;
    let pending = 0;
    for (const file of this.#files.all()) {
      if (file.pendingBytes > 0 && (nowMs - file.readMs >= partialMs || pending > PENDING_BYTES_MAX)) {
        file.flushPartial();
        this.#touched.add(file);
      }
      pending += file.pendingBytes;
      if (file.holds) {
        file.flush(nowMs);
        this.#touched.add(file);
      }
    }
  }

  /** The last of a file that is left. */
  #finish(file: TailedFile): void {
    file.flushPartial();
    file.flush(Number.POSITIVE_INFINITY);
    this.#touched.add(file);
  }

  async #deliver(): Promise<void> {
    const batch = this.#batch;
    const files = [...this.#touched];
    const given = files.map((file) => file.given);
    if (!batch.isEmpty) {
      await this.#save(files);
      await this.#delivery.deliver(batch, this.#stop.signal);
      this.#batch = new LineBatch();
    }
    this.#touched.clear();
    files.forEach((file, i) => {
      file.stored = Math.max(file.stored, given[i] ?? 0);
      this.#unsaved.add(file);
    });
  }

  /** Writes positions. What cannot be written costs a second reading after a crash, and no line. */
  async #save(files: readonly TailedFile[]): Promise<void> {
    if (files.length === 0) return;
    try {
      await this.#options.positions.put(files.map((file) => [file.id, encodeRecord(file.record())]));
    } catch (error) {
      this.#fail('position', 'positions of files could not be written', { error });
    }
  }

  /** Waits where a stage asks for it. */
  async #wait(): Promise<void> {
    const delayMs = this.#delayMs;
    this.#delayMs = 0;
    if (delayMs <= 0) return;
    await this.#deliver();
    await this.#wake.sleep(delayMs, this.#stop.signal);
  }

  #fileOptions(): ConstructorParameters<typeof TailedFile>[2] {
    const { source, tenant, lineLimit, nowMs, metrics } = this.#options;
    const stages = source.stages(this.#stageContext());
    const sets = this.#sets;
    return {
      session: () => new LineSession({ tenant, stages, sets, batch: () => this.#batch }),
      labelsOf: (path) => new Map([...source.labels, ...(source.filenameLabel ? [['filename', path] as const] : [])]),
      limit: lineLimit,
      overlong: (bytes, path) => {
        const { bytesMax } = lineLimit();
        this.#batch.refuse(
          tenant,
          'line_too_long',
          `${path}: a line of ${bytes} bytes or more, ${bytesMax} at most (limits.logs.lineBytesMax)`,
        );
      },
      encoding: source.encoding,
      nowMs,
      read: (lines, bytes) => metrics.read(lines, bytes),
    };
  }

  #stageContext(): StageContext {
    const { nowMs, random, metrics } = this.#options;
    return {
      nowMs,
      random,
      dropped: (reason) => metrics.dropped(reason, 1),
      delay: (ms) => (this.#delayMs = Math.max(this.#delayMs, ms)),
    };
  }

  #fail(what: string, message: string, fields: Readonly<Record<string, unknown>>): void {
    const { metrics, log, source } = this.#options;
    metrics.failed(what);
    if (performance.now() - this.#warnedMs < WARNING_INTERVAL_MS) return;
    this.#warnedMs = performance.now();
    log.warn(message, { source: source.name, ...fields });
  }
}
