// Lets a collector whose files are slow to read (a sensor on a slow bus) run without holding up the program, though it is written as if reads
// were immediate: it runs over what has been read so far, then what it missed is read on another thread, and it runs again until it misses nothing.
//
//   run ─▶ missed: class/hwmon ─▶ read ─▶ run ─▶ missed: hwmon0/temp1_input … ─▶ read ─▶ run ─▶ missed nothing: done

import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { Families } from './families.ts';
import { HostError } from './host.ts';
import type { Collector, Tree } from './host.ts';

/** Deeper than any of /sys that is looked at: each run needs what the one before it found. */
const RUNS_MAX = 10;
/** Files that one collection reads of a tree. */
const READS_MAX = 20_000;

/** The collector over `/sys` read in the background; `root` is where that is. The collector must be without memory of its own. */
export function readSlowly(collector: Collector, root: string): Collector {
  return {
    name: collector.name,
    async collect(host, out) {
      const tree = new RememberedTree(root);
      for (let runs = 0; runs < RUNS_MAX; runs++) {
        const own = new Families();
        let failure: HostError | undefined;
        try {
          await collector.collect({ ...host, sys: tree }, own);
        } catch (error) {
          if (!(error instanceof HostError)) throw error;
          failure = error;
        }
        if (!tree.incomplete) {
          out.merge(own);
          if (failure !== undefined) throw failure;
          return;
        }
        await tree.readMissed();
      }
      throw new HostError(`${collector.name}: more than ${RUNS_MAX} levels of directories`);
    },
  };
}

/** What has been read stays as it was then, so that a collector meets one state of the machine. */
class RememberedTree implements Tree {
  readonly #root: string;
  readonly #texts = new Map<string, string | undefined>();
  readonly #lists = new Map<string, readonly string[] | undefined>();
  readonly #reals = new Map<string, string | undefined>();
  readonly #times = new Map<string, number | undefined>();
  #missed: (() => Promise<void>)[] = [];
  #reads = 0;

  constructor(root: string) {
    this.#root = root;
  }

  get incomplete(): boolean {
    return this.#missed.length > 0;
  }

  read(path: string): string | undefined {
    return this.#recall(this.#texts, path, async (file) => readFile(file, 'utf8'));
  }

  list(path: string): readonly string[] | undefined {
    return this.#recall(this.#lists, path, async (directory) => (await readdir(directory)).sort());
  }

  real(path: string): string | undefined {
    return this.#recall(this.#reals, path, async (file) => realpath(file));
  }

  modifiedMs(path: string): number | undefined {
    return this.#recall(this.#times, path, async (file) => (await stat(file)).mtimeMs);
  }

  /** One after the other: a bus that is slow keeps one thread waiting, not all of them. */
  async readMissed(): Promise<void> {
    const missed = this.#missed;
    this.#missed = [];
    this.#reads += missed.length;
    if (this.#reads > READS_MAX) throw new HostError(`more than ${READS_MAX} files`);
    for (const read of missed) await read();
  }

  #recall<T>(known: Map<string, T | undefined>, path: string, fetch: (path: string) => Promise<T>): T | undefined {
    if (!known.has(path)) {
      known.set(path, undefined);
      this.#missed.push(async () => {
        known.set(path, await fetch(`${this.#root}/${path}`).catch(absent));
      });
    }
    return known.get(path);
  }
}

/** Absent, forbidden, or a sensor that is off. */
function absent(error: unknown): undefined {
  if (error instanceof Error && 'errno' in error) return undefined;
  throw error;
}
