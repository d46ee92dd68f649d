// `file_sd_configs`: target groups in JSON or YAML files, read again when they change and every interval besides.
//
// Source: Prometheus `discovery/file`. A file that cannot be read or understood keeps the groups it had; one that is gone loses them.

import type { FSWatcher } from 'node:fs';
import { watch } from 'node:fs';
import { glob, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { Log } from '../../base/log.ts';
import { RequestError } from '../../base/request-error.ts';
import type { FileConfig, StaticGroup } from './discovery-config.ts';
import { staticGroup } from './discovery-config.ts';
import type { Discovery } from './discovery.ts';
import { groupOf, refreshDelayMs } from './discovery.ts';
import { checkLabelName, refuse } from './scalars.ts';
import type { TargetGroup } from './target.ts';
import { list, optional, readYaml } from './yaml-schema.ts';

const groupList = list(optional(staticGroup));

/** A burst of changes to a directory is read once, this long after its first. */
const SETTLE_MS = 100;

/** Parses the text of a target file, or of an answer of HTTP discovery. Throws `bad_data`. */
export function parseTargetGroups(
  text: string,
  isJson: boolean,
  source: string,
  added: readonly (readonly [string, string])[],
): readonly TargetGroup[] {
  const groups = isJson ? jsonGroups(text) : readYaml(text, groupList);
  return groups.map((group, index) =>
    group === undefined ? refuse(`nil target group item found (index ${index})`) : groupOf(group, `${source}:${index}`, added),
  );
}

/** JSON has a parser of its own: lists of targets are large, and YAML's is slow. */
function jsonGroups(text: string): readonly (StaticGroup | undefined)[] {
  const groups = parseJson(text);
  if (groups === null) return [];
  if (!Array.isArray(groups)) return refuse('target groups must be an array');
  return groups.map((group: unknown, index) => (group === null ? undefined : jsonGroup(group, index)));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RequestError('bad_data', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function jsonGroup(group: unknown, index: number): StaticGroup {
  const fields = jsonObject(group, `target group ${index}`);
  const unknown = Object.keys(fields).find((name) => name !== 'targets' && name !== 'labels');
  if (unknown !== undefined) refuse(`target group ${index}: unknown field ${JSON.stringify(unknown)}`);
  const targets: unknown = fields['targets'] ?? [];
  if (!Array.isArray(targets) || !targets.every((each) => typeof each === 'string')) {
    return refuse(`target group ${index}: targets must be an array of strings`);
  }
  const labels = Object.entries(jsonObject(fields['labels'] ?? {}, `target group ${index}: labels`)).map(([name, value]) => {
    checkLabelName(name);
    return [
      name,
      typeof value === 'string' ? value : refuse(`target group ${index}: label ${JSON.stringify(name)} must be a string`),
    ] as const;
  });
  return { targets, labels: new Map(labels) };
}

function jsonObject(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse(`${what} must be an object`);
  return value as Readonly<Record<string, unknown>>;
}

/** Reads and watches the files of one section. */
export class FileDiscovery implements Discovery {
  readonly #config: FileConfig;
  readonly #log: Log;
  readonly #groups = new Map<string, readonly TargetGroup[]>();
  readonly #watchers: FSWatcher[] = [];
  #update: (groups: readonly TargetGroup[]) => void = () => undefined;
  #interval: NodeJS.Timeout | undefined;
  #settling: NodeJS.Timeout | undefined;
  #reading: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(config: FileConfig, log: Log) {
    this.#config = config;
    this.#log = log;
  }

  start(update: (groups: readonly TargetGroup[]) => void): void {
    this.#update = update;
    for (const directory of new Set(this.#config.files.map((file) => dirname(file)))) this.#watch(directory);
    this.#interval = setInterval(() => this.#refreshSoon(0), refreshDelayMs(this.#config.refresh_interval));
    this.#refreshSoon(0);
  }

  stop(): void {
    this.#stopped = true;
    for (const watcher of this.#watchers) watcher.close();
    clearInterval(this.#interval);
    clearTimeout(this.#settling);
  }

  /** A directory that cannot be watched is still read every interval. */
  #watch(directory: string): void {
    try {
      const watcher = watch(directory, () => this.#refreshSoon(SETTLE_MS));
      watcher.on('error', () => watcher.close());
      this.#watchers.push(watcher);
    } catch (error) {
      this.#log.warn('directory of target files cannot be watched', { directory, error });
    }
  }

  #refreshSoon(delayMs: number): void {
    if (this.#stopped || this.#settling !== undefined) return;
    this.#settling = setTimeout(() => {
      this.#settling = undefined;
      this.#reading = this.#reading.then(async () => this.#refresh());
    }, delayMs);
  }

  async #refresh(): Promise<void> {
    const files = new Set<string>();
    for (const pattern of this.#config.files) for await (const file of glob(pattern)) files.add(file);
    for (const gone of [...this.#groups.keys()].filter((file) => !files.has(file))) this.#groups.delete(gone);
    for (const file of [...files].toSorted()) {
      try {
        const text = await readFile(file, 'utf8');
        this.#groups.set(file, parseTargetGroups(text, /\.json$/i.test(file), file, [['__meta_filepath', file]]));
      } catch (error) {
        this.#log.warn('target file cannot be read, its targets stay as they were', { file, error });
      }
    }
    if (!this.#stopped) this.#update([...this.#groups.values()].flat());
  }
}
