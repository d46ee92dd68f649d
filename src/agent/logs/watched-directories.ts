// Directories whose changes the system tells of: a hint to look now. Where it cannot, the regular look finds the same a little later.

import type { FSWatcher } from 'node:fs';
import { watch } from 'node:fs';

const DIRECTORIES_MAX = 512;

export class WatchedDirectories {
  readonly #changed: (path: string) => void;
  readonly #watchers = new Map<string, FSWatcher>();

  constructor(changed: (path: string) => void) {
    this.#changed = changed;
  }

  /** Watches these directories and no others. */
  follow(directories: readonly string[]): void {
    const wanted = new Set(directories.slice(0, DIRECTORIES_MAX));
    for (const [directory, watcher] of this.#watchers) {
      if (wanted.has(directory)) continue;
      watcher.close();
      this.#watchers.delete(directory);
    }
    for (const directory of wanted) if (!this.#watchers.has(directory)) this.#begin(directory);
  }

  close(): void {
    this.follow([]);
  }

  #begin(directory: string): void {
    try {
      const watcher = watch(directory, { persistent: false }, (_, name) => this.#changed(`${directory}/${name ?? ''}`));
      // Its directory went away, or the system has no room for more watchers: the next look follows what there is then.
      watcher.on('error', () => this.#end(directory, watcher));
      this.#watchers.set(directory, watcher);
    } catch {
      // Absent, or beyond what the system can watch.
    }
  }

  #end(directory: string, watcher: FSWatcher): void {
    watcher.close();
    if (this.#watchers.get(directory) === watcher) this.#watchers.delete(directory);
  }
}
