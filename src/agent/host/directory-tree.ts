// A `Tree` over a real directory. Reads are synchronous: files of /proc and /sys are made by the kernel while they are read, in microseconds,
// and a thread pool would cost more than the read. Files of devices that may keep the reader waiting are read through `slow-tree.ts`.

import { closeSync, openSync, readSync, readdirSync, realpathSync, statSync } from 'node:fs';
import type { Tree } from './host.ts';

/** Files longer than this are cut: the longest of the kernel's are some hundred kilobytes. */
const FILE_BYTES_MAX = 4 * 1024 * 1024;
const BUFFER_BYTES = 64 * 1024;

let buffer = Buffer.allocUnsafe(BUFFER_BYTES);

/** `root` without a trailing slash. */
export function directoryTree(root: string): Tree {
  return {
    read: (path) => orUndefined(() => readWhole(`${root}/${path}`)),
    list: (path) => orUndefined(() => readdirSync(`${root}/${path}`).sort()),
    real: (path) => orUndefined(() => realpathSync.native(`${root}/${path}`)),
    modifiedMs: (path) => statSync(`${root}/${path}`, { throwIfNoEntry: false })?.mtimeMs,
  };
}

/** What is absent, forbidden or refuses to be read (a link that is down, a sensor that is off) is undefined; anything else is a mistake. */
function orUndefined<T>(read: () => T): T | undefined {
  const limit = Error.stackTraceLimit;
  try {
    // Dozens of files are absent on any machine, and the stack is most of what such an error costs.
    Error.stackTraceLimit = 0;
    return read();
  } catch (error) {
    if (error instanceof Error && 'errno' in error) return undefined;
    throw error;
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** Sizes of kernel files are unknown beforehand, so the buffer grows until a read returns nothing. */
function readWhole(path: string): string {
  const descriptor = openSync(path, 'r');
  try {
    let length = 0;
    for (;;) {
      if (length === buffer.length) {
        if (length >= FILE_BYTES_MAX) break;
        buffer = Buffer.concat([buffer], length * 2);
      }
      const read = readSync(descriptor, buffer, length, buffer.length - length, null);
      if (read === 0) break;
      length += read;
    }
    return buffer.toString('utf8', 0, length);
  } finally {
    closeSync(descriptor);
  }
}
