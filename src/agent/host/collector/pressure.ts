// Pressure stall information from /proc/pressure.
//
// Source: Documentation/accounting/psi.rst; totals there are microseconds.

import { lines, parseNumber } from '../fields.ts';
import { HostError } from '../host.ts';
import type { Host, Collector } from '../host.ts';

const MICROSECONDS = 1e6;

const METRICS: readonly (readonly [resource: string, line: string, name: string, help: string])[] = [
  ['cpu', 'some', 'node_pressure_cpu_waiting_seconds_total', 'Time that some tasks waited for a processor, in seconds.'],
  ['io', 'some', 'node_pressure_io_waiting_seconds_total', 'Time that some tasks waited for I/O, in seconds.'],
  ['io', 'full', 'node_pressure_io_stalled_seconds_total', 'Time that no task could go on because of I/O, in seconds.'],
  ['memory', 'some', 'node_pressure_memory_waiting_seconds_total', 'Time that some tasks waited for memory, in seconds.'],
  ['memory', 'full', 'node_pressure_memory_stalled_seconds_total', 'Time that no task could go on for want of memory, in seconds.'],
  ['irq', 'full', 'node_pressure_irq_stalled_seconds_total', 'Time that no task could go on because of interrupts, in seconds.'],
];

export const pressureCollector: Collector = {
  name: 'pressure',
  collect(host, out) {
    let found = 0;
    const texts = new Map<string, string | undefined>();
    for (const [resource, line, name, help] of METRICS) {
      if (!texts.has(resource)) texts.set(resource, readPressure(host, resource));
      const total = totalOf(texts.get(resource) ?? '', line);
      if (total === undefined) continue;
      found++;
      out.counter(name, help, total / MICROSECONDS);
    }
    if (found === 0) throw new HostError('pressure: no such information');
  },
};

function readPressure(host: Host, resource: string): string | undefined {
  return host.proc.read(`pressure/${resource}`);
}

/** `some avg10=0.00 avg60=0.00 avg300=0.00 total=1234` → 1234. */
function totalOf(text: string, kind: string): number | undefined {
  for (const line of lines(text)) {
    if (!line.startsWith(`${kind} `)) continue;
    const at = line.indexOf('total=');
    return at < 0 ? undefined : parseNumber(line.slice(at + 'total='.length));
  }
  return undefined;
}
