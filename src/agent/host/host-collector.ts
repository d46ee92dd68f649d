// This host as node_exporter would tell of it: the real files, the collectors of this platform, and the page they make.

import { readFileSync } from 'node:fs';
import { setImmediate as pause } from 'node:timers/promises';
import { arch, endianness, machine } from 'node:os';
import { clockStateReader } from './clock-state.ts';
import { collection } from './collection.ts';
import { linuxCollectors } from './collectors.ts';
import { directoryTree } from './directory-tree.ts';
import { renderExposition } from './exposition.ts';
import { filesystemSizeReader } from './filesystem-size.ts';
import { need } from './host.ts';
import { DEFAULT_PATTERNS, hostFilters } from './name-filter.ts';
import { portableCollectors } from './portable.ts';
import { readSlowly } from './slow-tree.ts';
import type { Collection } from './collection.ts';
import type { Log } from '../../base/log.ts';
import type { HostFamily } from './families.ts';
import type { Host } from './host.ts';
import type { HostPatterns } from './name-filter.ts';

export interface HostCollectorOptions {
  /** Where proc, sys and the root of the host are mounted. */
  readonly procPath: string;
  readonly sysPath: string;
  readonly rootfs: string;
  /** Directory of `*.prom` files; `''` for none. */
  readonly textfileDirectory?: string;
  /** What is left out; a pattern that is not given is node_exporter's default. */
  readonly patterns?: Partial<HostPatterns>;
  /** How long a network file system may take to tell its size; default 5 s. */
  readonly filesystemTimeoutMs?: number;
  /** The program's version, for `node_exporter_build_info`. */
  readonly version: string;
}

/** Their files ask a device, which may take its time. */
const SLOW = new Set(['hwmon', 'powersupplyclass', 'thermal_zone']);

/** Longer than any collection that goes well; a device that does not answer costs its own metrics and no others. */
const COLLECTOR_TIMEOUT_MS = 8000;
const FILESYSTEM_TIMEOUT_MS = 5000;

export class HostCollector {
  readonly #collect: () => Promise<Collection>;
  readonly #log: Log;
  readonly #told = new Set<string>();
  #page: Promise<Uint8Array> | undefined;

  /** Throws `bad_data` when a pattern cannot be understood. */
  constructor(options: HostCollectorOptions, log: Log) {
    const filters = hostFilters({ ...DEFAULT_PATTERNS, ...options.patterns });
    const sysPath = withoutSlash(options.sysPath);
    const collectors = process.platform === 'linux' ? linuxCollectors(filters) : portableCollectors();
    const bounded = collectors.map((collector) => (SLOW.has(collector.name) ? readSlowly(collector, sysPath) : collector));
    const collect = collection(bounded, COLLECTOR_TIMEOUT_MS);
    const host = realHost(options);
    const build = buildFamily(options.version);
    this.#log = log;
    this.#collect = async () => {
      let stat: string | undefined;
      const found = await collect({ ...host, stat: () => (stat ??= need(host.proc, 'stat')) });
      return { ...found, families: [build, ...found.families] };
    };
  }

  /** What there is now. Within 8 s, whatever a device does. */
  async collect(): Promise<readonly HostFamily[]> {
    const { families, failures } = await this.#collect();
    for (const { collector, message } of failures) this.#tell(collector, message);
    return families;
  }

  /** The same as a page in the Prometheus text format (`EXPOSITION_TYPE`). Calls during a collection share it. */
  async collectText(): Promise<Uint8Array> {
    this.#page ??= this.collect()
      .then((families) => Buffer.from(renderExposition(families)))
      .finally(() => {
        this.#page = undefined;
      });
    return this.#page;
  }

  /** Each collector's mistake is told once. */
  #tell(collector: string, reason: string): void {
    if (this.#told.has(collector)) return;
    this.#told.add(collector);
    this.#log.warn('a host collector failed', { collector, reason });
  }
}

function realHost(options: HostCollectorOptions): Omit<Host, 'stat'> {
  const rootPath = withoutSlash(options.rootfs);
  const textfiles = withoutSlash(options.textfileDirectory ?? '');
  return {
    proc: directoryTree(withoutSlash(options.procPath)),
    sys: directoryTree(withoutSlash(options.sysPath)),
    sysPath: withoutSlash(options.sysPath),
    root: directoryTree(rootPath),
    rootPath,
    textfiles: textfiles === '' ? undefined : directoryTree(textfiles),
    filesystemSize: filesystemSizeReader(rootPath, options.filesystemTimeoutMs ?? FILESYSTEM_TIMEOUT_MS),
    clockState: clockStateReader(),
    pause: async () => pause(),
    nowMs: () => Date.now(),
    machine: machine(),
    pageBytes: pageBytes(),
  };
}

function withoutSlash(path: string): string {
  return path.replace(/\/+$/, '');
}

const PAGE_BYTES = 4096;
const AT_PAGESZ = 6n;

/** The size of a memory page, which the kernel tells every program at its start. Source: getauxval(3). */
function pageBytes(): number {
  if (process.platform !== 'linux' || !/64|s390x/.test(arch())) return PAGE_BYTES;
  try {
    const vector = readFileSync('/proc/self/auxv');
    const view = new DataView(vector.buffer, vector.byteOffset, vector.byteLength);
    const little = endianness() === 'LE';
    for (let at = 0; at + 16 <= vector.length; at += 16) {
      if (view.getBigUint64(at, little) === AT_PAGESZ) return Number(view.getBigUint64(at + 8, little));
    }
  } catch {
    // A container may hide the file; nearly every machine has pages of this size.
  }
  return PAGE_BYTES;
}

/** Dashboards name the exporter by this family. */
function buildFamily(version: string): HostFamily {
  const name = 'node_exporter_build_info';
  const labels = ['version', version, 'branch', 'sightline', 'goos', process.platform, 'goarch', process.arch];
  return {
    name,
    type: 'gauge',
    help: 'Version of the program that gives these metrics; the value is always 1.',
    samples: [{ name, labels, value: 1 }],
  };
}
