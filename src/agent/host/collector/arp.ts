// Neighbours per device from /proc/net/arp.

import { columns, lines } from '../fields.ts';
import { need } from '../host.ts';
import type { Collector } from '../host.ts';

export const arpCollector: Collector = {
  name: 'arp',
  collect(host, out) {
    const byDevice = new Map<string, number>();
    for (const line of lines(need(host.proc, 'net/arp')).slice(1)) {
      const device = columns(line).at(-1);
      if (device !== undefined) byDevice.set(device, (byDevice.get(device) ?? 0) + 1);
    }
    for (const [device, entries] of byDevice) out.gauge('node_arp_entries', 'ARP entries by device.', entries, ['device', device]);
  },
};
