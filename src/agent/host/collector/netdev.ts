// Traffic of the network devices from /proc/net/dev.

import { columns, lines, number, readNumber } from '../fields.ts';
import { HostError, need } from '../host.ts';
import type { Collector, HostFilters } from '../host.ts';

const RECEIVE = ['bytes', 'packets', 'errs', 'drop', 'fifo', 'frame', 'compressed', 'multicast'];
const TRANSMIT = ['bytes', 'packets', 'errs', 'drop', 'fifo', 'colls', 'carrier', 'compressed'];
const STATISTICS = [...RECEIVE.map((name) => `receive_${name}`), ...TRANSMIT.map((name) => `transmit_${name}`)];

/** Leaves out the devices that `filters` name (by default the loopback device). */
export function netdevCollector(filters: Pick<HostFilters, 'networkDevicesExclude'>): Collector {
  return {
    name: 'netdev',
    collect(host, out) {
      for (const line of lines(need(host.proc, 'net/dev')).slice(2)) {
        const colon = line.lastIndexOf(':');
        if (colon < 0) throw new HostError(`net/dev: malformed line ${JSON.stringify(line)}`);
        const device = line.slice(0, colon).trim();
        if (filters.networkDevicesExclude(device)) continue;
        const values = columns(line.slice(colon + 1));
        if (values.length !== STATISTICS.length) throw new HostError(`net/dev: ${values.length} columns for ${device}`);
        STATISTICS.forEach((statistic, i) => {
          const value = number(values[i], `net/dev: ${device}`);
          out.counter(`node_network_${statistic}_total`, `Network device counter ${statistic}.`, value, ['device', device]);
        });
        const unhandled = readNumber(host.sys, `class/net/${device}/statistics/rx_nohandler`);
        out.counter('node_network_receive_nohandler_total', 'Network device counter receive_nohandler.', unhandled, ['device', device]);
      }
    },
  };
}
