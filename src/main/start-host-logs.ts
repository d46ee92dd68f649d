// What this host says, as a part of the program: the sources of the settings, the journal, the program's own log.

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HostLogs } from '../agent/logs/host-logs.ts';
import type { OwnLog } from '../agent/logs/own-log.ts';
import { parseLogSources } from '../agent/logs/parse-log-sources.ts';
import { systemClock } from '../base/clock.ts';
import type { Config } from '../config.ts';
import type { BeginLogWrite } from '../logs/write.ts';
import { ANONYMOUS } from '../tenant/tenant.ts';
import type { Core } from './core.ts';

/** Reads what the settings name, now and after every reload. Throws `bad_data` where they cannot be understood. */
export function startHostLogs(core: Core, begin: BeginLogWrite, own: OwnLog, stack: AsyncDisposableStack): void {
  const { settings, log, metrics, limits } = core;
  // First in, last out: what the sources say while they stop is stored too.
  stack.use(own);
  const hostLogs = stack.use(
    new HostLogs({
      directory: join(resolve(settings.current.dataDir), 'log-sources'),
      begin,
      tenant: ANONYMOUS,
      lineLimit: () => limits.of(ANONYMOUS).logs,
      nowMs: () => systemClock.now(),
      random: Math.random,
      metrics,
      log,
    }),
  );
  const prepare = (next: Config): (() => void) => {
    const sources = parseLogSources(next.logSources, (file) => readFileSync(file, 'utf8'));
    return () => {
      own.follow(next.host.ownLog ? { begin, tenant: ANONYMOUS } : undefined);
      void hostLogs.apply(sources, next.host.journal);
    };
  };
  settings.follow(prepare);
  prepare(settings.current)();
}
