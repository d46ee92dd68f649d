// Packet processing per processor from /proc/net/softnet_stat.
//
// Source: net/core/net-procfs.c, softnet_seq_show; the columns are hexadecimal and have no names.

import { columns, lines, parseHex } from '../fields.ts';
import { HostError, need } from '../host.ts';
import type { Collector } from '../host.ts';

const COLUMNS: readonly (readonly [at: number, type: 'counter' | 'gauge', name: string, help: string])[] = [
  [0, 'counter', 'processed_total', 'Packets processed.'],
  [1, 'counter', 'dropped_total', 'Packets dropped because the backlog was full.'],
  [2, 'counter', 'times_squeezed_total', 'How often processing stopped because its time or budget was used up.'],
  [8, 'counter', 'cpu_collision_total', 'Collisions on the device lock while sending.'],
  [9, 'counter', 'received_rps_total', 'How often another processor woke this one to receive packets.'],
  [10, 'counter', 'flow_limit_count_total', 'How often the limit per flow was reached.'],
  [11, 'gauge', 'backlog_len', 'Packets in the backlog.'],
];
const INDEX_COLUMN = 12;
const COLUMNS_MIN = 9;

export const softnetCollector: Collector = {
  name: 'softnet',
  collect(host, out) {
    lines(need(host.proc, 'net/softnet_stat')).forEach((line, row) => {
      const cells = columns(line);
      if (cells.length < COLUMNS_MIN) throw new HostError(`net/softnet_stat: ${cells.length} columns`);
      const cpu = String(parseHex(cells[INDEX_COLUMN]) ?? row);
      for (const [at, type, name, help] of COLUMNS) {
        if (at < cells.length) out[type](`node_softnet_${name}`, help, parseHex(cells[at]), ['cpu', cpu]);
      }
    });
  },
};
