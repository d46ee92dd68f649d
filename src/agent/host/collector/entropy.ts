// The kernel's random pool from /proc/sys/kernel/random.

import { number, readNumber } from '../fields.ts';
import { need } from '../host.ts';
import type { Collector } from '../host.ts';

export const entropyCollector: Collector = {
  name: 'entropy',
  collect(host, out) {
    const available = number(need(host.proc, 'sys/kernel/random/entropy_avail'), 'sys/kernel/random/entropy_avail');
    out.gauge('node_entropy_available_bits', 'Bits of entropy that are available.', available);
    out.gauge('node_entropy_pool_size_bits', 'Bits of entropy that the pool holds.', readNumber(host.proc, 'sys/kernel/random/poolsize'));
  },
};
