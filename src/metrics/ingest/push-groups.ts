// The Pushgateway's groups: what was pushed last under each grouping key, in memory and in one small file per group, so that a restart forgets none.
//
//   push ─▶ PushGroups.put ─▶ file beside, fsync, rename ─▶ in memory
//   start ─▶ load ─▶ every file

import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../../base/replace-file.ts';
import { RequestError } from '../../base/request-error.ts';
import type { Labels } from '../../query/labels.ts';
import { labelsKey } from '../../query/labels.ts';
import type { NativeHistogram } from '../native-histogram.ts';
import type { Metadata } from '../write.ts';

export interface PushedSample {
  readonly labels: Labels;
  readonly value: number | NativeHistogram;
}

/** One family of a group, its labels final. */
export interface PushedFamily {
  readonly metadata: Metadata;
  readonly samples: readonly PushedSample[];
}

export interface PushGroup {
  readonly tenant: string;
  /** The grouping labels, `job` among them. */
  readonly grouping: Labels;
  readonly families: readonly PushedFamily[];
  /** Seconds since the epoch of the last push that was taken, and of the last that was not; 0 for never. */
  readonly pushTime: number;
  readonly pushFailureTime: number;
}

export interface PushGroupLimits {
  /** Groups of all tenants together. */
  readonly groupsMax: number;
  /** Series of all groups together. */
  readonly seriesMax: number;
}

export class PushGroups {
  readonly #dir: string;
  readonly #limits: PushGroupLimits;
  readonly #groups = new Map<string, PushGroup>();
  /** The last change under way of each group: changes of one group happen one after the other. */
  readonly #turns = new Map<string, Promise<unknown>>();
  #series = 0;

  constructor(dir: string, limits: PushGroupLimits) {
    this.#dir = dir;
    this.#limits = limits;
  }

  /** Reads all groups that were kept. A file that cannot be read stops the start: its group would be lost with the next push. */
  async load(): Promise<void> {
    await mkdir(this.#dir, { recursive: true });
    for (const file of await readdir(this.#dir)) {
      if (!file.endsWith('.json')) continue;
      const text = await readFile(join(this.#dir, file), 'utf8');
      try {
        const group = readGroup(text);
        this.#set(groupKey(group.tenant, group.grouping), group);
      } catch (cause) {
        throw new Error(`pushed group ${join(this.#dir, file)} cannot be read; move the file away to start without it`, { cause });
      }
    }
  }

  all(): IterableIterator<PushGroup> {
    return this.#groups.values();
  }

  get(tenant: string, grouping: Labels): PushGroup | undefined {
    return this.#groups.get(groupKey(tenant, grouping));
  }

  /** Throws `rate_limited` when there is no room for the group. */
  admit(group: PushGroup): void {
    const before = this.get(group.tenant, group.grouping);
    if (before === undefined && this.#groups.size >= this.#limits.groupsMax) {
      throw new RequestError(
        'rate_limited',
        `${this.#limits.groupsMax} pushed groups are kept already (pushgateway.groupsMax); delete some`,
      );
    }
    if (this.#series - seriesOf(before) + seriesOf(group) > this.#limits.seriesMax) {
      throw new RequestError(
        'rate_limited',
        `${this.#limits.seriesMax} pushed series are kept already (pushgateway.seriesMax); delete some groups`,
      );
    }
  }

  /** Keeps the group, on disk first. */
  async put(group: PushGroup): Promise<void> {
    const key = groupKey(group.tenant, group.grouping);
    await replaceFile(this.#path(key), JSON.stringify(group, writeNumber));
    this.#set(key, group);
  }

  async delete(tenant: string, grouping: Labels): Promise<void> {
    const key = groupKey(tenant, grouping);
    await rm(this.#path(key), { force: true });
    this.#series -= seriesOf(this.#groups.get(key));
    this.#groups.delete(key);
  }

  /** Runs `change` after all changes of the same group that were asked for before. */
  async inTurn<T>(tenant: string, grouping: Labels, change: () => Promise<T>): Promise<T> {
    const key = groupKey(tenant, grouping);
    const before = this.#turns.get(key) ?? Promise.resolve();
    const turn = before.then(change, change);
    this.#turns.set(key, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(key) === turn) this.#turns.delete(key);
    }
  }

  #set(key: string, group: PushGroup): void {
    this.#series += seriesOf(group) - seriesOf(this.#groups.get(key));
    this.#groups.set(key, group);
  }

  #path(key: string): string {
    return join(this.#dir, `${createHash('sha256').update(key).digest('hex')}.json`);
  }
}

function groupKey(tenant: string, grouping: Labels): string {
  return `${tenant.length}:${tenant}${labelsKey(grouping)}`;
}

function seriesOf(group: PushGroup | undefined): number {
  return group === undefined ? 0 : group.families.reduce((sum, family) => sum + family.samples.length, 0);
}

/** JSON knows no NaN and no infinity. */
function writeNumber(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? { number: String(value) } : value;
}

function readGroup(text: string): PushGroup {
  return JSON.parse(text, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && 'number' in value ? Number(value.number) : value,
  ) as PushGroup;
}
