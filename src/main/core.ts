// What every signal of the program is given, what it gives back, and the settings in force.

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Log } from '../base/log.ts';
import type { SelfMetrics } from '../base/self-metrics.ts';
import { changedSettings, type Config, type ConfigSources, loadConfig } from '../config.ts';
import type { GrpcRoute, Route, SocketRoute } from '../server/route.ts';
import type { Table } from '../storage/schema.ts';
import type { Store } from '../storage/store.ts';
import type { QueryGate } from '../tenant/query-gate.ts';
import type { TenantLimitsTable } from '../tenant/tenant-limits.ts';

export const ROOT = resolve(import.meta.dirname, '..', '..');

/** What every signal is given. */
export interface Core {
  readonly settings: LiveSettings;
  readonly log: Log;
  readonly metrics: SelfMetrics;
  readonly limits: TenantLimitsTable;
  /** Bounds how many queries of a tenant run at the same time, of all languages together. */
  readonly gate: QueryGate;
  readonly store: Store;
}

/** A signal that has been started. */
export interface Signal {
  readonly routes: readonly Route[];
  readonly grpcRoutes: readonly GrpcRoute[];
  readonly socketRoutes: readonly SocketRoute[];
  /** Begins what runs by itself; `instance` is the address of this program. */
  readonly begin: (instance: string) => void;
  /** What its retention applies to, and the setting's name below `limits.retention`. */
  readonly tables: readonly Table[];
  readonly kind: 'metrics' | 'logs' | 'traces';
  /** Told when what was older than its retention at that time has been deleted. */
  readonly retentionApplied: (nowMs: number, retentionMsOf: (tenant: string) => number) => void;
}

/** Checks settings that were read again, and may throw; what it returns applies them, and may not. */
export type Prepare = (next: Config) => () => void;

/** The settings in force, and how they change while the program runs. */
export class LiveSettings {
  readonly #sources: ConfigSources;
  readonly #log: Log;
  readonly #prepares: Prepare[] = [];
  readonly #count: (outcome: string) => void;
  #current: Config;
  #last = { success: true, ms: Date.now() };

  constructor(
    sources: ConfigSources,
    { config, log, metrics }: { readonly config: Config; readonly log: Log; readonly metrics: SelfMetrics },
  ) {
    this.#sources = sources;
    this.#current = config;
    this.#log = log;
    const reloads = metrics.counter('sightline_reloads_total', 'Reloads of the settings.', ['outcome']);
    this.#count = (outcome) => reloads.add(1, outcome);
  }

  get current(): Config {
    return this.#current;
  }

  get lastReload(): { readonly success: boolean; readonly ms: number } {
    return this.#last;
  }

  /** Adds a part that follows the settings. */
  follow(prepare: Prepare): void {
    this.#prepares.push(prepare);
  }

  /** Reads the settings again; resolves to what was done, a line each. Rejects, with nothing changed, when there is a mistake in them. */
  async reload(): Promise<readonly string[]> {
    this.#last = { success: false, ms: Date.now() };
    try {
      const next = loadConfig(this.#sources);
      const applies = this.#prepares.map((prepare) => prepare(next));
      for (const apply of applies) apply();
      const { live, restart } = changedSettings(this.#current, next);
      this.#current = next;
      this.#last = { success: true, ms: Date.now() };
      this.#count('ok');
      this.#log.info('settings reloaded', { applied: live, needRestart: restart });
      const lines = [...live.map((path) => `applied: ${path}`), ...restart.map((path) => `needs a restart: ${path}`)];
      return await Promise.resolve(lines.length === 0 ? ['nothing has changed'] : lines);
    } catch (error) {
      this.#count('refused');
      throw error;
    }
  }
}

/** The program's version, of its manifest. */
export function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : 'unknown';
}
