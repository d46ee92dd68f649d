// The files of a source as they come, are renamed and go.
//
//   found now ─┬─ known inode, other path ─▶ renamed: read on where it was
//              ├─ unknown inode ─▶ remembered from an earlier run? goes on there : begins, after the file that stood at its path is read to its end
//              └─ known, found no more ─▶ rotated: read to its end through the open descriptor, or where its directory has it now
//
// Descriptors are bounded: the file that was read longest ago is closed, and opened again when it has grown.

import { dirname } from 'node:path';

import type { Log } from '../../base/log.ts';
import { compressionOf, openSource } from './byte-source.ts';
import type { FileRecord } from './file-record.ts';
import { hasHead, hasLongHead, headOf, parseRecord } from './file-record.ts';
import type { FoundFile } from './find-files.ts';
import { findById, findFiles, lookAt } from './find-files.ts';
import type { FileSource } from './log-source.ts';
import type { PositionLog } from './position-log.ts';
import type { SourceMetrics } from './source-metrics.ts';
import type { TailedFile } from './tailed-file.ts';
import { readHead } from './tailed-file.ts';

const FILES_MAX = 10_000;
const DIRECTORIES_MAX = 50_000;
const OPEN_FILES_MAX = 256;
/** A compressed file is being written until nothing has changed for so long. */
const SETTLED_MS = 5000;
/** A rotated file has no writer any more when nothing has come for so long. */
const ROTATED_MS = 5000;
/** Files that are gone are remembered so long: their compressed form may come. */
const REMEMBERED_MS = 7 * 86_400_000;

type Start = Pick<FileRecord, 'head' | 'offset' | 'to' | 'anchors'>;

export interface FileSetOptions {
  readonly source: FileSource;
  readonly positions: PositionLog;
  readonly nowMs: () => number;
  readonly metrics: SourceMetrics;
  readonly log: Log;
  readonly openFilesMax?: number;
  readonly rotatedMs?: number;
  readonly make: (found: FoundFile, start: Start) => TailedFile;
}

export class FileSet {
  readonly #options: FileSetOptions;
  readonly #byId = new Map<string, TailedFile>();
  readonly #byPath = new Map<string, TailedFile>();
  /** Open ones, those read longest ago first. */
  readonly #open = new Set<TailedFile>();
  #remembered: Map<string, FileRecord> | undefined;
  #lastSavedMs = 0;
  #isTruncated = false;
  /** True after the first look: a file that comes now has just begun. */
  #isLater = false;
  /** Compressed files that have been read, and when they were changed last. */
  readonly #settled = new Map<string, number>();
  /** Files that were left since the last look. */
  #left: TailedFile[] = [];

  constructor(options: FileSetOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#byId.size;
  }

  all(): Iterable<TailedFile> {
    return this.#byId.values();
  }

  /** Looks for files anew; resolves to the directories where changes would show. */
  async look(): Promise<readonly string[]> {
    const { include, exclude } = this.#options.source;
    for (const file of this.#left) this.#remembered?.set(file.id, file.record());
    this.#left = [];
    const found = await findFiles({ include, exclude, filesMax: FILES_MAX, directoriesMax: DIRECTORIES_MAX });
    if (found.isTruncated && !this.#isTruncated)
      this.#options.log.warn('more files than a source may have', {
        source: this.#options.source.name,
        filesMax: FILES_MAX,
        directoriesMax: DIRECTORIES_MAX,
      });
    this.#isTruncated = found.isTruncated;
    const displaced = await this.#displaced(found.files);
    if (this.#remembered === undefined) await this.#remember(found.files, displaced);
    for (const file of found.files) {
      const known = this.#byId.get(file.id);
      // An inode whose file is not open may be another file's by now; what it holds is looked at before it is read.
      const isOther = known !== undefined && !known.isOpen && known.compression !== compressionOf(file.path);
      if (known === undefined || isOther) await this.#adopt(file, displaced.get(file.path));
      else {
        known.size = file.size;
        known.isRotated = false;
        known.rename(file.path);
        this.#byPath.set(file.path, known);
      }
    }
    this.#isLater = true;
    return found.directories;
  }

  /** Looks at some paths that are known already. */
  async lookAt(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      const known = this.#byPath.get(path);
      if (known === undefined) continue;
      const found = await lookAt(path);
      if (found?.id === known.id) known.size = found.size;
    }
  }

  /** Files that may have more to read. */
  withNews(): readonly TailedFile[] {
    return [...this.#byId.values()].filter((file) => file.predecessor === undefined && (file.isRotated || hasNews(file)));
  }

  /** Files that waited for the one before them, which is at its end now. */
  unblocked(): readonly TailedFile[] {
    const free: TailedFile[] = [];
    for (const file of this.#byId.values()) {
      if (file.predecessor === undefined || !file.predecessor.isAtEnd || hasNews(file.predecessor)) continue;
      file.predecessor = undefined;
      if (hasNews(file)) free.push(file);
    }
    return free;
  }

  lagBytes(): number {
    let bytes = 0;
    for (const file of this.#byId.values()) if (file.compression === 'none') bytes += Math.max(0, file.size - file.stored);
    return bytes;
  }

  /** Opens a file unless it is; false where it is nowhere any more. */
  async opened(file: TailedFile): Promise<boolean> {
    this.#open.delete(file);
    if (!file.isOpen) {
      await this.#makeRoom();
      if (!(await file.open())) {
        file.isAtEnd = true;
        if (file.isRotated) file.isDone = true;
        return false;
      }
    }
    this.#open.add(file);
    return true;
  }

  /** Leaves files that have come to their end for good. `finish` gives the last of each. */
  async leave(finish: (file: TailedFile) => void): Promise<void> {
    const { nowMs, rotatedMs = ROTATED_MS, positions } = this.#options;
    for (const file of this.#byId.values()) {
      const isOver = file.isDone || (file.isRotated && file.isAtEnd && nowMs() - file.readMs >= rotatedMs);
      if (!isOver || file.predecessor !== undefined) continue;
      finish(file);
      this.#byId.delete(file.id);
      this.#open.delete(file);
      if (this.#byPath.get(file.path) === file) this.#byPath.delete(file.path);
      file.isAtEnd = true;
      file.isDone = true;
      await file.close();
      this.#left.push(file);
    }
    await this.#forget(positions);
  }

  async close(): Promise<void> {
    for (const file of this.#open) await file.close();
    this.#open.clear();
  }

  /** Files that stand no longer where they stood, by that path. */
  async #displaced(found: readonly FoundFile[]): Promise<Map<string, TailedFile>> {
    const idAt = new Map(found.map(({ path, id }) => [path, id]));
    const ids = new Set(idAt.values());
    const displaced = new Map<string, TailedFile>();
    for (const [path, file] of this.#byPath) {
      if (idAt.get(path) === file.id) continue;
      this.#byPath.delete(path);
      displaced.set(path, file);
      if (ids.has(file.id)) continue;
      file.isRotated = true;
      file.isAtEnd = false;
      file.readMs = this.#options.nowMs();
      // Now rather than later: while its directory still has it.
      await this.opened(file).catch(() => undefined);
    }
    return displaced;
  }

  /** Takes up what an earlier run left: also files that were rotated away meanwhile, which no pattern finds. */
  async #remember(found: readonly FoundFile[], displaced: Map<string, TailedFile>): Promise<void> {
    const { positions, source } = this.#options;
    const records = new Map<string, FileRecord>();
    for (const key of positions.keys()) {
      const record = parseRecord(positions.get(key));
      if (record !== undefined) records.set(key, record);
    }
    this.#remembered = records;
    const ids = new Set(found.map(({ id }) => id));
    for (const [id, record] of records) {
      this.#lastSavedMs = Math.max(this.#lastSavedMs, record.savedMs);
      if (record.isDone || ids.has(id) || !source.include.some((pattern) => pattern.matches(record.path))) continue;
      const moved = await findById(dirname(record.path), id);
      if (moved === undefined || !(await this.#isSame(moved, record))) continue;
      const file = this.#options.make(moved, record);
      file.size = moved.size;
      file.isRotated = true;
      this.#byId.set(id, file);
      displaced.set(record.path, file);
    }
  }

  async #adopt(found: FoundFile, predecessor: TailedFile | undefined): Promise<void> {
    const start = await this.#startOf(found);
    if (start === undefined) return;
    const file = this.#options.make(found, start);
    file.size = found.size;
    file.predecessor = predecessor;
    this.#byId.set(file.id, file);
    this.#byPath.set(file.path, file);
  }

  /** Where to begin; undefined for a file that is not to be read, or not yet. */
  async #startOf(found: FoundFile): Promise<Start | undefined> {
    const { source, metrics } = this.#options;
    const record = this.#remembered?.get(found.id);
    try {
      if (compressionOf(found.path) !== 'none') return source.compressed ? await this.#startOfCompressed(found, record) : undefined;
      if (record !== undefined && (await this.#isSame(found, record))) return record;
    } catch {
      metrics.failed('read');
      return undefined;
    }
    return { head: headOf(new Uint8Array()), offset: this.#isBegun(found) ? 0 : found.size, to: 0, anchors: [] };
  }

  /** A compressed file may be one that was read before as a plain one: it goes on where that one ended. */
  async #startOfCompressed({ path, id, changedMs }: FoundFile, own: FileRecord | undefined): Promise<Start | undefined> {
    if (this.#options.nowMs() - changedMs < SETTLED_MS || this.#settled.get(id) === changedMs) return undefined;
    await using source = await openSource(path, compressionOf(path));
    const head = await readHead(path, source, compressionOf(path));
    // The inode alone proves nothing: it may have been that of the plain file, which is gone.
    if (own !== undefined && compressionOf(own.path) !== 'none' && hasHead(head, own.head)) {
      if (!own.isDone) return own;
      if (this.#settled.size >= FILES_MAX) this.#settled.clear();
      this.#settled.set(id, changedMs);
      return undefined;
    }
    for (const record of this.#remembered?.values() ?? []) if (hasLongHead(head, record.head)) return record;
    for (const file of this.#byId.values()) {
      const record = file.record();
      if (hasLongHead(head, record.head)) return record;
    }
    return { head: headOf(head), offset: 0, to: 0, anchors: [] };
  }

  /** Whether a file that is seen for the first time is read from its beginning. */
  #isBegun({ path, bornMs }: FoundFile): boolean {
    if (this.#options.source.start === 'beginning' || this.#isLater) return true;
    const records = [...(this.#remembered?.values() ?? [])];
    if (records.length === 0) return false;
    // It came into a place that was read before, or after the last time that anything was written down: while nobody looked.
    return bornMs > this.#lastSavedMs || records.some((record) => record.path === path);
  }

  async #isSame(found: FoundFile, record: FileRecord): Promise<boolean> {
    if (compressionOf(found.path) !== 'none') return true;
    if (found.size < record.offset) return false;
    await using source = await openSource(found.path, 'none');
    return hasHead(await source.read(0, record.head.bytes), record.head);
  }

  async #makeRoom(): Promise<void> {
    const { openFilesMax = OPEN_FILES_MAX } = this.#options;
    for (const file of this.#open) {
      if (this.#open.size < openFilesMax) return;
      if (file.isRotated || file.compression !== 'none') continue;
      this.#open.delete(file);
      await file.close();
    }
  }

  /** Drops what is remembered of files that have been gone for long. */
  async #forget(positions: PositionLog): Promise<void> {
    const oldest = this.#options.nowMs() - REMEMBERED_MS;
    const gone = [...(this.#remembered ?? [])].filter(([id, record]) => record.isDone && record.savedMs < oldest && !this.#byId.has(id));
    for (const [id] of gone) this.#remembered?.delete(id);
    await positions.put(gone.map(([id]) => [id, undefined]));
  }
}

/** The size of a rotated file is not looked at: it is read in every pass, after which it is at its end. */
function hasNews(file: TailedFile): boolean {
  if (file.isDone) return false;
  return !file.isAtEnd || (!file.isRotated && file.compression === 'none' && file.size !== file.end);
}
