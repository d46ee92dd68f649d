// Fibre Channel host ports from /sys/class/fc_host.

import { parseHex, readText } from '../fields.ts';
import { needList } from '../host.ts';
import type { Collector } from '../host.ts';

const DIRECTORY = 'class/fc_host';

const INFO = [
  'speed',
  'port_state',
  'port_type',
  'port_id',
  'port_name',
  'fabric_name',
  'symbolic_name',
  'supported_classes',
  'supported_speeds',
  'dev_loss_tmo',
] as const;

const COUNTERS: readonly (readonly [file: string, name: string, help: string])[] = [
  ['dumped_frames', 'dumped_frames_total', 'Frames dumped.'],
  ['error_frames', 'error_frames_total', 'Frames with an error.'],
  ['invalid_crc_count', 'invalid_crc_total', 'Frames with an invalid checksum.'],
  ['rx_frames', 'rx_frames_total', 'Frames received.'],
  ['rx_words', 'rx_words_total', 'Words received.'],
  ['tx_frames', 'tx_frames_total', 'Frames sent.'],
  ['tx_words', 'tx_words_total', 'Words sent.'],
  ['seconds_since_last_reset', 'seconds_since_last_reset_total', 'Seconds since the port was reset.'],
  ['invalid_tx_word_count', 'invalid_tx_words_total', 'Invalid words sent.'],
  ['link_failure_count', 'link_failure_total', 'How often the link failed.'],
  ['loss_of_sync_count', 'loss_of_sync_total', 'How often synchronisation was lost.'],
  ['loss_of_signal_count', 'loss_of_signal_total', 'How often the signal was lost.'],
  ['nos_count', 'nos_total', 'Not-operational sequences received.'],
  ['fcp_packet_aborts', 'fcp_packet_aborts_total', 'Packets aborted.'],
];
/** All bits set means that the adapter does not count this. */
const NOT_COUNTED = 2 ** 64;

export const fibrechannelCollector: Collector = {
  name: 'fibrechannel',
  collect(host, out) {
    for (const fcHost of needList(host.sys, DIRECTORY)) {
      const info = INFO.flatMap((file) => [file, infoValue(file, readText(host.sys, `${DIRECTORY}/${fcHost}/${file}`) ?? '')]);
      out.gauge('node_fibrechannel_info', 'Properties of the port that are not numbers; the value is always 1.', 1, [
        'fc_host',
        fcHost,
        ...info,
      ]);
      for (const [file, name, help] of COUNTERS) {
        const value = parseHex(host.sys.read(`${DIRECTORY}/${fcHost}/statistics/${file}`));
        if (value !== undefined && value < NOT_COUNTED) out.counter(`node_fibrechannel_${name}`, help, value, ['fc_host', fcHost]);
      }
    }
  },
};

/** Names and ids come as `0x…`; the digits alone are given. */
function infoValue(file: string, text: string): string {
  return file === 'port_id' || file === 'port_name' || file === 'fabric_name' ? text.replace(/^0x/, '') : text;
}
