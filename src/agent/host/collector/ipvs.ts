// The kernel's load balancer: totals from /proc/net/ip_vs_stats, backends from /proc/net/ip_vs.

import { columns, lines, parseHex, parseNumber } from '../fields.ts';
import { HostError, need } from '../host.ts';
import type { Families } from '../families.ts';
import type { Collector } from '../host.ts';

const TOTALS: readonly (readonly [name: string, help: string])[] = [
  ['connections_total', 'Connections made.'],
  ['incoming_packets_total', 'Packets received.'],
  ['outgoing_packets_total', 'Packets sent.'],
  ['incoming_bytes_total', 'Bytes received.'],
  ['outgoing_bytes_total', 'Bytes sent.'],
];

export const ipvsCollector: Collector = {
  name: 'ipvs',
  collect(host, out) {
    const [, , row] = lines(need(host.proc, 'net/ip_vs_stats'));
    const values = columns(row ?? '');
    TOTALS.forEach(([name, help], i) => {
      const value = parseHex(values[i]);
      if (value === undefined) throw new HostError('net/ip_vs_stats: malformed totals');
      out.counter(`node_ipvs_${name}`, help, value);
    });
    collectBackends(need(host.proc, 'net/ip_vs'), out);
  },
};

interface Service {
  readonly proto: string;
  readonly address: string;
  readonly port: string;
  readonly mark: string;
}

interface Backend {
  readonly labels: readonly string[];
  active: number;
  inactive: number;
  weight: number;
}

/** Lines of a service (`TCP  C0A80016:0CEA wlc`, `FWM  10001000 wlc`) are followed by `-> C0A85216:0CEA Tunnel 100 248 2` for each backend. */
function collectBackends(text: string, out: Families): void {
  const backends = new Map<string, Backend>();
  let service: Service | undefined;
  for (const line of lines(text)) {
    const fields = columns(line);
    const [first = '', second = ''] = fields;
    if (first === 'TCP' || first === 'UDP' || first === 'SCTP') {
      const { address, port } = parseEndpoint(second);
      service = { proto: first, address, port, mark: '' };
    } else if (first === 'FWM') service = { proto: first, address: '', port: '0', mark: second };
    else if (first === '->' && service !== undefined && fields.length >= 6 && second !== 'RemoteAddress:Port')
      addBackend(backends, service, fields);
  }
  for (const { labels, active, inactive, weight } of backends.values()) {
    out.gauge('node_ipvs_backend_connections_active', 'Active connections to the backend.', active, labels);
    out.gauge('node_ipvs_backend_connections_inactive', 'Inactive connections to the backend.', inactive, labels);
    out.gauge('node_ipvs_backend_weight', 'Weight of the backend.', weight, labels);
  }
}

function addBackend(backends: Map<string, Backend>, service: Service, fields: readonly string[]): void {
  const remote = parseEndpoint(fields[1] ?? '');
  const local = ['local_address', service.address, 'local_port', service.port];
  const labels = [
    ...local,
    'remote_address',
    remote.address,
    'remote_port',
    remote.port,
    'proto',
    service.proto,
    'local_mark',
    service.mark,
  ];
  const key = labels.join('\n');
  const backend = backends.get(key) ?? { labels, active: 0, inactive: 0, weight: 0 };
  backend.weight += parseNumber(fields[3]) ?? 0;
  backend.active += parseNumber(fields[4]) ?? 0;
  backend.inactive += parseNumber(fields[5]) ?? 0;
  backends.set(key, backend);
}

/** `C0A80016:0CEA` → 192.168.0.22 and 3306; `[2620:0000:…:0001]:0050` likewise. */
function parseEndpoint(text: string): { readonly address: string; readonly port: string } {
  const colon = text.lastIndexOf(':');
  const port = parseHex(text.slice(colon + 1));
  const host = text.slice(0, Math.max(colon, 0));
  if (port === undefined) throw new HostError(`net/ip_vs: malformed address ${JSON.stringify(text)}`);
  if (/^[0-9A-Fa-f]{8}$/.test(host)) {
    const address = Number.parseInt(host, 16);
    return { address: [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join('.'), port: String(port) };
  }
  if (!/^\[[0-9A-Fa-f:]+\]$/.test(host) || !URL.canParse(`http://${host}/`))
    throw new HostError(`net/ip_vs: malformed address ${JSON.stringify(text)}`);
  return { address: new URL(`http://${host}/`).hostname.slice(1, -1), port: String(port) };
}
