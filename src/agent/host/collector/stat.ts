// Counters of the whole kernel from /proc/stat: interrupts, context switches, forks, boot time, runnable and blocked processes.

import { number } from '../fields.ts';
import type { Collector } from '../host.ts';

const COUNTERS: readonly (readonly [string, string, string])[] = [
  ['intr', 'node_intr_total', 'Interrupts serviced since boot.'],
  ['ctxt', 'node_context_switches_total', 'Context switches since boot.'],
  ['processes', 'node_forks_total', 'Processes and threads created since boot.'],
];

const GAUGES: readonly (readonly [string, string, string])[] = [
  ['btime', 'node_boot_time_seconds', 'When the machine booted, in Unix time.'],
  ['procs_running', 'node_procs_running', 'Processes that are running or ready to run.'],
  ['procs_blocked', 'node_procs_blocked', 'Processes that wait for I/O to complete.'],
];

export const statCollector: Collector = {
  name: 'stat',
  collect(host, out) {
    const text = host.stat();
    for (const [key, name, help] of COUNTERS) out.counter(name, help, firstColumn(text, key));
    for (const [key, name, help] of GAUGES) out.gauge(name, help, firstColumn(text, key));
  },
};

/** The first number of the line that begins with `key`; the interrupts' line has thousands more, which are never cut up. */
function firstColumn(text: string, key: string): number | undefined {
  const at = text.startsWith(`${key} `) ? 0 : text.indexOf(`\n${key} `) + 1;
  if (at === 0 && !text.startsWith(`${key} `)) return undefined;
  const from = at + key.length + 1;
  let to = from;
  while (to < text.length && text.charCodeAt(to) > 0x20) to++;
  return number(text.slice(from, to), `stat: ${key}`);
}
