// Connection tracking: entries, their limit, and counters summed over the processors.

import { columns, lines, number, parseHex } from '../fields.ts';
import { need } from '../host.ts';
import type { Collector } from '../host.ts';

const STATS: readonly (readonly [column: string, help: string])[] = [
  ['found', 'Lookups that found an entry.'],
  ['invalid', 'Packets that could not be tracked.'],
  ['ignore', 'Packets that belonged to an entry already.'],
  ['insert', 'Entries that were inserted.'],
  ['insert_failed', 'Entries that could not be inserted.'],
  ['drop', 'Packets dropped because tracking failed.'],
  ['early_drop', 'Entries dropped early to make room for new ones in a full table.'],
  ['search_restart', 'Lookups that began again because the table was resized.'],
];

export const conntrackCollector: Collector = {
  name: 'conntrack',
  collect(host, out) {
    const entries = number(need(host.proc, 'sys/net/netfilter/nf_conntrack_count'), 'nf_conntrack_count');
    const limit = number(need(host.proc, 'sys/net/netfilter/nf_conntrack_max'), 'nf_conntrack_max');
    out.gauge('node_nf_conntrack_entries', 'Entries in the connection tracking table.', entries);
    out.gauge('node_nf_conntrack_entries_limit', 'Entries that the connection tracking table may hold.', limit);
    const [header = '', ...rows] = lines(need(host.proc, 'net/stat/nf_conntrack'));
    const names = columns(header);
    const cells = rows.map(columns);
    for (const [column, help] of STATS) {
      const at = names.indexOf(column);
      const sum = at < 0 ? 0 : cells.reduce((total, row) => total + (parseHex(row[at]) ?? 0), 0);
      out.gauge(`node_nf_conntrack_stat_${column}`, help, sum);
    }
  },
};
