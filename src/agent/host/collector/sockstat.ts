// Sockets in use from /proc/net/sockstat and sockstat6.

import { columns, lines, number } from '../fields.ts';
import { HostError, need } from '../host.ts';
import type { Families } from '../families.ts';
import type { Collector } from '../host.ts';

export const sockstatCollector: Collector = {
  name: 'sockstat',
  collect(host, out) {
    collectFile(need(host.proc, 'net/sockstat'), host.pageBytes, out);
    collectFile(host.proc.read('net/sockstat6') ?? '', host.pageBytes, out);
  },
};

/** Lines are `TCP: inuse 4 orphan 0 …`; `mem` counts pages and is given in bytes too. */
function collectFile(text: string, pageBytes: number, out: Families): void {
  for (const line of lines(text)) {
    const [protocol = '', ...pairs] = columns(line);
    if (!/^[A-Za-z0-9]+:$/.test(protocol) || pairs.length % 2 !== 0)
      throw new HostError(`net/sockstat: malformed line ${JSON.stringify(line)}`);
    const family = protocol.slice(0, -1);
    for (let i = 0; i < pairs.length; i += 2) {
      const key = pairs[i] ?? '';
      if (!/^[a-z_]+$/.test(key)) throw new HostError(`net/sockstat: malformed line ${JSON.stringify(line)}`);
      const value = number(pairs[i + 1], `net/sockstat: ${family} ${key}`);
      const name = `node_sockstat_${family}_${key}`;
      out.gauge(name, `Sockets of ${family}: ${key}.`, value);
      if (key === 'mem') out.gauge(`${name}_bytes`, `Memory that sockets of ${family} use, in bytes.`, value * pageBytes);
    }
  }
}
