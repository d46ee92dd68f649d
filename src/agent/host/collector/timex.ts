// State of the kernel's clock discipline, from adjtimex.
//
// Source: adjtimex(2); frequencies there are parts per million scaled by 2^16.

import { HostError } from '../host.ts';
import type { ClockState, Collector } from '../host.ts';

const STATE_ERROR = 5;
const STATUS_NANOSECONDS = 0x2000;
const PPM_16 = 1e6 * 65536;

type Metric = readonly [name: string, type: 'gauge' | 'counter', help: string, value: (clock: ClockState, divisor: number) => number];

const METRICS: readonly Metric[] = [
  [
    'offset_seconds',
    'gauge',
    'Distance of the local clock from the reference clock, in seconds.',
    (clock, divisor) => clock.offset / divisor,
  ],
  ['frequency_adjustment_ratio', 'gauge', 'Factor by which the local clock is adjusted.', (clock) => 1 + clock.frequency / PPM_16],
  ['maxerror_seconds', 'gauge', 'Largest error that the clock may have, in seconds.', (clock) => clock.maxError / 1e6],
  ['estimated_error_seconds', 'gauge', 'Error that the clock is thought to have, in seconds.', (clock) => clock.estimatedError / 1e6],
  ['status', 'gauge', 'Bits of the status word.', (clock) => clock.status],
  ['loop_time_constant', 'gauge', 'Time constant of the phase-locked loop.', (clock) => clock.constant],
  ['tick_seconds', 'gauge', 'Time between clock ticks, in seconds.', (clock) => clock.tick / 1e6],
  ['pps_frequency_hertz', 'gauge', 'Frequency of the pulse per second.', (clock) => clock.ppsFrequency / PPM_16],
  ['pps_jitter_seconds', 'gauge', 'Jitter of the pulse per second, in seconds.', (clock, divisor) => clock.jitter / divisor],
  ['pps_shift_seconds', 'gauge', 'Length of the interval of the pulse per second, in seconds.', (clock) => clock.shift],
  ['pps_stability_hertz', 'gauge', 'Mean change of the frequency of the pulse per second.', (clock) => clock.stability / PPM_16],
  ['pps_jitter_total', 'counter', 'How often the jitter of the pulse per second was over its limit.', (clock) => clock.jitterCount],
  ['pps_calibration_total', 'counter', 'Calibration intervals of the pulse per second.', (clock) => clock.calibrationCount],
  ['pps_error_total', 'counter', 'Calibration errors of the pulse per second.', (clock) => clock.errorCount],
  [
    'pps_stability_exceeded_total',
    'counter',
    'How often the stability of the pulse per second was over its limit.',
    (clock) => clock.stabilityCount,
  ],
  ['tai_offset_seconds', 'gauge', 'Distance of International Atomic Time from UTC, in seconds.', (clock) => clock.tai],
  [
    'sync_status',
    'gauge',
    'Whether the clock is synchronised to a reliable source: 1 or 0.',
    (clock) => (clock.state === STATE_ERROR ? 0 : 1),
  ],
];

export const timexCollector: Collector = {
  name: 'timex',
  collect(host, out) {
    const clock = host.clockState();
    if (clock === undefined) throw new HostError('adjtimex is not available');
    const divisor = (clock.status & STATUS_NANOSECONDS) === 0 ? 1e6 : 1e9;
    for (const [name, type, help, value] of METRICS) out[type](`node_timex_${name}`, help, value(clock, divisor));
  },
};
