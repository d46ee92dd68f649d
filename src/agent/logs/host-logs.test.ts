// The sources of a host as they run by themselves: found, followed, changed by a reload, and stopped.

import assert from 'node:assert/strict';
import { appendFile, chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { silentLog } from '../../base/log.ts';
import { SelfMetrics } from '../../base/self-metrics.ts';
import { HostLogs } from './host-logs.ts';
import type { LogSource } from './log-source.ts';
import { parseLogSources } from './parse-log-sources.ts';
import { TestLogStore } from './test-log-write.ts';

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 20_000 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(holds());
}

test('files and the journal are followed; a reload goes on where the last one stood', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sightline-host-'));
  const file = (name: string): string => join(directory, name);
  const sources = (stages: readonly unknown[]): readonly LogSource[] =>
    parseLogSources({ kind: 'inline', configs: [{ kind: 'file', paths: '*.log', stages }], directory }, () => '');
  try {
    const entry = '__CURSOR=c1\n__REALTIME_TIMESTAMP=1767323045000000\nMESSAGE=from the journal\n\n';
    await writeFile(
      file('journalctl'),
      `#!/bin/sh\nprintf '${entry.replaceAll('\n', '\\n')}'\ncase "$*" in *--follow*) exec sleep 60;; esac\n`,
    );
    await chmod(file('journalctl'), 0o755);
    await writeFile(file('a.log'), 'one\n');
    const store = new TestLogStore();
    const metrics = new SelfMetrics();
    await using logs = new HostLogs({
      directory: file('positions'),
      begin: store.begin,
      tenant: 'anonymous',
      lineLimit: () => ({ lineBytesMax: 0, truncateLines: false }),
      nowMs: Date.now,
      random: Math.random,
      metrics,
      log: silentLog,
      journalCommand: file('journalctl'),
    });
    await logs.apply(sources([]), true);
    await until(() => store.lines.length === 2);
    await appendFile(file('a.log'), 'two\n');
    await writeFile(file('b.log'), 'three\n');
    await until(() => store.lines.length === 4);
    await logs.apply(sources([{ static_labels: { reloaded: 'yes' } }]), false);
    await appendFile(file('a.log'), 'four\n');
    await until(() => store.lines.length === 5);
    assert.deepEqual(store.texts().toSorted(), ['four', 'from the journal', 'one', 'three', 'two']);
    assert.equal(store.lines.at(-1)?.labels['reloaded'], 'yes');
    assert.match(metrics.render('text'), /^sightline_log_source_lines_total\{source="file-1"\} 4$/m);
    await logs.apply([], false);
    await appendFile(file('a.log'), 'nobody reads this\n');
  } finally {
    await rm(directory, { recursive: true });
  }
});
