// Paging, faults and out-of-memory kills from /proc/vmstat: the few lines of it that node_exporter takes by default.

import { columns, lines, number } from '../fields.ts';
import { need } from '../host.ts';
import type { Collector } from '../host.ts';

export const vmstatCollector: Collector = {
  name: 'vmstat',
  collect(host, out) {
    for (const line of lines(need(host.proc, 'vmstat'))) {
      if (!isTaken(line)) continue;
      const [field = '', value] = columns(line);
      if (!/^[a-z0-9_]+$/.test(field)) continue;
      out.untyped(`node_vmstat_${field}`, `Line ${field} of /proc/vmstat.`, number(value, `vmstat: ${field}`));
    }
  },
};

/** As the pattern `^(oom_kill|pgpg|pswp|pg.*fault).*`. */
function isTaken(line: string): boolean {
  if (line.startsWith('pg')) return line.startsWith('pgpg') || line.includes('fault', 2);
  return line.startsWith('oom_kill') || line.startsWith('pswp');
}
