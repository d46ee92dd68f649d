// Properties of the network devices from /sys/class/net.

import { columns, parseHex, parseNumber } from '../fields.ts';
import { needList } from '../host.ts';
import type { Families } from '../families.ts';
import type { Collector, Host } from '../host.ts';

/** Property of a device: its file, its metric and how the file's text becomes a value. */
interface Property {
  readonly file: string;
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly scale: number;
}

function property(file: string, name: string, type: 'gauge' | 'counter' = 'gauge', scale = 1): Property {
  return { file, name, type, scale };
}

/** Change only when somebody changes them; the files of one device are two dozen, so these are read on every fourth collection. */
const SLOW: readonly Property[] = [
  property('addr_assign_type', 'address_assign_type'),
  property('dev_id', 'device_id'),
  property('flags', 'flags'),
  property('ifindex', 'iface_id'),
  property('iflink', 'iface_link'),
  property('link_mode', 'iface_link_mode'),
  property('mtu', 'mtu_bytes'),
  property('name_assign_type', 'name_assign_type'),
  property('netdev_group', 'net_dev_group'),
  property('tx_queue_len', 'transmit_queue_length'),
  property('type', 'protocol_type'),
];

const QUICK: readonly Property[] = [
  property('carrier', 'carrier'),
  property('carrier_changes', 'carrier_changes_total', 'counter'),
  property('carrier_up_count', 'carrier_up_changes_total', 'counter'),
  property('carrier_down_count', 'carrier_down_changes_total', 'counter'),
  property('dormant', 'dormant'),
  // Megabits become bytes; -1, which says that no speed is known, is given as it is, scaled, because node_exporter does so.
  property('speed', 'speed_bytes', 'gauge', 1e6 / 8),
];

const REFRESH_EVERY = 4;
/** A machine with containers has hundreds of devices; so many take a millisecond or two. */
const DEVICES_AT_ONCE = 10;
const INFO_FILES = ['address', 'broadcast', 'duplex', 'ifalias'] as const;

/** What is known of a device that seldom changes. */
interface Kept {
  readonly values: readonly (number | undefined)[];
  readonly info: readonly string[];
}

export function netclassCollector(): Collector {
  const kept = new Map<string, Kept>();
  let round = 0;
  return {
    name: 'netclass',
    async collect(host, out) {
      const devices = deviceNames(host);
      const present = new Set(devices);
      for (const name of kept.keys()) if (!present.has(name)) kept.delete(name);
      round++;
      for (const [i, device] of devices.entries()) {
        if (i % DEVICES_AT_ONCE === DEVICES_AT_ONCE - 1) await host.pause();
        // Each round is another quarter's turn.
        let slow = (i + round) % REFRESH_EVERY === 0 ? undefined : kept.get(device);
        if (slow === undefined) {
          slow = readSlow(host, device);
          kept.set(device, slow);
        }
        writeDevice(host, out, device, slow);
      }
    },
  };
}

/** `bonding_masters` and the like are plain files among the devices; only a device has a flags file. */
function deviceNames(host: Host): readonly string[] {
  return needList(host.sys, 'class/net').filter((name) => name !== 'bonding_masters');
}

function readSlow(host: Host, device: string): Kept {
  return {
    values: SLOW.map(({ file }) => valueOf(host.sys.read(`class/net/${device}/${file}`))),
    info: INFO_FILES.map((file) => host.sys.read(`class/net/${device}/${file}`)?.trim() ?? ''),
  };
}

function writeDevice(host: Host, out: Families, device: string, slow: Kept): void {
  const labels = ['device', device];
  const operstate = host.sys.read(`class/net/${device}/operstate`)?.trim() ?? '';
  out.gauge('node_network_up', 'Whether the operational state of the device is up: 1 or 0.', operstate === 'up' ? 1 : 0, labels);
  const info = INFO_FILES.flatMap((file, i) => [file, slow.info[i] ?? '']);
  const infoHelp = 'Properties of the device that are not numbers; the value is always 1.';
  out.gauge('node_network_info', infoHelp, 1, ['device', device, ...info, 'operstate', operstate, 'adminstate', adminState(slow)]);
  SLOW.forEach((property, i) => write(out, property, slow.values[i], labels));
  for (const property of QUICK) write(out, property, valueOf(host.sys.read(`class/net/${device}/${property.file}`)), labels);
}

function write(out: Families, { name, type, scale }: Property, value: number | undefined, labels: readonly string[]): void {
  if (value !== undefined) out[type](`node_network_${name}`, `Network device property ${name}.`, value * scale, labels);
}

const FLAG_UP = 1;
const FLAGS_AT = SLOW.findIndex(({ file }) => file === 'flags');

/** Whether the administrator has set the device up; the lowest bit of its flags. */
function adminState(slow: Kept): string {
  const flags = slow.values[FLAGS_AT];
  if (flags === undefined) return '';
  return (flags & FLAG_UP) === FLAG_UP ? 'up' : 'down';
}

/** Some of the files are decimal, some hexadecimal with `0x`. */
function valueOf(text: string | undefined): number | undefined {
  const [word] = columns(text ?? '');
  return word?.startsWith('0x') === true ? parseHex(word) : parseNumber(word);
}
