// One collection: every collector in turn over one host, and how each of them fared.
//
//   quick collectors ─▶ at once, with a pause for the rest of the program every few milliseconds
//   waiting ones     ─▶ beside each other, bounded in time; one that hangs is left out, and not begun again, until it comes back

import { setImmediate as pause } from 'node:timers/promises';
import { Families } from './families.ts';
import { HostError } from './host.ts';
import type { HostFamily } from './families.ts';
import type { Collector, Host } from './host.ts';

/** A collector that failed for another reason than that its data is absent or malformed: a mistake of ours. */
export interface CollectorFailure {
  readonly collector: string;
  readonly message: string;
}

export interface Collection {
  /** In order of their names. */
  readonly families: readonly HostFamily[];
  readonly failures: readonly CollectorFailure[];
}

const DURATION_HELP = 'Time that the collector took, in seconds.';
const SUCCESS_HELP = 'Whether the collector found what it looked for: 1 or 0.';
/** The longest that quick collectors hold up the rest of the program. */
const PAUSE_AFTER_MS = 2;

/**
 * A function that collects. It never rejects: a collector that fails keeps what it gave before it failed, and its success is 0.
 * One that does not come to an end within `timeoutMs` gives nothing.
 */
export function collection(collectors: readonly Collector[], timeoutMs: number): (host: Host) => Promise<Collection> {
  const hanging = new Set<Collector>();
  return async (host) => {
    const out = new Families();
    const failures: CollectorFailure[] = [];
    const waiting: Promise<void>[] = [];
    let pausedMs = performance.now();
    for (const collector of collectors) {
      if (performance.now() - pausedMs > PAUSE_AFTER_MS) {
        await pause();
        pausedMs = performance.now();
      }
      const finish = finisher(collector, out, failures);
      if (hanging.has(collector)) finish(new HostError('still waits for an earlier collection'));
      else waiting.push(...run(collector, host, { out, finish, timeoutMs, hanging }));
    }
    await Promise.all(waiting);
    return { families: out.sorted(), failures };
  };
}

type Finish = (error?: unknown) => void;

function finisher(collector: Collector, out: Families, failures: CollectorFailure[]): Finish {
  const startedMs = performance.now();
  return (error) => {
    const labels = ['collector', collector.name];
    out.gauge('node_scrape_collector_duration_seconds', DURATION_HELP, (performance.now() - startedMs) / 1000, labels);
    out.gauge('node_scrape_collector_success', SUCCESS_HELP, error === undefined ? 1 : 0, labels);
    if (error !== undefined && !(error instanceof HostError)) failures.push({ collector: collector.name, message: messageOf(error) });
  };
}

interface Run {
  readonly out: Families;
  readonly finish: Finish;
  readonly timeoutMs: number;
  readonly hanging: Set<Collector>;
}

/** Families of its own for a collector that waits: what comes after the time is up must not land in a page that is done. */
function run(collector: Collector, host: Host, { out, finish, timeoutMs, hanging }: Run): readonly Promise<void>[] {
  const own = new Families();
  let pending: void | Promise<void>;
  try {
    pending = collector.collect(host, own);
  } catch (error) {
    out.merge(own);
    finish(error);
    return [];
  }
  if (pending === undefined) {
    out.merge(own);
    finish();
    return [];
  }
  hanging.add(collector);
  return [
    settled(pending, timeoutMs, () => hanging.delete(collector)).then((outcome) => {
      if (outcome.kind === 'late') finish(new HostError(`took more than ${timeoutMs} ms`));
      else {
        out.merge(own);
        finish(outcome.error);
      }
    }),
  ];
}

type Outcome = { readonly kind: 'late' } | { readonly kind: 'done'; readonly error: unknown };

/** How `pending` ended, or that it has not within `timeoutMs`; `ended` is called when it does, late or not. */
async function settled(pending: Promise<void>, timeoutMs: number, ended: () => void): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const timer = setTimeout(() => resolve({ kind: 'late' }), timeoutMs);
  const end = (error?: unknown): void => {
    clearTimeout(timer);
    ended();
    resolve({ kind: 'done', error });
  };
  pending.then(() => end(), end);
  return promise;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
