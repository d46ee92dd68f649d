// What the home page concludes: how each host is, and one sentence about all. Pure functions of the samples of two minutes.

import type { Address } from '../../data/address.ts';
import type { Target } from '../../data/decode.ts';
import type { RawSeries } from '../../data/samples.ts';
import { growthPerSecond } from './growth.ts';

/** Everything that the verdict on a host needs, in one question. The empty alternative lets metrics pass that lack the label. */
export const HOST_QUERY =
  '{__name__=~"node_cpu_seconds_total|node_memory_MemTotal_bytes|node_memory_MemAvailable_bytes|node_filesystem_size_bytes|node_filesystem_avail_bytes' +
  '|node_network_receive_bytes_total|node_network_transmit_bytes_total|node_load1",mode=~"|idle",device!~"lo|veth.*|docker.*|br-.*",fstype!~"tmpfs|ramfs|squashfs|overlay|fuse.*|iso9660"}';

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

/** A host's series by metric. */
type HostSeries = ReadonlyMap<string, readonly RawSeries[]>;

/** Every host with the series that reach to the end of what was asked; a series that ended before says nothing about now. */
function groupByHost(series: readonly RawSeries[]): ReadonlyMap<string, HostSeries> {
  const end = Math.max(...series.map((s) => s.times.at(-1) ?? 0));
  const hosts = new Map<string, Map<string, RawSeries[]>>();
  for (const one of series) {
    if (one.times.at(-1) !== end) continue;
    const key = `${one.labels['job'] ?? ''} ${one.labels['instance'] ?? ''}`;
    const host = hosts.get(key) ?? new Map<string, RawSeries[]>();
    hosts.set(key, host);
    const name = one.labels['__name__'] ?? '';
    host.set(name, [...(host.get(name) ?? []), one]);
  }
  return hosts;
}

/** Growth per second of each of a host's counters of one name that has two values. */
function growths(host: HostSeries, name: string): readonly number[] {
  return (host.get(name) ?? []).flatMap((s) => growthPerSecond(s) ?? []);
}

const sum = (values: readonly number[]): number | undefined => (values.length === 0 ? undefined : values.reduce((a, b) => a + b, 0));

function lastOf(series: RawSeries | undefined): number | undefined {
  return series?.values.at(-1);
}

function single(host: HostSeries, name: string): number | undefined {
  return lastOf(host.get(name)?.[0]);
}

function fullestDisk(host: HostSeries): Disk | undefined {
  const free = new Map((host.get('node_filesystem_avail_bytes') ?? []).map((s) => [s.labels['mountpoint'], lastOf(s)]));
  let fullest: Disk | undefined;
  for (const size of host.get('node_filesystem_size_bytes') ?? []) {
    const avail = free.get(size.labels['mountpoint']);
    const total = lastOf(size) ?? 0;
    if (avail === undefined || total <= 0) continue;
    const used = 1 - avail / total;
    if (!fullest || used > fullest.value) fullest = { ...measure(used, BOUNDS.disk), mountpoint: size.labels['mountpoint'] ?? '' };
  }
  return fullest;
}

function hostOf(key: string, series: HostSeries): Host {
  const idle = growths(series, 'node_cpu_seconds_total');
  const idleSum = sum(idle);
  const cpu = idleSum === undefined ? undefined : measure(Math.min(1, Math.max(0, 1 - idleSum / idle.length)), BOUNDS.cpu);
  const total = single(series, 'node_memory_MemTotal_bytes');
  const available = single(series, 'node_memory_MemAvailable_bytes');
  const memory = total !== undefined && available !== undefined && total > 0 ? measure(1 - available / total, BOUNDS.memory) : undefined;
  const disk = fullestDisk(series);
  const labels = [...series.values()][0]?.[0]?.labels ?? {};
  return {
    key,
    job: labels['job'] ?? '',
    instance: labels['instance'] ?? '',
    cpu,
    memory,
    disk,
    load1: single(series, 'node_load1'),
    receive: sum(growths(series, 'node_network_receive_bytes_total')),
    transmit: sum(growths(series, 'node_network_transmit_bytes_total')),
    concern: worst([cpu?.concern, memory?.concern, disk?.concern]),
  };
}

/** Every host that reports at the end of what was asked, those with trouble first. */
export function hostsOf(series: readonly RawSeries[]): readonly Host[] {
  const hosts = [...groupByHost(series)].map(([key, own]) => hostOf(key, own));
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
  if (hosts.length === 0 && targets.every((t) => t.health === 'unknown')) return { concern, text: 'Waiting for the first scrapes.' };
  if (hosts.length === 1) return { concern, text: `${hosts[0]?.instance} is healthy.` };
  return {
    concern,
    text:
      hosts.length > 1
        ? `All ${hosts.length} hosts are healthy.`
        : `${targets.filter((t) => t.health === 'up').length} of ${targets.length} targets answer; no host reports.`,
  };
}

/** Which host's charts are drawn: the one in the address, else the first. */
export function chosenHost(hosts: readonly Host[], address: Address): Host | undefined {
  return hosts.find((h) => h.key === address['host']) ?? hosts[0];
}
