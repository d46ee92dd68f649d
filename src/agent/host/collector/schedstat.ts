// Scheduling times per processor from /proc/schedstat.
//
// Source: Documentation/scheduler/sched-stats.rst; the last three columns of a cpu line are run time, wait time (nanoseconds) and time slices.

import { columns, indexAfter, lines, number } from '../fields.ts';
import { need } from '../host.ts';
import type { Collector } from '../host.ts';

const NANOSECONDS = 1e9;
const COLUMNS_MIN = 10;

export const schedstatCollector: Collector = {
  name: 'schedstat',
  collect(host, out) {
    for (const line of lines(need(host.proc, 'schedstat'))) {
      if (!line.startsWith('cpu')) continue;
      const fields = columns(line);
      const cpu = indexAfter(fields[0] ?? '', 'cpu');
      if (cpu === undefined || fields.length < COLUMNS_MIN) continue;
      const labels = ['cpu', String(cpu)];
      const [running, waiting, slices] = fields.slice(7, 10).map((field) => number(field, `schedstat: ${fields[0]}`));
      out.counter(
        'node_schedstat_running_seconds_total',
        'Time that the processor ran processes, in seconds.',
        (running ?? 0) / NANOSECONDS,
        labels,
      );
      out.counter(
        'node_schedstat_waiting_seconds_total',
        'Time that processes waited for this processor, in seconds.',
        (waiting ?? 0) / NANOSECONDS,
        labels,
      );
      out.counter('node_schedstat_timeslices_total', 'Time slices that the processor gave out.', slices, labels);
    }
  },
};
