// InfiniBand ports and their counters from /sys/class/infiniband.
//
// Source: Documentation/ABI/stable/sysfs-class-infiniband; data counters there are in units of 4 bytes.

import { columns, parseNumber, readNumber, readText } from '../fields.ts';
import { needList } from '../host.ts';
import type { Families, Pairs } from '../families.ts';
import type { Collector, Host } from '../host.ts';

const DIRECTORY = 'class/infiniband';
const LANE_BYTES = 4;

type Counter = readonly [file: string, name: string, help: string, scale?: number];

const COUNTERS: readonly Counter[] = [
  ['link_downed', 'link_downed_total', 'How often the link went down after an error.'],
  ['link_error_recovery', 'link_error_recovery_total', 'How often the link recovered from an error.'],
  ['multicast_rcv_packets', 'multicast_packets_received_total', 'Multicast packets received, errors included.'],
  ['multicast_xmit_packets', 'multicast_packets_transmitted_total', 'Multicast packets sent, errors included.'],
  ['port_rcv_constraint_errors', 'port_constraint_errors_received_total', 'Packets received that the port discarded.'],
  ['port_xmit_constraint_errors', 'port_constraint_errors_transmitted_total', 'Packets that the port did not send.'],
  ['port_rcv_data', 'port_data_received_bytes_total', 'Bytes received on all lanes.', LANE_BYTES],
  ['port_xmit_data', 'port_data_transmitted_bytes_total', 'Bytes sent on all lanes.', LANE_BYTES],
  ['port_rcv_discards', 'port_discards_received_total', 'Packets discarded on receipt: the port was down or congested.'],
  ['port_xmit_discards', 'port_discards_transmitted_total', 'Packets discarded before sending: the port was down or congested.'],
  ['port_rcv_errors', 'port_errors_received_total', 'Packets received with an error.'],
  ['port_rcv_packets', 'port_packets_received_total', 'Packets received on all virtual lanes, errors included.'],
  ['port_xmit_packets', 'port_packets_transmitted_total', 'Packets sent on all virtual lanes, errors included.'],
  ['port_xmit_wait', 'port_transmit_wait_total', 'Ticks in which the port had data but could send none.'],
  ['symbol_error', 'symbol_error_total', 'Minor link errors on one or more physical lanes.'],
  ['unicast_rcv_packets', 'unicast_packets_received_total', 'Unicast packets received, errors included.'],
  ['unicast_xmit_packets', 'unicast_packets_transmitted_total', 'Unicast packets sent, errors included.'],
  ['VL15_dropped', 'vl15_dropped_total', 'Management packets dropped for want of room.'],
  ['excessive_buffer_overrun_errors', 'excessive_buffer_overrun_errors_total', 'Consecutive overruns of the buffer.'],
  ['local_link_integrity_errors', 'local_link_integrity_errors_total', 'How often local physical errors were over their limit.'],
  ['port_rcv_remote_physical_errors', 'port_receive_remote_physical_errors_total', 'Packets marked bad by the sender.'],
  ['port_rcv_switch_relay_errors', 'port_receive_switch_relay_errors_total', 'Packets that a switch could not relay.'],
];

const LEGACY: readonly Counter[] = [
  ['port_multicast_rcv_packets', 'legacy_multicast_packets_received_total', 'Multicast packets received.'],
  ['port_multicast_xmit_packets', 'legacy_multicast_packets_transmitted_total', 'Multicast packets sent.'],
  ['port_rcv_data_64', 'legacy_data_received_bytes_total', 'Bytes received on all lanes.', LANE_BYTES],
  ['port_rcv_packets_64', 'legacy_packets_received_total', 'Packets received on all lanes.'],
  ['port_unicast_rcv_packets', 'legacy_unicast_packets_received_total', 'Unicast packets received.'],
  ['port_unicast_xmit_packets', 'legacy_unicast_packets_transmitted_total', 'Unicast packets sent.'],
  ['port_xmit_data_64', 'legacy_data_transmitted_bytes_total', 'Bytes sent on all lanes.', LANE_BYTES],
  ['port_xmit_packets_64', 'legacy_packets_transmitted_total', 'Packets sent on all lanes.'],
];

export const infinibandCollector: Collector = {
  name: 'infiniband',
  collect(host, out) {
    for (const device of needList(host.sys, DIRECTORY)) {
      const of = (file: string): string => readText(host.sys, `${DIRECTORY}/${device}/${file}`) ?? '';
      const info = ['board_id', of('board_id'), 'firmware_version', of('fw_ver'), 'hca_type', of('hca_type')];
      out.gauge('node_infiniband_info', 'Names of the InfiniBand device; the value is always 1.', 1, ['device', device, ...info]);
      for (const port of host.sys.list(`${DIRECTORY}/${device}/ports`) ?? []) {
        collectPort(host, out, `${DIRECTORY}/${device}/ports/${port}`, ['device', device, 'port', port]);
      }
    }
  },
};

function collectPort(host: Host, out: Families, directory: string, labels: Pairs): void {
  // `4: ACTIVE`, `5: LinkUp`, `56 Gb/sec (4X FDR)`.
  const leading = (file: string): number | undefined =>
    parseNumber(columns((host.sys.read(`${directory}/${file}`) ?? '').replace(':', ' '))[0]);
  const gigabits = leading('rate');
  out.gauge(
    'node_infiniband_state_id',
    'State of the port: 1 down, 2 initialising, 3 armed, 4 active, 5 deferred.',
    leading('state'),
    labels,
  );
  out.gauge(
    'node_infiniband_physical_state_id',
    'Physical state of the port: 2 polling, 3 disabled, 5 link up.',
    leading('phys_state'),
    labels,
  );
  const bytes = gigabits === undefined ? undefined : gigabits * 125_000_000;
  out.gauge('node_infiniband_rate_bytes_per_second', 'Highest rate of the port, in bytes per second.', bytes, labels);
  writeCounters(host, out, COUNTERS, { directory: `${directory}/counters`, labels });
  writeCounters(host, out, LEGACY, { directory: `${directory}/counters_ext`, labels });
}

function writeCounters(
  host: Host,
  out: Families,
  counters: readonly Counter[],
  { directory, labels }: { readonly directory: string; readonly labels: Pairs },
): void {
  if (host.sys.list(directory) === undefined) return;
  for (const [file, name, help, scale = 1] of counters) {
    const value = readNumber(host.sys, `${directory}/${file}`);
    if (value !== undefined) out.counter(`node_infiniband_${name}`, help, value * scale, labels);
  }
}
