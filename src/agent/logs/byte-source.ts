// The bytes of one file in order: of a plain one as it grows, of a compressed one as they were before it was compressed.

import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { createGunzip, createZstdDecompress, constants } from 'node:zlib';

import { ZSTD_WINDOW_LOG_MAX } from '../../limits.ts';

export interface ByteSource extends AsyncDisposable {
  /** Bytes from `offset`, at most `bytesMax`; empty at the end of what there is now. Offsets of a compressed file only rise. */
  read(offset: number, bytesMax: number): Promise<Buffer>;
  /** Bytes that can be read now; undefined where only reading tells. */
  size(): Promise<number | undefined>;
  /** Device and inode. */
  readonly id: string;
}

export type Compression = 'none' | 'gzip' | 'zstd';

/** What the name of a file says about it. */
export function compressionOf(path: string): Compression {
  if (path.endsWith('.gz')) return 'gzip';
  return path.endsWith('.zst') ? 'zstd' : 'none';
}

/** Opens a file. Rejects with the error of the system. */
export async function openSource(path: string, compression: Compression): Promise<ByteSource> {
  const handle = await open(path, 'r');
  try {
    const { dev, ino } = await handle.stat();
    const id = `${dev}:${ino}`;
    if (compression === 'none') return new PlainSource(handle, id);
    await handle.close();
    return new CompressedSource(path, compression, id);
  } catch (error) {
    await handle.close().catch(() => undefined);
    throw error;
  }
}

class PlainSource implements ByteSource {
  readonly #handle: FileHandle;
  readonly id: string;

  constructor(handle: FileHandle, id: string) {
    this.#handle = handle;
    this.id = id;
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  async read(offset: number, bytesMax: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(bytesMax);
    const { bytesRead } = await this.#handle.read(buffer, 0, bytesMax, offset);
    return buffer.subarray(0, bytesRead);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

/** Reads forward only; what lies before the offset that is asked for is decompressed and passed over. */
class CompressedSource implements ByteSource {
  readonly id: string;
  readonly #stream: Readable;
  readonly #pieces: AsyncIterator<Buffer>;
  #at = 0;
  #left: Buffer = Buffer.alloc(0);

  constructor(path: string, compression: Compression, id: string) {
    this.id = id;
    const decompress =
      compression === 'gzip'
        ? createGunzip()
        : createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX + 4 } });
    // The callback takes the error, which the reader of the stream is given too.
    this.#stream = pipeline(createReadStream(path), decompress, () => undefined);
    this.#pieces = this.#stream[Symbol.asyncIterator]();
  }

  size(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async read(offset: number, bytesMax: number): Promise<Buffer> {
    while (this.#at + this.#left.length <= offset) {
      this.#at += this.#left.length;
      const next = await this.#pieces.next();
      if (next.done === true) {
        this.#left = Buffer.alloc(0);
        return this.#left;
      }
      this.#left = next.value;
    }
    const skipped = Math.max(0, offset - this.#at);
    const bytes = this.#left.subarray(skipped, skipped + bytesMax);
    this.#at += skipped + bytes.length;
    this.#left = this.#left.subarray(skipped + bytes.length);
    return bytes;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#stream.destroy();
    return Promise.resolve();
  }
}
