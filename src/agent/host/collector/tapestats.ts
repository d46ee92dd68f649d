// SCSI tape drives from /sys/class/scsi_tape/stN/stats.
//
// Source: Documentation/scsi/st.rst; times are nanoseconds.

import { readNumber } from '../fields.ts';
import { needList } from '../host.ts';
import type { Collector } from '../host.ts';

const DIRECTORY = 'class/scsi_tape';
const NANOSECONDS = 1e9;

const METRICS: readonly (readonly [file: string, type: 'gauge' | 'counter', name: string, help: string, divisor: number])[] = [
  ['in_flight', 'gauge', 'io_now', 'I/Os in progress.', 1],
  ['io_ns', 'counter', 'io_time_seconds_total', 'Time that all I/O took, tape movement included, in seconds.', NANOSECONDS],
  ['other_cnt', 'counter', 'io_others_total', 'I/Os other than reads and writes.', 1],
  ['read_byte_cnt', 'counter', 'read_bytes_total', 'Bytes read.', 1],
  ['read_cnt', 'counter', 'reads_completed_total', 'Reads issued.', 1],
  ['read_ns', 'counter', 'read_time_seconds_total', 'Time that reads took, in seconds.', NANOSECONDS],
  ['resid_cnt', 'counter', 'residual_total', 'Reads and writes that moved less than was asked.', 1],
  ['write_byte_cnt', 'counter', 'written_bytes_total', 'Bytes written.', 1],
  ['write_cnt', 'counter', 'writes_completed_total', 'Writes issued.', 1],
  ['write_ns', 'counter', 'write_time_seconds_total', 'Time that writes took, in seconds.', NANOSECONDS],
];

export const tapestatsCollector: Collector = {
  name: 'tapestats',
  collect(host, out) {
    for (const device of needList(host.sys, DIRECTORY)) {
      // The same drive is listed again for each of its densities and for use without rewinding.
      if (!/^st[0-9]+$/.test(device)) continue;
      for (const [file, type, name, help, divisor] of METRICS) {
        const value = readNumber(host.sys, `${DIRECTORY}/${device}/stats/${file}`);
        if (value !== undefined) out[type](`node_tape_${name}`, help, value / divisor, ['device', device]);
      }
    }
  },
};
