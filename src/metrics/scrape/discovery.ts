// Finding targets: what every discovery is, the static one, and the rhythm of those that ask again and again.

import type { Log } from '../../base/log.ts';
import type { StaticGroup } from './discovery-config.ts';
import type { TargetGroup } from './target.ts';

/** Runs until stopped and hands over all of its groups whenever they change. */
export interface Discovery {
  start(update: (groups: readonly TargetGroup[]) => void): void;
  stop(): void;
}

/** A group as configured or read, with labels that its discovery adds. */
export function groupOf(given: StaticGroup, source: string, added: readonly (readonly [string, string])[] = []): TargetGroup {
  return {
    source,
    targets: given.targets.map((address) => new Map([['__address__', address]])),
    labels: new Map([...given.labels, ...added]),
  };
}

/** A refresh interval within what a timer can hold and a machine can bear. */
export function refreshDelayMs(intervalMs: number): number {
  return Math.min(Math.max(intervalMs, 10), 2 ** 31 - 1);
}

/** `static_configs`: found once. */
export function staticDiscovery(groups: readonly StaticGroup[]): Discovery {
  const found = groups.map((group, index) => groupOf(group, String(index)));
  return { start: (update) => update(found), stop: () => undefined };
}

export interface Refreshing {
  readonly intervalMs: number;
  /** All groups; rejects to keep what was found before. */
  readonly refresh: (signal: AbortSignal) => Promise<readonly TargetGroup[]>;
  readonly log: Log;
  /** Names the discovery in the log. */
  readonly name: string;
}

/** A discovery that asks at once and then every interval, one question at a time. */
export function refreshingDiscovery({ intervalMs, refresh, log, name }: Refreshing): Discovery {
  const stopped = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  return {
    start: (update) => {
      const ask = async (): Promise<void> => {
        try {
          const groups = await refresh(stopped.signal);
          if (!stopped.signal.aborted) update(groups);
        } catch (error) {
          if (!stopped.signal.aborted) log.warn('discovery failed, its targets stay as they were', { discovery: name, error });
        }
        if (!stopped.signal.aborted) timer = setTimeout(() => void ask(), refreshDelayMs(intervalMs));
      };
      void ask();
    },
    stop: () => {
      stopped.abort();
      clearTimeout(timer);
    },
  };
}
