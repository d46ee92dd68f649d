// Sizes of file systems by statfs, so that a dead network mount can hang nothing but itself.
//
//   a disk or memory file system ─▶ statfsSync: microseconds, the kernel has the answer at hand
//   anything else (NFS, FUSE …)  ─▶ asynchronous statfs, few at once, with a timeout; while one is stuck its mount is an error and not asked again

import { statfsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import type { StatsFs } from 'node:fs';
import type { FilesystemError, FilesystemSize } from './host.ts';

/** Each waiting call holds one of the few threads that all file access of the process shares. */
const PENDING_MAX = 2;

const LOCAL_TYPES = new Set(
  (
    'bcachefs btrfs erofs exfat ext2 ext3 ext4 f2fs hfsplus iso9660 jfs minix nilfs2 ntfs3 overlay ramfs reiserfs squashfs tmpfs ' +
    'ubifs udf ufs vfat xfs zfs'
  ).split(' '),
);

type Outcome = FilesystemSize | FilesystemError;

export type SizeReader = (path: string, fsType: string) => Promise<Outcome>;

/** The two forms of the system call. */
export interface StatfsCalls {
  readonly atOnce: (path: string) => StatsFs;
  readonly inBackground: (path: string) => Promise<StatsFs>;
}

const SYSTEM: StatfsCalls = { atOnce: (path) => statfsSync(path), inBackground: async (path) => statfs(path) };

/** `root` is put before every path; `''` for none. A network mount may take `timeoutMs`. */
export function filesystemSizeReader(root: string, timeoutMs: number, calls = SYSTEM): SizeReader {
  const pending = new Map<string, Promise<Outcome>>();
  const stuck = new Set<string>();
  return async (path, fsType) => {
    const place = `${root}${path}`;
    if (LOCAL_TYPES.has(fsType)) return outcome(() => calls.atOnce(place));
    if (stuck.has(place)) return TIMED_OUT;
    const deadline = Date.now() + timeoutMs;
    // Of two mounts at one place the later hides the other, and one call tells of both.
    while (pending.size >= PENDING_MAX && !pending.has(place)) {
      const freed = await within(Promise.race(pending.values()), deadline - Date.now());
      if (freed === TIMED_OUT) return TIMED_OUT;
    }
    const call = pending.get(place) ?? begin(place);
    const size = await within(call, timeoutMs);
    if (size === TIMED_OUT && pending.has(place)) stuck.add(place);
    return size;
  };

  function begin(place: string): Promise<Outcome> {
    const call = outcome(() => calls.inBackground(place));
    pending.set(place, call);
    void call.then(() => {
      pending.delete(place);
      stuck.delete(place);
    });
    return call;
  }
}

const TIMED_OUT: FilesystemError = { kind: 'error', reason: 'mountpoint timeout' };

async function within(call: Promise<Outcome>, timeoutMs: number): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const timer = setTimeout(() => resolve(TIMED_OUT), Math.max(timeoutMs, 0));
  void call.then(resolve).finally(() => clearTimeout(timer));
  return promise;
}

async function outcome(read: () => StatsFs | Promise<StatsFs>): Promise<Outcome> {
  try {
    const { bsize, blocks, bfree, bavail, files, ffree } = await read();
    const size = { bytes: blocks * bsize, freeBytes: bfree * bsize, availableBytes: bavail * bsize, files, filesFree: ffree };
    return { kind: 'size', ...size };
  } catch (error) {
    return { kind: 'error', reason: error instanceof Error && 'code' in error ? reasonOf(String(error.code)) : 'unknown error' };
  }
}

/** The C library's words for the usual refusals, as node_exporter shows them. */
function reasonOf(code: string): string {
  const words: Readonly<Record<string, string>> = {
    EACCES: 'permission denied',
    EPERM: 'operation not permitted',
    ENOENT: 'no such file or directory',
    EIO: 'input/output error',
    ESTALE: 'stale NFS file handle',
    ENOTCONN: 'transport endpoint is not connected',
  };
  return words[code] ?? code;
}
