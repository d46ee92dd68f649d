// Load averages from /proc/loadavg.

import { columns, number } from '../fields.ts';
import { need } from '../host.ts';
import type { Collector } from '../host.ts';

export const loadavgCollector: Collector = {
  name: 'loadavg',
  collect(host, out) {
    const [one, five, fifteen] = columns(need(host.proc, 'loadavg'));
    out.gauge('node_load1', 'Load average over 1 minute.', number(one, 'loadavg'));
    out.gauge('node_load5', 'Load average over 5 minutes.', number(five, 'loadavg'));
    out.gauge('node_load15', 'Load average over 15 minutes.', number(fifteen, 'loadavg'));
  },
};
