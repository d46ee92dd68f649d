// A segment of a table's write-ahead log: what has been acknowledged and is not yet a part of ClickHouse.
//
//   segment = frame*      frame = u32 length, u32 CRC-32 of the payload, payload (one Native block)
//
// A segment is one INSERT: its name is the batch's token, so that a replay after a crash takes in every batch once.

import { crc32 } from 'node:zlib';
import { constants, type FileHandle, open, readdir, readFile, unlink, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

const HEADER_BYTES = 8;
const SUFFIX = '.log';

export class LogSegment {
  readonly name: string;
  readonly #path: string;
  readonly #file: FileHandle;
  #length = 0;

  private constructor(path: string, name: string, file: FileHandle) {
    this.#path = path;
    this.name = name;
    this.#file = file;
  }

  /** A new, empty segment whose directory entry is on disk. */
  static async create(directory: string, name: string): Promise<LogSegment> {
    const path = join(directory, name + SUFFIX);
    const file = await open(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o640);
    try {
      await syncDirectory(directory);
    } catch (error) {
      await file.close();
      throw error;
    }
    return new LogSegment(path, name, file);
  }

  /** Appends the payloads; when it resolves they are on disk. When it rejects, none of them is in the segment. */
  async append(payloads: readonly Uint8Array[]): Promise<void> {
    const parts: Uint8Array[] = [];
    let size = 0;
    for (const payload of payloads) {
      parts.push(frameHeader(payload), payload);
      size += HEADER_BYTES + payload.length;
    }
    try {
      await writeAll(this.#file, parts, { at: this.#length, size });
      await this.#file.datasync();
      this.#length += size;
    } catch (error) {
      await this.#file.truncate(this.#length);
      throw error;
    }
  }

  /** Removes the segment: its rows are in ClickHouse. */
  async remove(): Promise<void> {
    await this.#file.close();
    await unlink(this.#path);
  }

  /** Leaves the segment to the next start, or removes it when it is empty. */
  async close(): Promise<void> {
    await this.#file.close();
    if (this.#length === 0) await unlink(this.#path);
  }
}

/** What a run before this one left: each segment's name and whole frames, oldest first. */
export async function* leftSegments(
  directory: string,
): AsyncGenerator<{ name: string; payloads: Uint8Array[]; remove: () => Promise<void> }> {
  await mkdir(directory, { recursive: true });
  const names = (await readdir(directory)).filter((name) => name.endsWith(SUFFIX)).sort();
  for (const file of names) {
    const path = join(directory, file);
    yield { name: file.slice(0, -SUFFIX.length), payloads: wholeFrames(await readFile(path)), remove: () => unlink(path) };
  }
}

/** The payloads up to the first frame that is cut off or damaged: nothing after it was acknowledged. */
export function wholeFrames(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const payloads: Uint8Array[] = [];
  for (let at = 0; at + HEADER_BYTES <= bytes.length;) {
    const length = view.getUint32(at, true);
    const end = at + HEADER_BYTES + length;
    if (length === 0 || end > bytes.length) break;
    const payload = bytes.subarray(at + HEADER_BYTES, end);
    if (crc32(payload) !== view.getUint32(at + 4, true)) break;
    payloads.push(payload);
    at = end;
  }
  return payloads;
}

function frameHeader(payload: Uint8Array): Uint8Array {
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  header.writeUInt32LE(payload.length, 0);
  header.writeUInt32LE(crc32(payload), 4);
  return header;
}

async function writeAll(file: FileHandle, parts: Uint8Array[], { at, size }: { at: number; size: number }): Promise<void> {
  const { bytesWritten } = await file.writev(parts, at);
  if (bytesWritten === size) return;
  // A disk that is nearly full takes a part; the rest then fails with the reason.
  const rest = Buffer.concat(parts).subarray(bytesWritten);
  for (let done = 0; done < rest.length;) {
    const result = await file.write(rest, done, rest.length - done, at + bytesWritten + done);
    done += result.bytesWritten;
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
