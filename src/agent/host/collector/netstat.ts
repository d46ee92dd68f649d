// Protocol counters from /proc/net/netstat, snmp and snmp6: those of them that node_exporter takes by default.

import { columns, lines, number } from '../fields.ts';
import { HostError, need } from '../host.ts';
import type { Families } from '../families.ts';
import type { Collector } from '../host.ts';

const TAKEN =
  /^(?:.*_(?:InErrors|InErrs)|Ip_Forwarding|Ip(?:6|Ext)_(?:InOctets|OutOctets)|Icmp6?_(?:InMsgs|OutMsgs)|TcpExt_(?:Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts|TCPOFOQueue|TCPRcvQDrop)|Tcp_(?:ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)|Udp6?_(?:InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$/;

const KNOWN_MAX = 4096;
const known = new Map<string, boolean>();

/** The kernel's names are few and always the same, so each is matched once. */
function isTaken(name: string): boolean {
  let taken = known.get(name);
  if (taken === undefined) {
    taken = TAKEN.test(name) && /^[a-zA-Z0-9_]+$/.test(name);
    if (known.size < KNOWN_MAX) known.set(name, taken);
  }
  return taken;
}

export const netstatCollector: Collector = {
  name: 'netstat',
  collect(host, out) {
    collectPaired(need(host.proc, 'net/netstat'), 'net/netstat', out);
    collectPaired(need(host.proc, 'net/snmp'), 'net/snmp', out);
    collectListed(host.proc.read('net/snmp6') ?? '', out);
  },
};

/** Two lines for a protocol, names then values: `Tcp: InSegs OutSegs` and `Tcp: 1 2`. */
function collectPaired(text: string, file: string, out: Families): void {
  const rows = lines(text);
  for (let i = 0; i < rows.length; i += 2) {
    const names = columns(rows[i] ?? '');
    const values = columns(rows[i + 1] ?? '');
    if (names.length !== values.length || names[0] !== values[0]) throw new HostError(`${file}: names and values differ at line ${i + 1}`);
    const protocol = (names[0] ?? '').slice(0, -1);
    for (let column = 1; column < names.length; column++) write(out, protocol, names[column] ?? '', values[column]);
  }
}

/** One line for a counter: `Ip6InOctets 12`. */
function collectListed(text: string, out: Families): void {
  for (const line of lines(text)) {
    const [key = '', value] = columns(line);
    const six = key.indexOf('6');
    if (six > 0) write(out, key.slice(0, six + 1), key.slice(six + 1), value);
  }
}

function write(out: Families, protocol: string, counter: string, value: string | undefined): void {
  const name = `${protocol}_${counter}`;
  if (isTaken(name)) out.untyped(`node_netstat_${name}`, `Protocol counter ${protocol}${counter}.`, number(value, `net: ${name}`));
}
