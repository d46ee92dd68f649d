// Clock frequencies of the processors from /sys/devices/system/cpu/cpuN/cpufreq.

import { columns, indexAfter, readNumber } from '../fields.ts';
import type { Families } from '../families.ts';
import type { Collector, Host } from '../host.ts';

const CPUS = 'devices/system/cpu';
const HERTZ_PER_KILOHERTZ = 1000;
/** Eight files each, and some machines have hundreds of processors. */
const CPUS_AT_ONCE = 16;

const METRICS: readonly (readonly [file: string, name: string, help: string])[] = [
  ['cpuinfo_cur_freq', 'node_cpu_frequency_hertz', 'Present frequency of the processor, in hertz.'],
  ['cpuinfo_min_freq', 'node_cpu_frequency_min_hertz', 'Lowest frequency of the processor, in hertz.'],
  ['cpuinfo_max_freq', 'node_cpu_frequency_max_hertz', 'Highest frequency of the processor, in hertz.'],
  ['scaling_cur_freq', 'node_cpu_scaling_frequency_hertz', 'Present frequency that the kernel set, in hertz.'],
  ['scaling_min_freq', 'node_cpu_scaling_frequency_min_hertz', 'Lowest frequency that the kernel may set, in hertz.'],
  ['scaling_max_freq', 'node_cpu_scaling_frequency_max_hertz', 'Highest frequency that the kernel may set, in hertz.'],
];

export const cpufreqCollector: Collector = {
  name: 'cpufreq',
  async collect(host, out) {
    for (const [i, name] of (host.sys.list(CPUS) ?? []).entries()) {
      if (i % CPUS_AT_ONCE === CPUS_AT_ONCE - 1) await host.pause();
      const cpu = indexAfter(name, 'cpu');
      if (cpu === undefined || host.sys.list(`${CPUS}/${name}/cpufreq`) === undefined) continue;
      collectCpu(host, out, `${CPUS}/${name}/cpufreq`, String(cpu));
    }
  },
};

function collectCpu(host: Host, out: Families, directory: string, cpu: string): void {
  for (const [file, name, help] of METRICS) {
    const kilohertz = readNumber(host.sys, `${directory}/${file}`);
    if (kilohertz !== undefined) out.gauge(name, help, kilohertz * HERTZ_PER_KILOHERTZ, ['cpu', cpu]);
  }
  const current = host.sys.read(`${directory}/scaling_governor`)?.trim();
  if (current === undefined) return;
  for (const governor of columns(host.sys.read(`${directory}/scaling_available_governors`) ?? '')) {
    const labels = ['cpu', cpu, 'governor', governor];
    out.gauge(
      'node_cpu_scaling_governor',
      'Whether the governor sets the frequency of the processor: 1 or 0.',
      governor === current ? 1 : 0,
      labels,
    );
  }
}
