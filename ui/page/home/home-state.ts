// What the home page concludes: how each host is, and one sentence about all. Pure functions of the samples of two instants.

import type { Address } from '../../data/address.ts';
import type { Target, VectorSample } from '../../data/decode.ts';

/** Everything that the verdict on a host needs, in one question. The empty alternative lets metrics pass that lack the label. */
export const HOST_QUERY =
  '{__name__=~"node_cpu_seconds_total|node_memory_MemTotal_bytes|node_memory_MemAvailable_bytes|node_filesystem_size_bytes|node_filesystem_avail_bytes' +
  '|node_network_receive_bytes_total|node_network_transmit_bytes_total|node_load1",mode=~"|idle",device!~"lo|veth.*|docker.*|br-.*",fstype!~"tmpfs|ramfs|squashfs|overlay|fuse.*|iso9660"}';

/** Seconds between the two instants that a rate is made of: two scrapes of the slowest usual interval fit in. */
export const RATE_WINDOW_S = 120;

export type Concern = 'ok' | 'warn' | 'bad';

export interface Measure {
  readonly value: number;
  readonly concern: Concern;
}

export interface Disk extends Measure {
  readonly mountpoint: string;
}

export interface Host {
  /** Job and instance tell hosts apart. */
  readonly key: string;
  readonly job: string;
  readonly instance: string;
  /** Shares between 0 and 1; absent when the host does not say. */
  readonly cpu: Measure | undefined;
  readonly memory: Measure | undefined;
  /** The fullest file system. */
  readonly disk: Disk | undefined;
  readonly load1: number | undefined;
  /** Bytes per second over all interfaces but the loopback. */
  readonly receive: number | undefined;
  readonly transmit: number | undefined;
  readonly concern: Concern;
}

/** Shares from which a resource is a concern, and from which it is trouble. */
const BOUNDS = { cpu: [0.9, 0.98], memory: [0.9, 0.96], disk: [0.85, 0.95] } as const;
const RANK: Readonly<Record<Concern, number>> = { ok: 0, warn: 1, bad: 2 };

function measure(value: number, [warn, bad]: readonly [number, number]): Measure {
  return { value, concern: value >= bad ? 'bad' : value >= warn ? 'warn' : 'ok' };
}

function worst(concerns: readonly (Concern | undefined)[]): Concern {
  return concerns.reduce<Concern>((most, c) => (c !== undefined && RANK[c] > RANK[most] ? c : most), 'ok');
}

interface HostSamples {
  readonly now: Map<string, VectorSample[]>;
  readonly before: Map<string, VectorSample[]>;
}

function groupByHost(now: readonly VectorSample[], before: readonly VectorSample[]): ReadonlyMap<string, HostSamples> {
  const hosts = new Map<string, HostSamples>();
  for (const [when, samples] of [
    ['now', now],
    ['before', before],
  ] as const) {
    for (const sample of samples) {
      const key = hostKey(sample.labels);
      const host = hosts.get(key) ?? { now: new Map(), before: new Map() };
      hosts.set(key, host);
      const name = sample.labels['__name__'] ?? '';
      host[when].set(name, [...(host[when].get(name) ?? []), sample]);
    }
  }
  return hosts;
}

function hostKey(labels: Readonly<Record<string, string>>): string {
  return `${labels['job'] ?? ''} ${labels['instance'] ?? ''}`;
}

/** Sum of the growth per second of a host's counters of one name; a counter that restarted, or is new, counts nothing. */
function growth(host: HostSamples, name: string): { readonly perSecond: number; readonly counters: number } | undefined {
  const earlier = new Map((host.before.get(name) ?? []).map((s) => [counterKey(s), s.value]));
  let sum = 0;
  let counters = 0;
  for (const sample of host.now.get(name) ?? []) {
    const value = earlier.get(counterKey(sample));
    if (value === undefined || sample.value < value) continue;
    sum += sample.value - value;
    counters++;
  }
  return counters === 0 ? undefined : { perSecond: sum / RATE_WINDOW_S, counters };
}

function counterKey(sample: VectorSample): string {
  return `${sample.labels['cpu'] ?? ''} ${sample.labels['device'] ?? ''}`;
}

function single(host: HostSamples, name: string): number | undefined {
  return host.now.get(name)?.[0]?.value;
}

function fullestDisk(host: HostSamples): Disk | undefined {
  const free = new Map((host.now.get('node_filesystem_avail_bytes') ?? []).map((s) => [s.labels['mountpoint'], s.value]));
  let fullest: Disk | undefined;
  for (const size of host.now.get('node_filesystem_size_bytes') ?? []) {
    const avail = free.get(size.labels['mountpoint']);
    if (avail === undefined || size.value <= 0) continue;
    const used = 1 - avail / size.value;
    if (!fullest || used > fullest.value) fullest = { ...measure(used, BOUNDS.disk), mountpoint: size.labels['mountpoint'] ?? '' };
  }
  return fullest;
}

function hostOf(key: string, samples: HostSamples): Host {
  const idle = growth(samples, 'node_cpu_seconds_total');
  const cpu = idle && measure(Math.min(1, Math.max(0, 1 - idle.perSecond / idle.counters)), BOUNDS.cpu);
  const total = single(samples, 'node_memory_MemTotal_bytes');
  const available = single(samples, 'node_memory_MemAvailable_bytes');
  const memory = total !== undefined && available !== undefined && total > 0 ? measure(1 - available / total, BOUNDS.memory) : undefined;
  const disk = fullestDisk(samples);
  const labels = [...samples.now.values()][0]?.[0]?.labels ?? {};
  return {
    key,
    job: labels['job'] ?? '',
    instance: labels['instance'] ?? '',
    cpu,
    memory,
    disk,
    load1: single(samples, 'node_load1'),
    receive: growth(samples, 'node_network_receive_bytes_total')?.perSecond,
    transmit: growth(samples, 'node_network_transmit_bytes_total')?.perSecond,
    concern: worst([cpu?.concern, memory?.concern, disk?.concern]),
  };
}

/** Every host that reports now, those with trouble first. */
export function hostsOf(now: readonly VectorSample[], before: readonly VectorSample[]): readonly Host[] {
  const hosts = [...groupByHost(now, before)].filter(([, samples]) => samples.now.size > 0).map(([key, samples]) => hostOf(key, samples));
  return hosts.sort((a, b) => RANK[b.concern] - RANK[a.concern] || (a.key < b.key ? -1 : 1));
}

export interface Verdict {
  readonly concern: Concern;
  readonly text: string;
}

/** What is wrong with a host, in words; empty when nothing is. */
export function troubles(host: Host): readonly string[] {
  const percent = (m: Measure): string => `${Math.round(m.value * 100)} %`;
  return [
    ...(host.cpu && host.cpu.concern !== 'ok' ? [`CPU ${percent(host.cpu)} busy`] : []),
    ...(host.memory && host.memory.concern !== 'ok' ? [`memory ${percent(host.memory)} used`] : []),
    ...(host.disk && host.disk.concern !== 'ok' ? [`${host.disk.mountpoint} ${percent(host.disk)} full`] : []),
  ];
}

/** The one sentence that a person needs at three in the morning. */
export function verdict(hosts: readonly Host[], targets: readonly Target[]): Verdict {
  const down = targets.filter((t) => t.health === 'down');
  const sick = hosts.filter((h) => h.concern !== 'ok');
  const parts: string[] = [];
  if (sick.length === 1 && sick[0]) parts.push(`${sick[0].instance}: ${troubles(sick[0]).join(', ')}`);
  if (sick.length > 1) parts.push(`${sick.length} of ${hosts.length} hosts need a look`);
  if (down.length > 0)
    parts.push(
      down.length === 1
        ? `target ${down[0]?.labels['instance'] ?? down[0]?.url} is down`
        : `${down.length} of ${targets.length} targets are down`,
    );
  const concern = worst([...sick.map((h) => h.concern), down.length > 0 ? 'bad' : 'ok']);
  if (parts.length > 0) return { concern, text: `${parts.join('; ')}.` };
  if (hosts.length === 1) return { concern, text: `${hosts[0]?.instance} is healthy.` };
  return { concern, text: hosts.length > 1 ? `All ${hosts.length} hosts are healthy.` : 'Nothing is wrong that is known here.' };
}

/** Which host's charts are drawn: the one in the address, else the first. */
export function chosenHost(hosts: readonly Host[], address: Address): Host | undefined {
  return hosts.find((h) => h.key === address['host']) ?? hosts[0];
}
