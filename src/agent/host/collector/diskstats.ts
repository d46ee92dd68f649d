// Block devices: I/O counters from /proc/diskstats, names and models from udev's data base.
//
// Source: Documentation/admin-guide/iostats.rst; sectors are 512 bytes, times milliseconds.

import { columns, lines, number, parseNumber, readText } from '../fields.ts';
import { HostError, need } from '../host.ts';
import type { Families, Pairs } from '../families.ts';
import type { Collector, Host, HostFilters } from '../host.ts';

const SECTOR_BYTES = 512;
const MILLISECONDS = 1000;

type Unit = 'count' | 'sectors' | 'milliseconds';

const STATISTICS: readonly (readonly [name: string, unit: Unit, help: string])[] = [
  ['reads_completed_total', 'count', 'Reads completed.'],
  ['reads_merged_total', 'count', 'Reads merged with others before they were issued.'],
  ['read_bytes_total', 'sectors', 'Bytes read.'],
  ['read_time_seconds_total', 'milliseconds', 'Time that all reads took, in seconds.'],
  ['writes_completed_total', 'count', 'Writes completed.'],
  ['writes_merged_total', 'count', 'Writes merged with others before they were issued.'],
  ['written_bytes_total', 'sectors', 'Bytes written.'],
  ['write_time_seconds_total', 'milliseconds', 'Time that all writes took, in seconds.'],
  ['io_now', 'count', 'Reads and writes in progress.'],
  ['io_time_seconds_total', 'milliseconds', 'Time during which the device had something to do, in seconds.'],
  ['io_time_weighted_seconds_total', 'milliseconds', 'Time that reads and writes took, summed over all in progress, in seconds.'],
  ['discards_completed_total', 'count', 'Discards completed.'],
  ['discards_merged_total', 'count', 'Discards merged with others before they were issued.'],
  ['discarded_sectors_total', 'count', 'Sectors discarded.'],
  ['discard_time_seconds_total', 'milliseconds', 'Time that all discards took, in seconds.'],
  ['flush_requests_total', 'count', 'Flushes completed.'],
  ['flush_requests_time_seconds_total', 'milliseconds', 'Time that all flushes took, in seconds.'],
];
const COLUMNS_MIN = 14;

/** Leaves out the devices that `filters` name. What udev knows of a device is read when the device is first seen and then kept. */
export function diskstatsCollector(filters: Pick<HostFilters, 'disksExclude'>): Collector {
  const kept = new Map<string, DeviceFacts>();
  let round = 0;
  return {
    name: 'diskstats',
    collect(host, out) {
      if (round++ % REFRESH_EVERY === 0) kept.clear();
      for (const line of lines(need(host.proc, 'diskstats'))) {
        const fields = columns(line);
        const [major = '', minor = '', device = ''] = fields;
        if (fields.length < COLUMNS_MIN) throw new HostError(`diskstats: ${fields.length} columns for ${device}`);
        if (filters.disksExclude(device)) continue;
        writeStatistics(out, device, fields);
        const key = `${major}:${minor} ${device}`;
        let facts = kept.get(key);
        if (facts === undefined) {
          facts = readFacts(host, major, minor, device);
          kept.set(key, facts);
        }
        for (const fact of facts) out.gauge(fact.name, fact.help, fact.value, fact.labels);
      }
    },
  };
}

const REFRESH_EVERY = 20;

interface Fact {
  readonly name: string;
  readonly help: string;
  readonly value: number;
  readonly labels: Pairs;
}

type DeviceFacts = readonly Fact[];

function writeStatistics(out: Families, device: string, fields: readonly string[]): void {
  STATISTICS.forEach(([name, unit, help], i) => {
    if (i + 3 >= fields.length) return;
    const raw = number(fields[i + 3], `diskstats: ${device}`);
    const value = unit === 'sectors' ? raw * SECTOR_BYTES : unit === 'milliseconds' ? raw / MILLISECONDS : raw;
    if (name === 'io_now') out.gauge(`node_disk_${name}`, help, value, ['device', device]);
    else out.counter(`node_disk_${name}`, help, value, ['device', device]);
  });
}

function readFacts(host: Host, major: string, minor: string, device: string): DeviceFacts {
  const udev = parseUdev(host.root.read(`run/udev/data/b${major}:${minor}`) ?? '');
  const of = (name: string): string => udev.get(name) ?? '';
  const serial = of('SCSI_IDENT_SERIAL') || of('ID_SERIAL_SHORT') || of('ID_SERIAL');
  const numbers = ['device', device, 'major', major, 'minor', minor];
  const names = ['path', of('ID_PATH'), 'wwn', of('ID_WWN'), 'model', of('ID_MODEL'), 'serial', serial, 'revision', of('ID_REVISION')];
  // A device name may hold slashes, which /sys writes as exclamation marks.
  const rotational = readText(host.sys, `block/${device.replaceAll('/', '!')}/queue/rotational`) ?? '0';
  const info = [...numbers, ...names, 'rotational', rotational];
  const facts: Fact[] = [
    { name: 'node_disk_info', help: 'What is known of the block device; the value is always 1.', value: 1, labels: info },
  ];
  if (of('ID_FS_TYPE') !== '') {
    const labels = [
      'device',
      device,
      'type',
      of('ID_FS_TYPE'),
      'usage',
      of('ID_FS_USAGE'),
      'uuid',
      of('ID_FS_UUID'),
      'version',
      of('ID_FS_VERSION'),
    ];
    facts.push({
      name: 'node_disk_filesystem_info',
      help: 'The file system on the block device; the value is always 1.',
      value: 1,
      labels,
    });
  }
  if (of('DM_NAME') !== '') facts.push(...mapperFacts(host, device, of));
  if (of('ID_ATA') !== '') facts.push(...ataFacts(device, udev));
  return facts;
}

function mapperFacts(host: Host, device: string, of: (name: string) => string): Fact[] {
  const volume = ['vg_name', of('DM_VG_NAME'), 'lv_name', of('DM_LV_NAME'), 'lv_layer', of('DM_LV_LAYER')];
  const labels = ['device', device, 'name', of('DM_NAME'), 'uuid', of('DM_UUID'), ...volume];
  const help = 'The device mapper device behind the block device; the value is always 1.';
  const backingHelp = 'A block device that a device mapper device stands on; the value is always 1.';
  return [
    { name: 'node_disk_device_mapper_info', help, value: 1, labels },
    ...(host.sys.list(`block/${device}/slaves`) ?? []).map((backing) => ({
      name: 'node_disk_device_mapper_backing_device_info',
      help: backingHelp,
      value: 1,
      labels: ['device', device, 'backing_device', backing],
    })),
  ];
}

const ATA: readonly (readonly [key: string, name: string, help: string])[] = [
  ['ID_ATA_WRITE_CACHE', 'ata_write_cache', 'Whether the ATA disk has a write cache: 1 or 0.'],
  ['ID_ATA_WRITE_CACHE_ENABLED', 'ata_write_cache_enabled', 'Whether the write cache of the ATA disk is on: 1 or 0.'],
  ['ID_ATA_ROTATION_RATE_RPM', 'ata_rotation_rate_rpm', 'Rotations of the ATA disk per minute; 0 for one without moving parts.'],
];

function ataFacts(device: string, udev: ReadonlyMap<string, string>): Fact[] {
  return ATA.flatMap(([key, name, help]) => {
    const value = parseNumber(udev.get(key));
    return value === undefined ? [] : [{ name: `node_disk_${name}`, help, value, labels: ['device', device] }];
  });
}

/** Lines `E:NAME=value` of a device's file. */
function parseUdev(text: string): ReadonlyMap<string, string> {
  const properties = new Map<string, string>();
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=');
    if (line.startsWith('E:') && equals > 0) properties.set(line.slice(2, equals), line.slice(equals + 1));
  }
  return properties;
}
