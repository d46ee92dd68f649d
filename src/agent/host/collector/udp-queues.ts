// Memory that waits in the queues of UDP sockets, summed over /proc/net/udp and udp6.

import { columns, parseHex } from '../fields.ts';
import { HostError } from '../host.ts';
import type { Collector } from '../host.ts';

const QUEUES_COLUMN = 4;
const HELP = 'Bytes that the kernel holds in the queues of UDP sockets.';

export const udpQueuesCollector: Collector = {
  name: 'udp_queues',
  collect(host, out) {
    let found = false;
    for (const [file, ip] of [
      ['net/udp', 'v4'],
      ['net/udp6', 'v6'],
    ] as const) {
      const text = host.proc.read(file);
      if (text === undefined) continue;
      found = true;
      const sums = sumQueues(text);
      out.gauge('node_udp_queues', HELP, sums.transmit, ['ip', ip, 'queue', 'tx']);
      out.gauge('node_udp_queues', HELP, sums.receive, ['ip', ip, 'queue', 'rx']);
    }
    if (!found) throw new HostError('net/udp: absent or unreadable');
  },
};

/** The fifth column of a socket's line is `tx:rx` in hexadecimal; a line cut short counts as nothing. */
function sumQueues(text: string): { readonly transmit: number; readonly receive: number } {
  let transmit = 0;
  let receive = 0;
  let at = text.indexOf('\n') + 1;
  while (at > 0 && at < text.length) {
    const end = text.indexOf('\n', at);
    const [tx, rx] = (columns(text.slice(at, end < 0 ? text.length : end))[QUEUES_COLUMN] ?? '').split(':');
    transmit += parseHex(tx) ?? 0;
    receive += parseHex(rx) ?? 0;
    at = end + 1;
  }
  return { transmit, receive };
}
