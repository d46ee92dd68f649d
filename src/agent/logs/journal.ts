// The systemd journal as a source: a child `journalctl` that follows it, and a cursor that says how far its entries are stored.
//
//   journalctl -o export -f --after-cursor=… ─▶ JournalDecoder ─▶ LineSession ─▶ LineBatch ─▶ Delivery ─▶ cursor on disk
//
// While a batch is full nothing is read from the child, which then waits. When it ends it is started again at the cursor, later and later.
// An entry has its time from the journal: one that comes again after a crash is the same line, which the store keeps once.

import type { ChildProcessByStdio } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

import { z } from 'zod';

import type { Log } from '../../base/log.ts';
import type { BeginLogWrite } from '../../logs/write.ts';
import type { JournalFields } from './journal-export.ts';
import { JournalDecoder } from './journal-export.ts';
import { journalLine, journalPosition } from './journal-line.ts';
import { LabelSets } from './label-sets.ts';
import { Delivery, LineBatch } from './line-batch.ts';
import { LineSession } from './line-session.ts';
import type { JournalSource } from './log-source.ts';
import type { PositionLog } from './position-log.ts';
import type { SourceMetrics } from './source-metrics.ts';
import { Wake } from './wake.ts';

const BATCH_BYTES = 1024 * 1024;
/** Entries that come within it go to the store together. */
const GATHER_MS = 100;
const RESTART_MS_MIN = 500;
const RESTART_MS_MAX = 60_000;
const ERROR_TEXT_MAX = 2000;
const PROBE_TIMEOUT_MS = 5000;
const CURSOR_KEY = 'cursor';

export interface JournalTailOptions {
  readonly source: JournalSource;
  readonly positions: PositionLog;
  readonly begin: BeginLogWrite;
  readonly tenant: string;
  readonly nowMs: () => number;
  readonly random: () => number;
  readonly metrics: SourceMetrics;
  readonly log: Log;
  /** The program that follows the journal. */
  readonly command?: string;
  readonly restartMsMin?: number;
  readonly retryMsMin?: number;
}

const positionSchema = z.object({ cursor: z.string(), realtimeUs: z.string().regex(/^\d+$/) });

interface Position {
  readonly cursor: string;
  readonly realtimeUs: string;
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** True where there is a journal that this process may read. */
export function isJournalReadable(command = 'journalctl'): Promise<boolean> {
  return new Promise((resolve) => {
    const args = ['--lines=1', '--output=export', '--quiet', '--no-pager'];
    execFile(command, args, { timeout: PROBE_TIMEOUT_MS, encoding: 'buffer' }, (error, out) => resolve(error === null && out.length > 0));
  });
}

export class JournalTail {
  readonly #options: JournalTailOptions;
  readonly #delivery: Delivery;
  readonly #session: LineSession;
  readonly #labels: ReadonlyMap<string, string>;
  readonly #hasStages: boolean;
  readonly #stop = new AbortController();
  readonly #wake = new Wake();
  /** Where the journal stands after each entry that is not stored, by its number. */
  readonly #positions = new Map<number, Position>();
  #batch = new LineBatch();
  #stored: Position | undefined;
  #next = 0;
  #delayMs = 0;
  #running: Promise<void> | undefined;

  constructor(options: JournalTailOptions) {
    this.#options = options;
    const { source, tenant, metrics, nowMs, random } = options;
    this.#delivery = new Delivery(options);
    this.#labels = new Map(source.labels);
    const dropped = (reason: string): void => metrics.dropped(reason, 1);
    const delay = (ms: number): number => (this.#delayMs = Math.max(this.#delayMs, ms));
    const stages = source.stages({ nowMs, random, dropped, delay });
    this.#hasStages = stages.length > 0;
    this.#session = new LineSession({ tenant, stages, sets: new LabelSets(), batch: () => this.#batch });
    const saved = positionSchema.safeParse(options.positions.get(CURSOR_KEY));
    this.#stored = saved.success ? saved.data : undefined;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake.now();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { restartMsMin = RESTART_MS_MIN, log, metrics, source } = this.#options;
    const { signal } = this.#stop;
    let waitMs = restartMsMin;
    let isCursorGood = true;
    while (!signal.aborted) {
      const before = this.#next;
      const ended = await this.#follow(isCursorGood);
      if (signal.aborted) break;
      const isNew = this.#next > before;
      waitMs = isNew ? restartMsMin : Math.min(waitMs * 2, RESTART_MS_MAX);
      // A cursor that the journal does not know any more, for the files are gone or those of another machine: its time is known.
      isCursorGood = isNew || !isCursorGood;
      metrics.failed('journalctl');
      log.warn('journalctl has ended; it is started again', { source: source.name, ended, waitMs });
      await this.#wake.sleep(waitMs, signal);
    }
  }

  /** Runs one child to its end; what it said last, or how it ended. */
  async #follow(isCursorGood: boolean): Promise<string> {
    const child: Child = spawn(this.#options.command ?? 'journalctl', this.#arguments(isCursorGood), { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    let ended: string | undefined;
    const decoder = new JournalDecoder((fields) => this.#take(fields));
    child.stdout.on('data', (bytes: Buffer) => {
      try {
        decoder.push(bytes);
      } catch (error) {
        said = error instanceof Error ? error.message : String(error);
        child.kill();
      }
      if (this.#batch.bytes >= BATCH_BYTES) child.stdout.pause();
      this.#wake.now();
    });
    child.stderr.on('data', (bytes: Buffer) => (said = (said + bytes.toString('utf8')).slice(-ERROR_TEXT_MAX)));
    const end = (how: string): void => {
      ended ??= said.trim() === '' ? how : said.trim();
      this.#wake.now();
    };
    child.on('error', (error) => end(error.message));
    child.on('close', (code, signal) => end(signal === null ? `exit ${code}` : `signal ${signal}`));
    await this.#deliverUntil(child, () => ended !== undefined);
    child.kill();
    return ended ?? 'stopped';
  }

  async #deliverUntil(child: Child, hasEnded: () => boolean): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const isLast = hasEnded();
      try {
        // What stages hold back would come again from the next child, which begins behind what is stored.
        this.#session.flush(isLast ? Number.POSITIVE_INFINITY : this.#options.nowMs());
        await this.#deliver();
      } catch (error) {
        if (signal.aborted) return;
        this.#options.metrics.failed('position');
        this.#options.log.warn('the position in the journal could not be written', { source: this.#options.source.name, error });
      }
      if (isLast) return;
      child.stdout.resume();
      await this.#wake.wait(1000, GATHER_MS);
    }
  }

  #arguments(isCursorGood: boolean): readonly string[] {
    const { source, nowMs } = this.#options;
    const { directory, matches, start, maxAgeMs } = source;
    const common = ['--output=export', '--follow', '--no-pager', '--quiet', ...(directory === '' ? [] : [`--directory=${directory}`])];
    const stored = this.#stored;
    if (stored !== undefined && isCursorGood) return [...common, '--no-tail', `--after-cursor=${stored.cursor}`, ...matches];
    if (stored !== undefined) return [...common, '--no-tail', `--since=@${stored.realtimeUs.slice(0, -6) || '0'}`, ...matches];
    if (start === 'end') return [...common, '--lines=0', ...matches];
    const since = Math.trunc((nowMs() - maxAgeMs) / 1000);
    return [...common, '--no-tail', `--since=@${since}`, ...matches];
  }

  #take(fields: JournalFields): void {
    const position = journalPosition(fields);
    if (position === undefined) return;
    const { cursor, realtimeUs } = position;
    const origin = this.#next++;
    this.#positions.set(origin, { cursor, realtimeUs: realtimeUs.toString() });
    const entry = journalLine(fields, this.#labels, this.#hasStages);
    if (entry === undefined) return;
    this.#options.metrics.read(1, entry.line.length);
    this.#session.push({ ...entry, tsNs: realtimeUs * 1000n, origin });
  }

  async #deliver(): Promise<void> {
    const batch = this.#batch;
    const safe = (this.#session.held() ?? this.#next) - 1;
    const position = this.#positions.get(safe);
    this.#batch = new LineBatch();
    if (!batch.isEmpty) await this.#delivery.deliver(batch, this.#stop.signal);
    if (position === undefined) return;
    for (const origin of this.#positions.keys()) {
      if (origin > safe) break;
      this.#positions.delete(origin);
    }
    this.#stored = position;
    this.#options.metrics.lagSeconds(Math.max(0, this.#options.nowMs() / 1000 - Number(position.realtimeUs) / 1e6));
    const delayMs = this.#delayMs;
    this.#delayMs = 0;
    await this.#options.positions.put([[CURSOR_KEY, position]]);
    if (delayMs > 0) await this.#wake.sleep(delayMs, this.#stop.signal);
  }
}
