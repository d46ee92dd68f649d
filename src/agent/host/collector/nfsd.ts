// This machine as an NFS server, from /proc/net/rpc/nfsd.

import { columns, lines, number } from '../fields.ts';
import { need } from '../host.ts';
import { V2, V3, V4_SERVER } from './nfs-procedures.ts';
import type { Families } from '../families.ts';
import type { Collector } from '../host.ts';

type Metric = readonly [type: 'counter' | 'gauge', name: string, help: string, at: number, labels?: readonly string[]];

const RPC_ERRORS = 'Remote procedure calls that were malformed or not allowed, by kind.';
const PACKETS = 'Packets of the server by protocol.';

const METRICS: Readonly<Record<string, readonly Metric[]>> = {
  rc: [
    ['counter', 'reply_cache_hits_total', 'Requests that the reply cache answered.', 0],
    ['counter', 'reply_cache_misses_total', 'Requests that the reply cache did not have.', 1],
    ['counter', 'reply_cache_nocache_total', 'Requests that need no reply cache.', 2],
  ],
  fh: [['counter', 'file_handles_stale_total', 'Stale file handles.', 0]],
  io: [
    ['counter', 'disk_bytes_read_total', 'Bytes read from disk.', 0],
    ['counter', 'disk_bytes_written_total', 'Bytes written to disk.', 1],
  ],
  th: [['gauge', 'server_threads', 'Threads of the server.', 0]],
  ra: [
    ['gauge', 'read_ahead_cache_size_blocks', 'Size of the read-ahead cache, in blocks.', 0],
    ['counter', 'read_ahead_cache_not_found_total', 'Lookups that missed the read-ahead cache.', 11],
  ],
  net: [
    ['counter', 'packets_total', PACKETS, 1, ['proto', 'udp']],
    ['counter', 'packets_total', PACKETS, 2, ['proto', 'tcp']],
    ['counter', 'connections_total', 'TCP connections of the server.', 3],
  ],
  rpc: [
    ['counter', 'server_rpcs_total', 'Remote procedure calls served.', 0],
    ['counter', 'rpc_errors_total', RPC_ERRORS, 2, ['error', 'fmt']],
    ['counter', 'rpc_errors_total', RPC_ERRORS, 3, ['error', 'auth']],
    ['counter', 'rpc_errors_total', RPC_ERRORS, 4, ['error', 'cInt']],
  ],
};

const METHODS: Readonly<Record<string, readonly [proto: string, methods: readonly string[]]>> = {
  proc2: ['2', V2],
  proc3: ['3', V3],
  proc4ops: ['4', V4_SERVER],
};

export const nfsdCollector: Collector = {
  name: 'nfsd',
  collect(host, out) {
    for (const line of lines(need(host.proc, 'net/rpc/nfsd'))) {
      const [key = '', ...texts] = columns(line);
      if (Object.hasOwn(METRICS, key)) {
        for (const [type, name, help, at, labels] of METRICS[key] ?? []) {
          if (at < texts.length) out[type](`node_nfsd_${name}`, help, number(texts[at], `net/rpc/nfsd: ${key}`), labels);
        }
      } else if (Object.hasOwn(METHODS, key)) writeProcedures(out, key, texts);
      else if (key === 'wdeleg_getattr') {
        const help = 'Attribute requests that met a write delegation.';
        out.counter('node_nfsd_requests_total', help, number(texts[0], 'net/rpc/nfsd: wdeleg_getattr'), [
          'proto',
          '4',
          'method',
          'WdelegGetattr',
        ]);
      }
    }
  },
};

/** The first value says how many follow. The null procedure and numbers that are not in use are left out. */
function writeProcedures(out: Families, key: string, texts: readonly string[]): void {
  const [proto = '', methods = []] = METHODS[key] ?? [];
  methods.forEach((method, i) => {
    if (method === 'Null' || method === '-' || i + 1 >= texts.length) return;
    const value = number(texts[i + 1], `net/rpc/nfsd: ${key}`);
    out.counter('node_nfsd_requests_total', 'Requests served, by protocol version and procedure.', value, [
      'proto',
      proto,
      'method',
      method,
    ]);
  });
}
