// What a collector sees of the machine, and what it gives back. A collector never opens a file itself: tests hand it a tree made of strings.
//
//   /proc /sys / ─▶ Tree ─▶ collector ─▶ Families ─▶ exposition text ─▶ the scrape loop

import type { Families } from './families.ts';

/** A part of the file system. Paths are relative to its root and have no leading slash. */
export interface Tree {
  /** The whole file as text, or undefined when it is absent or unreadable. */
  read(path: string): string | undefined;
  /** Names in a directory in ascending order, or undefined when there is no such directory. */
  list(path: string): readonly string[] | undefined;
  /** The path with all symbolic links followed, or undefined when nothing is there. */
  real(path: string): string | undefined;
  /** When the file was last changed, in milliseconds since the epoch, or undefined. */
  modifiedMs(path: string): number | undefined;
}

/** Sizes of a mounted file system, in bytes and inodes. */
export interface FilesystemSize {
  readonly kind: 'size';
  readonly bytes: number;
  readonly freeBytes: number;
  readonly availableBytes: number;
  readonly files: number;
  readonly filesFree: number;
}

/** Why there are no sizes; the reason becomes a label value. */
export interface FilesystemError {
  readonly kind: 'error';
  readonly reason: string;
}

/** The answer of the kernel's adjtimex call, read only. Times in microseconds or, where `status` says so, nanoseconds. */
export interface ClockState {
  /** The call's own result: 0…4 synchronised, 5 not. */
  readonly state: number;
  readonly offset: number;
  readonly frequency: number;
  readonly maxError: number;
  readonly estimatedError: number;
  readonly status: number;
  readonly constant: number;
  readonly tick: number;
  readonly ppsFrequency: number;
  readonly jitter: number;
  readonly shift: number;
  readonly stability: number;
  readonly jitterCount: number;
  readonly calibrationCount: number;
  readonly errorCount: number;
  readonly stabilityCount: number;
  readonly tai: number;
}

export interface Host {
  readonly proc: Tree;
  readonly sys: Tree;
  /** Where `sys` is mounted, for labels that tell a path. */
  readonly sysPath: string;
  /** The root file system; differs from `/` when the agent runs in a container with the host's root mounted. */
  readonly root: Tree;
  /** Where `root` is mounted, without a trailing slash: `''` for `/`. */
  readonly rootPath: string;
  /** Directory of `*.prom` files, or undefined when none is configured. */
  readonly textfiles: Tree | undefined;
  /** Text of `proc/stat`, read once in a collection although two collectors parse it. */
  readonly stat: () => string;
  readonly filesystemSize: (path: string, fsType: string) => Promise<FilesystemSize | FilesystemError>;
  /** Undefined where the call is not available. */
  readonly clockState: () => ClockState | undefined;
  /** Lets the rest of the program run; for collectors that read very many files. */
  readonly pause: () => Promise<void>;
  readonly nowMs: () => number;
  /** As uname says, for example `x86_64`. */
  readonly machine: string;
  readonly pageBytes: number;
}

/** Which devices, mount points or fields a collector leaves out or takes. */
export interface HostFilters {
  readonly mountPointsExclude: (name: string) => boolean;
  readonly fsTypesExclude: (name: string) => boolean;
  readonly disksExclude: (name: string) => boolean;
  readonly networkDevicesExclude: (name: string) => boolean;
}

export interface Collector {
  /** Value of the `collector` label. */
  readonly name: string;
  /** Adds what it found. Throws `HostError` when the host has no such data or the data cannot be understood. */
  readonly collect: (host: Host, out: Families) => void | Promise<void>;
}

/** Why a collector has nothing, or not everything, to give. */
export class HostError extends Error {
  override readonly name = 'HostError';
}

/** The file, or `HostError`. */
export function need(tree: Tree, path: string): string {
  const text = tree.read(path);
  if (text === undefined) throw new HostError(`${path}: absent or unreadable`);
  return text;
}

/** The directory's names, or `HostError`. */
export function needList(tree: Tree, path: string): readonly string[] {
  const names = tree.list(path);
  if (names === undefined) throw new HostError(`${path}: no such directory`);
  return names;
}
