// Memory from /proc/meminfo: every line is one gauge, so that lines of newer kernels appear by themselves.

import { columns, lines, number } from '../fields.ts';
import { HostError, need } from '../host.ts';
import type { Collector } from '../host.ts';

const BYTES_PER_KB = 1024;

export const meminfoCollector: Collector = {
  name: 'meminfo',
  collect(host, out) {
    for (const line of lines(need(host.proc, 'meminfo'))) {
      const [key = '', value, unit] = columns(line);
      const field = fieldName(key);
      if (field === '') throw new HostError(`meminfo: malformed line ${JSON.stringify(line)}`);
      const kilobytes = unit === 'kB';
      const name = `node_memory_${field}${kilobytes ? '_bytes' : ''}`;
      const amount = number(value, `meminfo: ${field}`) * (kilobytes ? BYTES_PER_KB : 1);
      out.gauge(name, `Line ${field} of /proc/meminfo.`, amount);
    }
  },
};

/** `Active(anon):` → `Active_anon`; empty when it is no name. */
function fieldName(key: string): string {
  if (!key.endsWith(':')) return '';
  const name = key.slice(0, -1).replace('(', '_').replace(')', '');
  return /^[a-zA-Z0-9_]+$/.test(name) ? name : '';
}
