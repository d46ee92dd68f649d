// ZFS statistics from /proc/spl/kstat/zfs: of the module, of each pool and of each dataset.

import { columns, lines, metricNamePart, number, parseNumber } from '../fields.ts';
import { HostError, needList } from '../host.ts';
import type { Families, Pairs } from '../families.ts';
import type { Collector, Host } from '../host.ts';

const DIRECTORY = 'spl/kstat/zfs';

const SUBSYSTEMS: readonly (readonly [file: string, subsystem: string])[] = [
  ['abdstats', 'zfs_abd'],
  ['arcstats', 'zfs_arc'],
  ['dbufstats', 'zfs_dbuf'],
  ['dmu_tx', 'zfs_dmu_tx'],
  ['dnodestats', 'zfs_dnode'],
  ['fm', 'zfs_fm'],
  ['vdev_cache_stats', 'zfs_vdev_cache'],
  ['vdev_mirror_stats', 'zfs_vdev_mirror'],
  ['xuio_stats', 'zfs_xuio'],
  ['zfetchstats', 'zfs_zfetch'],
  ['zil', 'zfs_zil'],
];

const POOL_STATES = ['online', 'degraded', 'faulted', 'offline', 'removed', 'unavail', 'suspended'] as const;
/** Kinds of values in a kstat file: signed and unsigned 64-bit numbers. */
const NUMBER_TYPES = new Set(['3', '4']);

export const zfsCollector: Collector = {
  name: 'zfs',
  collect(host, out) {
    const entries = needList(host.proc, DIRECTORY);
    for (const [file, subsystem] of SUBSYSTEMS) {
      const text = host.proc.read(`${DIRECTORY}/${file}`);
      if (text === undefined) continue;
      for (const [name, value] of kstatNumbers(text, file)) {
        out.untyped(`node_${subsystem}_${metricNamePart(name)}`, `Statistic ${name} of ${file}.`, value);
      }
    }
    for (const pool of entries) {
      const files = host.proc.list(`${DIRECTORY}/${pool}`);
      if (files !== undefined) collectPool(host, out, pool, files);
    }
  },
};

function collectPool(host: Host, out: Families, pool: string, files: readonly string[]): void {
  const directory = `${DIRECTORY}/${pool}`;
  const labels = ['zpool', pool];
  for (const file of files) {
    const text = file === 'io' || file === 'state' || file.startsWith('objset-') ? host.proc.read(`${directory}/${file}`) : undefined;
    if (text === undefined) continue;
    if (file === 'io') writeIo(out, text, labels);
    else if (file === 'state') {
      const current = text.trim().toLowerCase();
      for (const state of POOL_STATES) {
        out.gauge('node_zfs_zpool_state', 'Whether the pool is in this state: 1 or 0.', current === state ? 1 : 0, [
          ...labels,
          'state',
          state,
        ]);
      }
    } else writeDataset(out, text, labels);
  }
}

/** A line of names that begins with `nread`, then a line of values. */
function writeIo(out: Families, text: string, labels: Pairs): void {
  const rows = lines(text).map(columns);
  const at = rows.findIndex((row) => row[0] === 'nread' && row.length >= 12);
  const values = rows[at + 1];
  if (at < 0 || values === undefined) return;
  rows[at]?.forEach((name, i) => {
    out.untyped(
      `node_zfs_zpool_${metricNamePart(name)}`,
      `I/O statistic ${name} of the pool.`,
      number(values[i], `zfs: io ${name}`),
      labels,
    );
  });
}

function writeDataset(out: Families, text: string, labels: Pairs): void {
  const name = lines(text)
    .map(columns)
    .find((row) => row[0] === 'dataset_name')?.[2];
  if (name === undefined) return;
  for (const [statistic, value] of kstatNumbers(text, 'objset')) {
    const help = `Statistic ${statistic} of the dataset.`;
    out.untyped(`node_zfs_zpool_dataset_${metricNamePart(statistic)}`, help, value, [...labels, 'dataset', name]);
  }
}

/** After a line `name type data`, a line for each statistic. */
function kstatNumbers(text: string, file: string): readonly (readonly [name: string, value: number])[] {
  const rows = lines(text).map(columns);
  const header = rows.findIndex((row) => row.join(' ') === 'name type data');
  if (header < 0) throw new HostError(`${DIRECTORY}/${file}: no statistics`);
  return rows.slice(header + 1).flatMap(([name = '', type = '', data]) => {
    const value = NUMBER_TYPES.has(type) ? parseNumber(data) : undefined;
    return value === undefined ? [] : [[name, value] as const];
  });
}
