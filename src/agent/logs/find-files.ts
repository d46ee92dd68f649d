// The files that patterns name, as they are at this moment: only directories that can hold one are listed.
//
//   patterns, exclusions ─▶ walk ─▶ paths with their identity, directories that were looked at

import { readdir, stat } from 'node:fs/promises';

import type { FilePattern, Segment } from './file-pattern.ts';

export interface FoundFile {
  readonly path: string;
  /** Device and inode: what stays when a file is renamed. */
  readonly id: string;
  readonly size: number;
  readonly bornMs: number;
  readonly changedMs: number;
}

export interface FoundFiles {
  /** By path in ascending order; a file with several names stands under its first. */
  readonly files: readonly FoundFile[];
  readonly directories: readonly string[];
  /** True when there were more than the bounds allow, and some are not among them. */
  readonly isTruncated: boolean;
}

export interface FindOptions {
  readonly include: readonly FilePattern[];
  readonly exclude: readonly FilePattern[];
  readonly filesMax: number;
  readonly directoriesMax: number;
}

/** Looks for files; what cannot be read is passed over, for it may be readable the next time. */
export async function findFiles(options: FindOptions): Promise<FoundFiles> {
  const walk = new Walk(options);
  for (const { alternatives } of options.include) for (const segments of alternatives) await walk.visit('', segments);
  const byId = new Map<string, FoundFile>();
  for (const file of walk.files.values()) {
    const known = byId.get(file.id);
    if (known === undefined || file.path < known.path) byId.set(file.id, file);
  }
  const files = [...byId.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    files: files.slice(0, options.filesMax),
    directories: [...walk.directories],
    isTruncated: walk.isFull || files.length > options.filesMax,
  };
}

/** Identity and size of the regular file at a path, symbolic links followed; undefined where there is none. */
export async function lookAt(path: string): Promise<FoundFile | undefined> {
  try {
    const found = await stat(path);
    if (!found.isFile()) return undefined;
    const bornMs = found.birthtimeMs > 0 ? found.birthtimeMs : found.ctimeMs;
    return { path, id: `${found.dev}:${found.ino}`, size: found.size, bornMs, changedMs: found.mtimeMs };
  } catch {
    return undefined;
  }
}

/** The path in `directory` that now leads to the file `id`: where a rotation moved it. */
export async function findById(directory: string, id: string): Promise<FoundFile | undefined> {
  for (const { name } of await entriesOf(directory)) {
    const found = await lookAt(`${directory}/${name}`);
    if (found?.id === id) return found;
  }
  return undefined;
}

class Walk {
  readonly files = new Map<string, FoundFile>();
  readonly directories = new Set<string>();
  readonly #options: FindOptions;

  constructor(options: FindOptions) {
    this.#options = options;
  }

  get isFull(): boolean {
    return this.directories.size >= this.#options.directoriesMax || this.files.size > 2 * this.#options.filesMax;
  }

  async visit(directory: string, [first, ...rest]: readonly Segment[], above: readonly string[] = []): Promise<void> {
    if (first === undefined || this.isFull) return;
    if (first.kind === 'name') {
      const path = `${directory}/${first.name}`;
      if (rest.length > 0) await this.visit(path, rest);
      else {
        this.directories.add(directory === '' ? '/' : directory);
        await this.#add(path);
      }
      return;
    }
    if (first.kind === 'any') await this.visit(directory, rest.length === 0 ? [{ kind: 'match', matches: () => true }] : rest, above);
    const identity = first.kind === 'any' ? await directoryId(directory) : undefined;
    // A link to a directory above would lead around for ever.
    if (first.kind === 'any' && (identity === undefined || above.includes(identity))) return;
    this.directories.add(directory === '' ? '/' : directory);
    for (const entry of await entriesOf(directory === '' ? '/' : directory)) {
      const path = `${directory}/${entry.name}`;
      if (first.kind === 'any') {
        if (entry.isDirectory() || entry.isSymbolicLink()) await this.visit(path, [first, ...rest], [...above, identity ?? '']);
      } else if (first.matches(entry.name)) await (rest.length > 0 ? this.visit(path, rest) : this.#add(path));
    }
  }

  async #add(path: string): Promise<void> {
    if (this.files.has(path) || this.#options.exclude.some((pattern) => pattern.matches(path))) return;
    const found = await lookAt(path);
    if (found !== undefined) this.files.set(path, found);
  }
}

async function entriesOf(directory: string) {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}

async function directoryId(directory: string): Promise<string | undefined> {
  try {
    const found = await stat(directory === '' ? '/' : directory);
    return found.isDirectory() ? `${found.dev}:${found.ino}` : undefined;
  } catch {
    return undefined;
  }
}
