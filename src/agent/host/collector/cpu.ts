// Processor time by mode from /proc/stat, and what /sys says of each processor: isolated, online, throttled.
//
// Source: Documentation/filesystems/proc.rst, "Miscellaneous kernel statistics"; times there are in 1/100 s whatever the kernel's own tick.

import { columns, indexAfter, number, readNumber } from '../fields.ts';
import { HostError } from '../host.ts';
import type { Families } from '../families.ts';
import type { Collector, Host } from '../host.ts';

const MODES = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal'] as const;
const GUEST_MODES = ['user', 'nice'] as const;
const IDLE = 3;
const TICKS_PER_SECOND = 100;
/** A processor whose idle time falls by this many seconds went away and came back: its counters begin anew. */
const HOTPLUG_SECONDS = 3;

const SECONDS_HELP = 'Time that the processors spent in each mode, in seconds.';
const GUEST_HELP = 'Time that the processors spent running virtual machines, in seconds; contained in the user and nice modes.';

/** Where a processor's throttling counters are; found once, because a processor keeps its place. */
interface ThrottleSource {
  readonly directory: string;
  readonly package: string;
  readonly core: string;
}

/** Keeps the highest times seen: the kernel lets idle and iowait step back a little, which a rate would read as a counter reset. */
export function cpuCollector(): Collector {
  const seen = new Map<string, number[]>();
  let throttled: readonly ThrottleSource[] = [];
  let throttledFor = -1;
  return {
    name: 'cpu',
    collect(host, out) {
      const names: string[] = [];
      for (const line of host.stat().split('\n')) {
        if (!line.startsWith('cpu')) continue;
        const fields = columns(line);
        const cpu = indexAfter(fields[0] ?? '', 'cpu');
        if (cpu === undefined) continue;
        names.push(String(cpu));
        writeTimes(out, String(cpu), advance(seen, String(cpu), timesOf(fields)));
      }
      if (names.length === 0) throw new HostError('stat: no processor');
      for (const cpu of seen.keys()) if (!names.includes(cpu)) seen.delete(cpu);
      collectIsolated(host, out);
      collectOnline(host, out);
      if (throttledFor !== names.length) {
        throttled = throttleSources(host);
        throttledFor = names.length;
      }
      collectThrottles(host, out, throttled);
    },
  };
}

/** The columns of a `cpuN` line in seconds: eight modes, then the two guest modes; a kernel too old for one gives 0. */
function timesOf(fields: readonly string[]): number[] {
  const times: number[] = [];
  for (let i = 1; i <= MODES.length + GUEST_MODES.length; i++) {
    times.push(i < fields.length ? number(fields[i], `stat: ${fields[0]}`) / TICKS_PER_SECOND : 0);
  }
  return times;
}

function advance(seen: Map<string, number[]>, cpu: string, now: number[]): readonly number[] {
  const before = seen.get(cpu);
  if (before === undefined || (before[IDLE] ?? 0) - (now[IDLE] ?? 0) >= HOTPLUG_SECONDS) {
    seen.set(cpu, now);
    return now;
  }
  for (let i = 0; i < now.length; i++) before[i] = Math.max(before[i] ?? 0, now[i] ?? 0);
  return before;
}

function writeTimes(out: Families, cpu: string, times: readonly number[]): void {
  MODES.forEach((mode, i) => out.counter('node_cpu_seconds_total', SECONDS_HELP, times[i], ['cpu', cpu, 'mode', mode]));
  GUEST_MODES.forEach((mode, i) =>
    out.counter('node_cpu_guest_seconds_total', GUEST_HELP, times[MODES.length + i], ['cpu', cpu, 'mode', mode]),
  );
}

function collectIsolated(host: Host, out: Families): void {
  for (const cpu of parseCpuList(host.sys.read('devices/system/cpu/isolated') ?? '')) {
    out.gauge('node_cpu_isolated', 'Processors that the scheduler leaves alone.', 1, ['cpu', String(cpu)]);
  }
}

const CPUS_MAX = 65536;

/** The kernel's list form: `0,2-4,8-31:2/4` is groups of the first 2 of every 4. */
export function parseCpuList(text: string): readonly number[] {
  const found: number[] = [];
  for (const part of text.trim().split(',')) {
    const [range = '', group] = part.split(':');
    const [first, last] = range.split('-').map((bound) => (/^[0-9]{1,6}$/.test(bound) ? Number(bound) : Number.NaN));
    if (first === undefined || Number.isNaN(first)) continue;
    const end = Math.min(last ?? first, CPUS_MAX);
    const [used = 1, every = 1] = (group ?? '').split('/').map((count) => (/^[1-9][0-9]{0,5}$/.test(count) ? Number(count) : 1));
    for (let cpu = first; cpu <= end; cpu++) if ((cpu - first) % every < used) found.push(cpu);
  }
  return found;
}

/** Says something only where the first processor can be taken offline too, as node_exporter does. */
function collectOnline(host: Host, out: Families): void {
  if (host.sys.read('devices/system/cpu/cpu0/online') === undefined) return;
  for (const name of host.sys.list('devices/system/cpu') ?? []) {
    const cpu = indexAfter(name, 'cpu');
    if (cpu === undefined) continue;
    const online = readNumber(host.sys, `devices/system/cpu/${name}/online`);
    out.gauge('node_cpu_online', 'Processors that are online and take work.', online, ['cpu', String(cpu)]);
  }
}

function throttleSources(host: Host): readonly ThrottleSource[] {
  const sources: ThrottleSource[] = [];
  for (const name of host.sys.list('devices/system/cpu') ?? []) {
    if (indexAfter(name, 'cpu') === undefined) continue;
    const directory = `devices/system/cpu/${name}`;
    if (host.sys.list(`${directory}/thermal_throttle`) === undefined) continue;
    const socket = readNumber(host.sys, `${directory}/topology/physical_package_id`);
    const core = readNumber(host.sys, `${directory}/topology/core_id`);
    if (socket !== undefined && core !== undefined) sources.push({ directory, package: String(socket), core: String(core) });
  }
  return sources;
}

/** Threads of a core share its counter, and cores of a package the package's: each is read once. */
function collectThrottles(host: Host, out: Families, sources: readonly ThrottleSource[]): void {
  const done = new Set<string>();
  for (const source of sources) {
    const core = `${source.package}/${source.core}`;
    if (!done.has(core)) {
      const count = readNumber(host.sys, `${source.directory}/thermal_throttle/core_throttle_count`);
      if (count !== undefined) done.add(core);
      const labels = ['package', source.package, 'core', source.core];
      out.counter('node_cpu_core_throttles_total', 'How often this processor core was slowed down for its heat.', count, labels);
    }
    if (!done.has(source.package)) {
      const count = readNumber(host.sys, `${source.directory}/thermal_throttle/package_throttle_count`);
      if (count !== undefined) done.add(source.package);
      const help = 'How often this processor package was slowed down for its heat.';
      out.counter('node_cpu_package_throttles_total', help, count, ['package', source.package]);
    }
  }
}
