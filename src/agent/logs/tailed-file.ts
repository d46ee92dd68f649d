// One file that is being read: its bytes, its lines, and how far they are stored.
//
//   ByteSource ─▶ LineSplitter ─▶ LineTimes ─▶ LineSession ─▶ the batch
//
// Offsets, in order: `stored` ≤ what stages hold back ≤ the line that is not complete ≤ `end`. `stored` moves on when a batch has been delivered.

import { dirname } from 'node:path';

import type { ByteSource, Compression } from './byte-source.ts';
import { compressionOf, openSource } from './byte-source.ts';
import type { FileRecord, Head } from './file-record.ts';
import { HEAD_BYTES, hasHead, headOf } from './file-record.ts';
import { findById } from './find-files.ts';
import type { LineSession } from './line-session.ts';
import type { LineLimit } from './line-splitter.ts';
import { encodingOf, LineSplitter } from './line-splitter.ts';
import { LineTimes } from './line-times.ts';

export interface FileOptions {
  /** Stages of its own for this file. */
  readonly session: () => LineSession;
  readonly labelsOf: (path: string) => ReadonlyMap<string, string>;
  readonly limit: () => LineLimit;
  readonly overlong: (bytes: number, path: string) => void;
  readonly encoding: string;
  readonly nowMs: () => number;
  /** Told of lines and bytes that were read. */
  readonly read: (lines: number, bytes: number) => void;
}

const CHUNK_BYTES = 256 * 1024;

export class TailedFile {
  readonly id: string;
  readonly compression: Compression;
  readonly #options: FileOptions;
  path: string;
  /** The file that stood at this path before, until it is read to its end. */
  predecessor: TailedFile | undefined;
  /** True once no path of the source leads here any more: it is read to its end and left. */
  isRotated = false;
  /** The size that was seen last. */
  size = 0;
  /** True when the last read found the end. */
  isAtEnd = false;
  /** True where a compressed file has been read, or cannot be. */
  isDone = false;
  readMs: number;
  failures = 0;
  stored: number;
  #head: Head;
  #source: ByteSource | undefined;
  #splitter: LineSplitter | undefined;
  #session: LineSession;
  #times: LineTimes;
  #labels: ReadonlyMap<string, string> | undefined;
  #lines = 0;

  constructor(
    found: { readonly id: string; readonly path: string },
    record: Pick<FileRecord, 'head' | 'offset' | 'to' | 'anchors'>,
    options: FileOptions,
  ) {
    this.id = found.id;
    this.path = found.path;
    this.compression = compressionOf(found.path);
    this.#options = options;
    this.#head = record.head;
    this.stored = record.offset;
    this.#times = new LineTimes(record.anchors, record.to);
    this.#session = options.session();
    this.readMs = options.nowMs();
  }

  get isOpen(): boolean {
    return this.#source !== undefined;
  }

  /** Where the next bytes are read. */
  get end(): number {
    return this.#splitter?.end ?? this.stored;
  }

  /** Lines that begin before it have gone into a batch, or were dropped. */
  get given(): number {
    const start = this.#splitter?.lineStart ?? this.stored;
    return Math.min(this.#session.held() ?? start, start);
  }

  /** Bytes of a line that is not complete. */
  get pendingBytes(): number {
    return this.#splitter?.waits === true ? this.#splitter.end - this.#splitter.lineStart : 0;
  }

  rename(path: string): void {
    if (path === this.path) return;
    this.path = path;
    this.#labels = undefined;
  }

  record(isDone = this.isDone): FileRecord {
    const { path, stored, end } = this;
    return { path, head: this.#head, offset: stored, to: end, anchors: this.#times.from(stored), isDone, savedMs: this.#options.nowMs() };
  }

  /** Opens the file where it is now. False where it is nowhere: it was deleted before it could be opened. */
  async open(): Promise<boolean> {
    if (this.#source !== undefined) return true;
    this.#source = (await this.#openAt(this.path)) ?? (await this.#openMoved());
    return this.#source !== undefined;
  }

  async close(): Promise<void> {
    const source = this.#source;
    this.#source = undefined;
    await source?.[Symbol.asyncDispose]();
  }

  /** Reads the next piece into the batch; false at the end. Rejects where the file cannot be read. */
  async readPiece(): Promise<boolean> {
    const source = this.#source;
    if (source === undefined) return false;
    const size = await source.size();
    const { end } = this;
    const wanted = size === undefined ? CHUNK_BYTES : Math.min(CHUNK_BYTES, size - end);
    if (wanted <= 0 && this.#splitter !== undefined) {
      this.isAtEnd = true;
      return false;
    }
    await this.#begin(source);
    const bytes = wanted <= 0 ? Buffer.alloc(0) : await source.read(this.end, wanted);
    this.isAtEnd = bytes.length === 0;
    if (this.isAtEnd) {
      this.isDone = this.compression !== 'none';
      return false;
    }
    this.readMs = this.#options.nowMs();
    this.#take(bytes);
    return true;
  }

  get holds(): boolean {
    return this.#session.held() !== undefined;
  }

  /** Whether the bytes at the beginning are still those that were read; learns more of them as the file grows. */
  async isSame(): Promise<boolean> {
    if (this.compression !== 'none' || this.#source === undefined) return true;
    if (((await this.#source.size()) ?? 0) < this.end) return false;
    const bytes = await this.#source.read(0, HEAD_BYTES);
    if (!hasHead(bytes, this.#head)) return false;
    if (bytes.length > this.#head.bytes) this.#head = headOf(bytes);
    return true;
  }

  /** Begins anew, after a truncation: what stages hold back is given, what was not complete is gone. */
  restart(): void {
    this.flush(Number.POSITIVE_INFINITY);
    this.stored = 0;
    this.#head = headOf(new Uint8Array());
    this.#splitter = undefined;
    this.#session = this.#options.session();
    this.#times = new LineTimes();
    this.isAtEnd = false;
  }

  /** Gives what stages hold back and is due. */
  flush(nowMs: number): void {
    this.#session.flush(nowMs);
  }

  /** Gives the line that has no end as one. */
  flushPartial(): void {
    this.#times.begin(this.#nowNs());
    this.#splitter?.flush();
    this.#report(0);
  }

  #take(bytes: Buffer): void {
    this.#times.begin(this.#nowNs());
    this.#splitter?.push(bytes);
    this.#report(bytes.length);
  }

  #report(bytes: number): void {
    this.#options.read(this.#lines, bytes);
    this.#lines = 0;
  }

  #nowNs(): bigint {
    return BigInt(Math.trunc(this.#options.nowMs())) * 1_000_000n;
  }

  async #begin(source: ByteSource): Promise<void> {
    if (this.#splitter !== undefined) return;
    const offset = this.stored;
    const head = await readHead(this.path, source, this.compression);
    const { label, markBytes } = encodingOf(head, this.#options.encoding);
    if (head.length > this.#head.bytes && (this.#head.bytes === 0 || hasHead(head, this.#head))) this.#head = headOf(head);
    this.stored = Math.max(offset, markBytes);
    this.#splitter = new LineSplitter(label, this.stored, {
      limit: this.#options.limit,
      receiver: {
        line: (line, origin) => {
          this.#lines++;
          this.#labels ??= this.#options.labelsOf(this.path);
          this.#session.push({ tsNs: this.#times.at(origin), line, labels: this.#labels, origin });
        },
        overlong: (size) => this.#options.overlong(size, this.path),
      },
    });
  }

  async #openAt(path: string): Promise<ByteSource | undefined> {
    const source = await openSource(path, this.compression).catch((error: unknown) => {
      if (isGone(error)) return undefined;
      throw error;
    });
    if (source === undefined || source.id === this.id) return source;
    await source[Symbol.asyncDispose]();
    return undefined;
  }

  async #openMoved(): Promise<ByteSource | undefined> {
    const found = await findById(dirname(this.path), this.id);
    return found === undefined ? undefined : await this.#openAt(found.path);
  }
}

/** The first bytes of a file, uncompressed. */
export async function readHead(path: string, source: ByteSource, compression: Compression): Promise<Buffer> {
  if (compression === 'none') return await source.read(0, HEAD_BYTES);
  await using own = await openSource(path, compression);
  return await own.read(0, HEAD_BYTES);
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
