// Group commit, in two steps: what is acknowledged is on disk in the table's log at once, and becomes a few large parts of ClickHouse a moment later.
//
//   append ─┐
//   append ─┼─▶ pending ──(one fdatasync)──▶ log segment ──▶ every append resolves
//   append ─┘                                    │
//                     staged rows ──(rows, age or a reader)──▶ one INSERT ──▶ segment removed
//
// A reader calls `flush` first, so an acknowledged row is always seen. After a crash the segments left are inserted before anything else.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BufferPool } from '../base/buffer-pool.ts';
import { RequestError } from '../base/request-error.ts';
import type { Client } from './client.ts';
import { leftSegments, LogSegment } from './log-segment.ts';
import { columnNames } from './native.ts';

export interface WriterOptions {
  readonly client: Client;
  readonly table: string;
  /** The columns of every block that is appended. */
  readonly columns: readonly string[];
  /** Where the log's segments stand; one directory per table. */
  readonly directory: string;
  /** Rows that make a batch full. */
  readonly batchRowsMax: number;
  /** Bytes that make it full. */
  readonly batchBytesMax: number;
  /** How long staged rows may wait for more, in milliseconds. */
  readonly delayMs: number;
  /** Bytes that may wait, in the log and before it; past it a sender is asked to come back. */
  readonly pendingBytesMax: number;
  /** Called once for each failed INSERT, before it is tried again. */
  readonly onInsertError: (error: unknown, attempt: number) => void;
}

export interface WriterState {
  readonly rowsInserted: number;
  readonly inserts: number;
  readonly insertErrors: number;
  readonly pendingBytes: number;
  readonly insertSeconds: number;
}

interface Append {
  readonly block: Uint8Array;
  readonly rows: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

// Rows that are in one log segment and go to ClickHouse as one INSERT.
interface Batch {
  readonly blocks: Uint8Array[];
  rows: number;
  bytes: number;
  /** Resolves at the end of the first attempt to insert the batch: true when it succeeded. */
  readonly attempted: PromiseWithResolvers<boolean>;
}

const RETRY_MS_MAX = 5000;
/** Memory of stored blocks that is kept for the next ones. */
const POOLED_BYTES_MAX = 64 * 1024 * 1024;

export class TableWriter implements AsyncDisposable {
  readonly #options: WriterOptions;
  readonly #epoch = Date.now().toString(36);
  readonly #state = { rowsInserted: 0, inserts: 0, insertErrors: 0, insertSeconds: 0 };
  readonly #pool = new BufferPool(POOLED_BYTES_MAX);
  /** Memory that `allocate` has given. */
  readonly #lent = new WeakSet<ArrayBufferLike>();
  #sequence = 0;
  #bytes = 0;
  #pending: Append[] = [];
  #logging: Promise<void> | undefined;
  #appending = false;
  #segment: LogSegment | undefined;
  #staged = emptyBatch();
  #cutWanted = false;
  #inserting: { readonly batch: Batch; readonly done: Promise<void> } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #endPause: (() => void) | undefined;

  private constructor(options: WriterOptions) {
    this.#options = options;
  }

  /** A writer for the table, after what an earlier run left in its log has been inserted. */
  static async open(options: WriterOptions): Promise<TableWriter> {
    await mkdir(options.directory, { recursive: true });
    for await (const { name, payloads, remove } of leftSegments(options.directory)) {
      const [first] = payloads;
      // The segment's own columns: an older version of this program may have written it.
      if (first !== undefined)
        await options.client.insert({ table: options.table, columns: columnNames(first), blocks: payloads, token: name });
      await remove();
    }
    return new TableWriter(options);
  }

  get state(): WriterState {
    return { ...this.#state, pendingBytes: this.#bytes };
  }

  /** Memory for a block that is appended here and nowhere looked at afterwards: that of blocks that are in the table already. */
  readonly allocate = (size: number): Buffer => {
    const buffer = this.#pool.take(size);
    this.#lent.add(buffer.buffer);
    return buffer;
  };

  /** Stores one Native block. Resolves when its rows are on disk; rejects when none of them is stored. */
  append(block: Uint8Array, rows: number): Promise<void> {
    if (rows === 0) return Promise.resolve();
    const { pendingBytesMax, table } = this.#options;
    if (this.#closed) return Promise.reject(new RequestError('unavailable', 'the server is stopping', { retryAfterS: 5 }));
    if (this.#bytes + block.length > pendingBytesMax && this.#bytes > 0) {
      const message = `${this.#bytes} bytes wait to be stored in ${table}, and storage.pendingBytesMax is ${pendingBytesMax}`;
      return Promise.reject(new RequestError('rate_limited', message, { retryAfterS: 1 }));
    }
    this.#bytes += block.length;
    return new Promise((resolve, reject) => {
      this.#pending.push({ block, rows, resolve, reject });
      this.#logging ??= this.#log();
    });
  }

  /** Makes all that was acknowledged visible to readers. False when ClickHouse could not take it now: it stays in the log and is tried again. */
  async flush(): Promise<boolean> {
    const inserting = this.#inserting?.batch.attempted.promise;
    const staged = this.#staged.rows > 0 ? this.#staged.attempted.promise : undefined;
    if (staged !== undefined) this.#wantCut();
    // Behind an insert that fails and is tried again, staged rows have no attempt of their own to wait for.
    if (inserting !== undefined && !(await inserting)) return false;
    return staged === undefined || staged;
  }

  /** Takes no more rows, and inserts those that wait. What cannot be inserted now stays in the log for the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#logging;
    this.#endPause?.();
    await this.flush();
    await this.#inserting?.done;
    clearTimeout(this.#timer);
    await this.#segment?.close();
  }

  // One round at a time: what arrives during a sync waits for the next one.
  async #log(): Promise<void> {
    while (this.#pending.length > 0) {
      const round = this.#pending;
      this.#pending = [];
      try {
        this.#appending = true;
        this.#segment ??= await LogSegment.create(this.#options.directory, this.#nextName());
        await this.#segment.append(round.map((append) => append.block));
        this.#stage(round);
      } catch (cause) {
        this.#refuse(round, cause);
      } finally {
        this.#appending = false;
      }
      this.#cutIfWanted();
    }
    this.#logging = undefined;
  }

  #stage(round: readonly Append[]): void {
    for (const { block, rows, resolve } of round) {
      this.#staged.blocks.push(block);
      this.#staged.rows += rows;
      this.#staged.bytes += block.length;
      resolve();
    }
    if (this.#staged.rows >= this.#options.batchRowsMax || this.#staged.bytes >= this.#options.batchBytesMax) this.#cutWanted = true;
    else this.#timer ??= setTimeout(() => this.#wantCut(), this.#options.delayMs);
  }

  #refuse(round: readonly Append[], cause: unknown): void {
    const why = cause instanceof Error ? cause.message : String(cause);
    const error = new RequestError('unavailable', `${this.#options.table} cannot be written to disk: ${why}`, { cause, retryAfterS: 5 });
    for (const { block, reject } of round) {
      this.#bytes -= block.length;
      reject(error);
    }
  }

  #wantCut(): void {
    this.#cutWanted = true;
    this.#cutIfWanted();
  }

  // Takes the staged batch and its segment out of the way of new rows. Never while a round is on its way into that segment, and one INSERT at a time.
  #cutIfWanted(): void {
    const segment = this.#segment;
    if (!this.#cutWanted || this.#appending || this.#inserting !== undefined || segment === undefined || this.#staged.rows === 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#cutWanted = false;
    const batch = this.#staged;
    this.#staged = emptyBatch();
    this.#segment = undefined;
    const done = this.#insert(batch, segment).finally(() => {
      this.#inserting = undefined;
      this.#cutIfWanted();
    });
    this.#inserting = { batch, done };
  }

  async #insert(batch: Batch, segment: LogSegment): Promise<void> {
    const started = performance.now();
    for (let attempt = 1; !(await this.#attempt(batch, segment.name, attempt)); attempt++) {
      if (this.#closed) return segment.close();
      await this.#pause(Math.min(RETRY_MS_MAX, 100 * 2 ** attempt));
    }
    this.#bytes -= batch.bytes;
    this.#state.rowsInserted += batch.rows;
    this.#state.inserts++;
    this.#state.insertSeconds += (performance.now() - started) / 1000;
    batch.attempted.resolve(true);
    for (const { buffer } of batch.blocks) if (this.#lent.has(buffer)) this.#pool.give(Buffer.from(buffer));
    // A segment that cannot be removed is known by its name when the next start sends it again.
    await segment.remove().catch((error: unknown) => this.#options.onInsertError(error, 1));
  }

  async #attempt(batch: Batch, token: string, attempt: number): Promise<boolean> {
    try {
      const { client, table, columns } = this.#options;
      await client.insert({ table, columns, blocks: batch.blocks, token });
      return true;
    } catch (error) {
      this.#state.insertErrors++;
      this.#options.onInsertError(error, attempt);
      batch.attempted.resolve(false);
      return false;
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  // Names sort in the order of their making, within a run and over runs.
  #nextName(): string {
    return `${this.#options.table}-${this.#epoch}-${String(this.#sequence++).padStart(10, '0')}`;
  }
}

function emptyBatch(): Batch {
  return { blocks: [], rows: 0, bytes: 0, attempted: Promise.withResolvers() };
}

/** The directory of a table's log below the data directory. */
export function logDirectory(dataDir: string, table: string): string {
  return join(dataDir, 'log', table);
}
