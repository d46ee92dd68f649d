// Bcache sets from /sys/fs/bcache/<uuid>: the set, its backing devices (bdevN) and its caches (cacheN).
//
// Source: Documentation/admin-guide/bcache.rst. Sizes there are for people: `1.5M` is 1.5 · 2^20 bytes.

import { parseNumber } from '../fields.ts';
import type { Families, Pairs } from '../families.ts';
import type { Collector, Host } from '../host.ts';

const DIRECTORY = 'fs/bcache';

type Metric = readonly [file: string, type: 'gauge' | 'counter', name: string, help: string, divisor?: number];

const SET: readonly Metric[] = [
  ['average_key_size', 'gauge', 'average_key_size_sectors', 'Mean data per key of the tree, in sectors.'],
  ['btree_cache_size', 'gauge', 'btree_cache_size_bytes', 'Memory that the cache of the tree uses, in bytes.'],
  ['cache_available_percent', 'gauge', 'cache_available_percent', 'Share of the cache without dirty data, in percent.'],
  ['congested', 'gauge', 'congested', 'Congestion of the set.'],
  ['root_usage_percent', 'gauge', 'root_usage_percent', 'Share of the root node of the tree that is used, in percent.'],
  ['tree_depth', 'gauge', 'tree_depth', 'Depth of the tree.'],
  ['internal/active_journal_entries', 'gauge', 'active_journal_entries', 'Journal entries newer than the index.'],
  ['internal/btree_nodes', 'gauge', 'btree_nodes', 'Nodes of the tree.'],
  [
    'internal/btree_read_average_duration_us',
    'gauge',
    'btree_read_average_duration_seconds',
    'Mean time to read the tree, in seconds.',
    1e6,
  ],
  ['internal/cache_read_races', 'counter', 'cache_read_races_total', 'Reads whose bucket was reused meanwhile.'],
];

const BACKING: readonly Metric[] = [
  ['dirty_data', 'gauge', 'dirty_data_bytes', 'Data of the backing device that only the cache holds, in bytes.'],
  ['stats_total/bypassed', 'counter', 'bypassed_bytes_total', 'Bytes that went past the cache.'],
  ['stats_total/cache_hits', 'counter', 'cache_hits_total', 'I/Os that hit the cache.'],
  ['stats_total/cache_misses', 'counter', 'cache_misses_total', 'I/Os that missed the cache.'],
  ['stats_total/cache_bypass_hits', 'counter', 'cache_bypass_hits_total', 'I/Os meant to go past the cache that hit it.'],
  ['stats_total/cache_bypass_misses', 'counter', 'cache_bypass_misses_total', 'I/Os meant to go past the cache that missed it.'],
  ['stats_total/cache_miss_collisions', 'counter', 'cache_miss_collisions_total', 'Insertions after a miss that a write overtook.'],
  ['stats_total/cache_readaheads', 'counter', 'cache_readaheads_total', 'Reads ahead.'],
];

const CACHE: readonly Metric[] = [
  ['io_errors', 'gauge', 'io_errors', 'Errors of the cache device, which decay with time.'],
  ['metadata_written', 'counter', 'metadata_written_bytes_total', 'Bytes written that were not data.'],
  ['written', 'counter', 'written_bytes_total', 'Bytes written to the cache.'],
];

/** Lines of `writeback_rate_debug`; the spelling of the third metric is node_exporter's. */
const WRITEBACK: readonly (readonly [key: string, name: string, help: string])[] = [
  ['target', 'dirty_target_bytes', 'Dirty data that is aimed at, in bytes.'],
  ['rate', 'writeback_rate', 'Rate of writing back, in bytes.'],
  ['proportional', 'writeback_rate_proportinal_term', 'Proportional part of the rate of writing back.'],
  ['integral', 'writeback_rate_integral_term', 'Integral part of the rate of writing back.'],
  ['change', 'writeback_change', 'Last change of the rate of writing back.'],
];

export const bcacheCollector: Collector = {
  name: 'bcache',
  collect(host, out) {
    for (const uuid of host.sys.list(DIRECTORY) ?? []) {
      if (/^[0-9a-f]{8}-/.test(uuid)) collectSet(host, out, `${DIRECTORY}/${uuid}`, ['uuid', uuid]);
    }
  },
};

function collectSet(host: Host, out: Families, directory: string, labels: Pairs): void {
  writeAll(host, out, SET, { directory, labels });
  for (const entry of host.sys.list(directory) ?? []) {
    const inner = `${directory}/${entry}`;
    if (/^bdev[0-9]+$/.test(entry)) {
      const backing = [...labels, 'backing_device', entry];
      writeAll(host, out, BACKING, { directory: inner, labels: backing });
      writeWriteback(host, out, inner, backing);
    }
    if (/^cache[0-9]+$/.test(entry)) writeAll(host, out, CACHE, { directory: inner, labels: [...labels, 'cache_device', entry] });
  }
}

function writeAll(
  host: Host,
  out: Families,
  metrics: readonly Metric[],
  { directory, labels }: { directory: string; labels: Pairs },
): void {
  for (const [file, type, name, help, divisor = 1] of metrics) {
    const value = parseHuman(host.sys.read(`${directory}/${file}`));
    if (value !== undefined) out[type](`node_bcache_${name}`, help, value / divisor, labels);
  }
}

function writeWriteback(host: Host, out: Families, directory: string, labels: Pairs): void {
  const values = new Map<string, string>();
  for (const line of (host.sys.read(`${directory}/writeback_rate_debug`) ?? '').split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) values.set(line.slice(0, colon).trim(), line.slice(colon + 1).replace('/sec', ''));
  }
  for (const [key, name, help] of WRITEBACK) out.gauge(`node_bcache_${name}`, help, parseHuman(values.get(key)), labels);
}

/** `1.5k` → 1536. */
function parseHuman(text: string | undefined): number | undefined {
  const match = /^\s*(-?[0-9.]+)([kMGTPEZY]?)\s*$/.exec(text ?? '');
  const value = parseNumber(match?.[1]);
  if (value === undefined) return undefined;
  const power = match?.[2] === '' ? 0 : 'kMGTPEZY'.indexOf(match?.[2] ?? '') + 1;
  return value * 1024 ** power;
}
