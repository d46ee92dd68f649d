// Btrfs: allocation, commits, devices and their errors from /sys/fs/btrfs/<uuid>.
//
// Source: Documentation of btrfs, "btrfs(5), sysfs interface".

import { columns, lines, parseNumber, readNumber, readText, scaled } from '../fields.ts';
import type { Families, Pairs } from '../families.ts';
import type { Collector, Host } from '../host.ts';

const DIRECTORY = 'fs/btrfs';
const GROUPS = ['data', 'metadata', 'system'] as const;
const SECTOR_BYTES = 512;
const MILLISECONDS = 1000;

export const btrfsCollector: Collector = {
  name: 'btrfs',
  collect(host, out) {
    for (const uuid of host.sys.list(DIRECTORY) ?? []) {
      if (/^[0-9a-f]{8}-/.test(uuid)) collectFilesystem(host, out, `${DIRECTORY}/${uuid}`, ['uuid', uuid]);
    }
  },
};

function collectFilesystem(host: Host, out: Families, directory: string, labels: Pairs): void {
  const label = readText(host.sys, `${directory}/label`) ?? '';
  out.gauge('node_btrfs_info', 'Label of the file system; the value is always 1.', 1, [...labels, 'label', label]);
  const reserve = readNumber(host.sys, `${directory}/allocation/global_rsv_size`);
  out.gauge('node_btrfs_global_rsv_size_bytes', 'Size of the global reserve, in bytes.', reserve, labels);
  for (const group of GROUPS) collectGroup(host, out, `${directory}/allocation/${group}`, [...labels, 'block_group_type', group]);
  collectCommits(host, out, directory, labels);
  for (const device of host.sys.list(`${directory}/devices`) ?? []) {
    const sectors = readNumber(host.sys, `${directory}/devices/${device}/size`);
    const bytes = sectors === undefined ? undefined : sectors * SECTOR_BYTES;
    out.gauge('node_btrfs_device_size_bytes', 'Size of a device of the file system, in bytes.', bytes, [...labels, 'device', device]);
  }
}

function collectGroup(host: Host, out: Families, directory: string, labels: Pairs): void {
  const reserved = readNumber(host.sys, `${directory}/bytes_reserved`);
  out.gauge('node_btrfs_reserved_bytes', 'Bytes reserved for this kind of data.', reserved, labels);
  for (const mode of host.sys.list(directory) ?? []) {
    const used = readNumber(host.sys, `${directory}/${mode}/used_bytes`);
    const total = readNumber(host.sys, `${directory}/${mode}/total_bytes`);
    if (used === undefined || total === undefined) continue;
    const withMode = [...labels, 'mode', mode];
    out.gauge('node_btrfs_used_bytes', 'Bytes used by this kind of data in this layout.', used, withMode);
    out.gauge('node_btrfs_size_bytes', 'Bytes allocated for this kind of data in this layout.', total, withMode);
    const ratio = ratioOf(mode, (host.sys.list(`${directory}/../../devices`) ?? []).length);
    out.gauge('node_btrfs_allocation_ratio', 'Bytes on the devices for each byte of this kind of data in this layout.', ratio, withMode);
  }
}

/** How much room a layout takes: copies count once each, parity by the share of the devices that hold it. */
function ratioOf(mode: string, devices: number): number {
  switch (mode) {
    case 'dup':
    case 'raid1':
    case 'raid10':
      return 2;
    case 'raid1c3':
      return 3;
    case 'raid1c4':
      return 4;
    case 'raid5':
      return devices > 1 ? devices / (devices - 1) : 1;
    case 'raid6':
      return devices > 2 ? devices / (devices - 2) : 1;
    default:
      return 1;
  }
}

function collectCommits(host: Host, out: Families, directory: string, labels: Pairs): void {
  const stats = new Map(lines(host.sys.read(`${directory}/commit_stats`) ?? '').map((line) => [columns(line)[0], columns(line)[1]]));
  const of = (key: string): number | undefined => parseNumber(stats.get(key));
  out.counter('node_btrfs_commits_total', 'Commits of the file system.', of('commits'), labels);
  out.gauge(
    'node_btrfs_last_commit_seconds',
    'Time that the last commit took, in seconds.',
    scaled(of('last_commit_ms'), MILLISECONDS),
    labels,
  );
  out.gauge(
    'node_btrfs_max_commit_seconds',
    'Time that the longest commit took, in seconds.',
    scaled(of('max_commit_ms'), MILLISECONDS),
    labels,
  );
  out.counter(
    'node_btrfs_commit_seconds_total',
    'Time that all commits took, in seconds.',
    scaled(of('total_commit_ms'), MILLISECONDS),
    labels,
  );
}
