// A host that is not Linux: what the runtime itself knows, under the names that node_exporter uses there.

import { cpus, freemem, hostname, loadavg, release, totalmem, type, uptime, version } from 'node:os';
import { timeCollector } from './collector/time.ts';
import type { Collector } from './host.ts';

const MILLISECONDS = 1000;
const CPU_HELP = 'Time that the processors spent in each mode, in seconds.';

const cpu: Collector = {
  name: 'cpu',
  collect(_, out) {
    cpus().forEach(({ times }, i) => {
      for (const [mode, ms] of [
        ['user', times.user],
        ['nice', times.nice],
        ['system', times.sys],
        ['idle', times.idle],
      ] as const) {
        out.counter('node_cpu_seconds_total', CPU_HELP, ms / MILLISECONDS, ['cpu', String(i), 'mode', mode]);
      }
    });
  },
};

const loadavgs: Collector = {
  name: 'loadavg',
  collect(_, out) {
    const [one, five, fifteen] = loadavg();
    out.gauge('node_load1', 'Load average over 1 minute.', one);
    out.gauge('node_load5', 'Load average over 5 minutes.', five);
    out.gauge('node_load15', 'Load average over 15 minutes.', fifteen);
  },
};

const meminfo: Collector = {
  name: 'meminfo',
  collect(_, out) {
    out.gauge('node_memory_total_bytes', 'Memory of the machine, in bytes.', totalmem());
    out.gauge('node_memory_free_bytes', 'Memory that nobody uses, in bytes.', freemem());
  },
};

const uname: Collector = {
  name: 'uname',
  collect(host, out) {
    const names = ['sysname', type(), 'release', release(), 'version', version(), 'nodename', hostname(), 'machine', host.machine];
    out.gauge('node_uname_info', 'Names of the system as uname gives them; the value is always 1.', 1, names);
  },
};

const bootTime: Collector = {
  name: 'boottime',
  collect(host, out) {
    out.gauge('node_boot_time_seconds', 'When the machine booted, in Unix time.', Math.round(host.nowMs() / MILLISECONDS - uptime()));
  },
};

const root: Collector = {
  name: 'filesystem',
  async collect(host, out) {
    const size = await host.filesystemSize('/', process.platform);
    if (size.kind === 'error') return;
    const labels = ['device', '/', 'mountpoint', '/', 'fstype', process.platform];
    out.gauge('node_filesystem_size_bytes', 'Size of the file system, in bytes.', size.bytes, labels);
    out.gauge('node_filesystem_free_bytes', 'Free space of the file system, in bytes.', size.freeBytes, labels);
    out.gauge('node_filesystem_avail_bytes', 'Free space that users other than root may use, in bytes.', size.availableBytes, labels);
  },
};

export function portableCollectors(): readonly Collector[] {
  return [root, cpu, loadavgs, meminfo, uname, bootTime, timeCollector];
}
