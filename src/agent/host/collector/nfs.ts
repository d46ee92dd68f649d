// This machine as an NFS client, from /proc/net/rpc/nfs.

import { columns, lines, number } from '../fields.ts';
import { need } from '../host.ts';
import { V2, V3, V4_CLIENT } from './nfs-procedures.ts';
import type { Families } from '../families.ts';
import type { Collector } from '../host.ts';

export const nfsCollector: Collector = {
  name: 'nfs',
  collect(host, out) {
    for (const line of lines(need(host.proc, 'net/rpc/nfs'))) {
      const [key = '', ...texts] = columns(line);
      const values = texts.map((text) => number(text, `net/rpc/nfs: ${key}`));
      writeLine(out, key, values);
    }
  },
};

function writeLine(out: Families, key: string, values: readonly number[]): void {
  switch (key) {
    case 'net':
      out.counter('node_nfs_packets_total', 'Packets of NFS by protocol.', values[1], ['protocol', 'udp']);
      out.counter('node_nfs_packets_total', 'Packets of NFS by protocol.', values[2], ['protocol', 'tcp']);
      out.counter('node_nfs_connections_total', 'TCP connections of NFS.', values[3]);
      return;
    case 'rpc':
      out.counter('node_nfs_rpcs_total', 'Remote procedure calls made.', values[0]);
      out.counter('node_nfs_rpc_retransmissions_total', 'Remote procedure calls sent again.', values[1]);
      out.counter('node_nfs_rpc_authentication_refreshes_total', 'Refreshes of the authentication.', values[2]);
      return;
    case 'proc2':
      writeProcedures(out, '2', V2, values);
      return;
    case 'proc3':
      writeProcedures(out, '3', V3, values);
      return;
    case 'proc4':
      writeProcedures(out, '4', V4_CLIENT, values);
      return;
    default:
  }
}

/** The first value says how many follow. */
function writeProcedures(out: Families, proto: string, methods: readonly string[], values: readonly number[]): void {
  methods.forEach((method, i) => {
    out.counter('node_nfs_requests_total', 'NFS procedures called.', values[i + 1], ['proto', proto, 'method', method]);
  });
}
