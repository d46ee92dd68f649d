// The label index of stored series: per tenant and day, in memory, as an image of the table `series` or `streams`.
//
//   question over days ─▶ days not yet in are loaded from the table ─▶ view ─▶ index-select.ts, label-lists.ts
//   registrations, once they are on disk ─────────────────────────────▲
//
// It is right only where this process alone writes the table: then whatever is acknowledged after a load began comes from the writers
// (`registered`), and whatever was before it is in the table. Where others write too there is no index, and every question is SQL.
// A question is SQL as well while a large load is under way, and where the series of its days are more than the index may hold.

import { type Sql, identifier, int, ints, sql, text } from '../base/sql.ts';
import { assert } from '../base/assert.ts';
import { INDEXED_DAYS_MAX, INDEXED_TENANTS_MAX } from '../limits.ts';
import type { Client } from '../storage/client.ts';
import type { Block } from '../storage/native.ts';
import { Bits } from './bits.ts';
import { labelsOfRow } from './labels-of-row.ts';
import type { SeriesRegistry } from './series-registry.ts';
import { Slices } from './slices.ts';
import { type IndexedDay, TenantIndex } from './tenant-index.ts';

const DAY_MS = 86_400_000;
/** Rows that a question waits for to be loaded; more are loaded behind its back while SQL answers it. */
const LOAD_WAIT_ROWS_MAX = 50_000;
/** A tenant whose days could not be loaded, or did not fit, is tried again after this. */
const REST_MS = 60_000;
/** A question whose days have more rows than so many times the series that fit is left to SQL: to load them takes longer than to answer it. */
const ROWS_PER_SERIES_MAX = 10;
/** What loads leave free is for series that are registered later. */
const LOADED_PART = 0.9;
/** Beyond so many, unknown series are found by reading the whole day again. */
const LISTED_SERIES_MAX = 5000;

/** The tables of label sets: who has samples, or lines, on which day. */
export type LabelTable = 'series' | 'streams';

export interface SeriesIndexOptions {
  readonly client: Client;
  readonly table: LabelTable;
  /** Makes acknowledged rows of the table visible; false when the store could not take them now. */
  readonly flush: () => Promise<boolean>;
  /** The series that a tenant's writers hold: their labels need not be read, and are held once. */
  readonly registryOf: (tenant: string) => SeriesRegistry | undefined;
  /** `query.indexSeriesMax`: series in memory, of all tenants together. */
  readonly seriesMax: () => number;
  /** Told when a load fails; the questions are then answered by SQL. */
  readonly onLoadError: (tenant: string, error: unknown) => void;
}

/** Days in whole numbers since the epoch, both included; infinite ends are open. */
export interface DayRange {
  readonly from: number;
  readonly to: number;
}

/** What a question may ask: the tenant's index, and who was active in its days. */
export interface IndexView {
  readonly index: TenantIndex;
  readonly active: Bits;
}

/** A series that was registered on a day, by its number in the writers' registry. */
export interface Registration {
  readonly series: number;
  readonly day: number;
}

interface Entry {
  readonly index: TenantIndex;
  /** The days of the table are known. */
  opened: boolean;
  /** What is being read from the table; one load at a time. */
  load: { readonly rows: number; readonly done: Promise<void> } | undefined;
  /** Before this, by `performance.now()`, nothing is loaded: the last load failed or did not fit. */
  restsUntil: number;
}

class DoesNotFit extends Error {}

export class SeriesIndex {
  readonly #options: SeriesIndexOptions;
  /** Least recently asked first. */
  readonly #tenants = new Map<string, Entry>();

  constructor(options: SeriesIndexOptions) {
    this.#options = options;
  }

  /** Series in memory, of all tenants. */
  get size(): number {
    let size = 0;
    for (const { index } of this.#tenants.values()) size += index.size;
    return size;
  }

  /** The view of a tenant's days, or undefined where SQL has to answer. Loads what is small enough to wait for. */
  async view(tenant: string, days: DayRange): Promise<IndexView | undefined> {
    if (this.#options.seriesMax() === 0) return undefined;
    const entry = this.#entry(tenant);
    // Another question's load may be the one that is waited for first.
    for (let missing = missingDays(entry, days); missing === undefined || missing.length > 0; missing = missingDays(entry, days)) {
      if (entry.load === undefined) {
        if (performance.now() < entry.restsUntil || rowsOf(entry, missing ?? []) > ROWS_PER_SERIES_MAX * this.#options.seriesMax())
          return undefined;
        this.#begin(entry, missing);
      }
      if (entry.load === undefined || entry.load.rows > LOAD_WAIT_ROWS_MAX) return undefined;
      await entry.load.done;
    }
    return viewOf(entry, days);
  }

  /** The last day on which a tenant has series, or undefined where SQL has to tell; -Infinity where it has none. */
  async lastDay(tenant: string): Promise<number | undefined> {
    const view = await this.view(tenant, { from: 1, to: 0 });
    if (view === undefined) return undefined;
    return [...view.index.days.keys()].reduce((last, day) => Math.max(last, day), Number.NEGATIVE_INFINITY);
  }

  /** Adds series that have just been stored. Only for tenants that someone has asked about: the others' are read when someone does. */
  registered(tenant: string, registry: SeriesRegistry, rows: readonly Registration[]): void {
    const entry = this.#tenants.get(tenant);
    if (entry === undefined) return;
    const { index } = entry;
    for (const { series, day } of rows) {
      const number = addRegistered(index, registry, series);
      // A day that was not in the table when its days were listed has no rows but these.
      index.day(day, entry.opened).active.add(number);
    }
    this.#makeRoom();
  }

  /** Forgets a tenant: some of its series were deleted. */
  forget(tenant: string): void {
    this.#tenants.delete(tenant);
  }

  /** Lets go of the days that have gone over their retention at `nowMs`; 0 keeps for ever. */
  retain(nowMs: number, retentionMsOf: (tenant: string) => number): void {
    for (const [tenant, { index }] of this.#tenants) {
      const retention = retentionMsOf(tenant);
      if (retention === 0) continue;
      for (const day of index.days.keys()) if ((day + 1) * DAY_MS < nowMs - retention) index.days.delete(day);
    }
  }

  #entry(tenant: string): Entry {
    const entry = this.#tenants.get(tenant) ?? newEntry(tenant);
    this.#tenants.delete(tenant);
    this.#tenants.set(tenant, entry);
    const [oldest] = this.#tenants.keys();
    if (this.#tenants.size > INDEXED_TENANTS_MAX && oldest !== undefined) this.#tenants.delete(oldest);
    return entry;
  }

  /** Begins a load: of the list of days, or of days, the newest first. */
  #begin(entry: Entry, missing: readonly number[] | undefined): void {
    const days = [...(missing ?? [])].sort((a, b) => b - a);
    const load = async (): Promise<void> => {
      if (missing === undefined) await this.#open(entry);
      for (const day of days) await this.#loadDay(entry, day).catch((error: unknown) => this.#preferNewer(entry, day, error));
    };
    entry.load = { rows: rowsOf(entry, days), done: this.#run(entry, load).finally(() => (entry.load = undefined)) };
  }

  /** Runs a load; what it throws is told, and nothing more is loaded for a while. */
  async #run(entry: Entry, load: () => Promise<void>): Promise<void> {
    try {
      await load();
    } catch (error) {
      entry.restsUntil = performance.now() + REST_MS;
      if (!(error instanceof DoesNotFit)) this.#options.onLoadError(entry.index.tenant, error);
    } finally {
      this.#makeRoom();
    }
  }

  /** A day that does not fit beside older ones takes their place: the next question finds an empty index. Throws what the load threw. */
  #preferNewer(entry: Entry, number: number, error: unknown): never {
    const { tenant, days } = entry.index;
    const isNewer = [...days].some(([other, { complete }]) => complete && other < number);
    if (error instanceof DoesNotFit && isNewer && this.#tenants.get(tenant) === entry) this.#tenants.set(tenant, newEntry(tenant));
    throw error;
  }

  async #open(entry: Entry): Promise<void> {
    const { index } = entry;
    await this.#flushed();
    const found = await this.#options.client.query(
      sql`SELECT day, count() AS rows FROM ${identifier(this.#options.table)} WHERE tenant = ${text(index.tenant)} GROUP BY day`,
    );
    if (found.length > INDEXED_DAYS_MAX) throw new DoesNotFit();
    const listed = new Map(found.map((row) => [Number(row['day']), Number(row['rows'])]));
    // Days that came while the table was asked and are not in the answer are whole.
    for (const [day, known] of index.days) known.complete = !listed.has(day);
    for (const [day, rows] of listed) index.days.set(day, { active: index.day(day, false).active, rows, complete: false });
    entry.opened = true;
  }

  async #loadDay({ index }: Entry, number: number): Promise<void> {
    const day = index.days.get(number);
    if (day === undefined || day.complete) return;
    await this.#flushed();
    const where = sql`tenant = ${text(index.tenant)} AND day = ${int(number)}`;
    const unknown = await this.#loadKnown(index, day, where);
    if (unknown.count > 0) {
      const some = unknown.count > LISTED_SERIES_MAX ? where : sql`${where} AND series IN ${ints(unknown.ids)}`;
      await this.#loadUnknown(index, day, some);
    }
    day.complete = true;
  }

  /** Marks the series of a day whose labels are in memory already, here or with a writer. Returns the others, and as many of their ids as are listed. */
  async #loadKnown(index: TenantIndex, day: IndexedDay, where: Sql): Promise<{ readonly count: number; readonly ids: readonly bigint[] }> {
    const ids: bigint[] = [];
    let count = 0;
    const { client, table, registryOf } = this.#options;
    const registry = registryOf(index.tenant);
    const slices = new Slices();
    for await (const { rows, columns } of client.stream(sql`SELECT series FROM ${identifier(table)} WHERE ${where}`)) {
      const words = halves(columns['series']);
      for (let row = 0; row < rows; row++) {
        const low = words[2 * row] ?? 0;
        const high = words[2 * row + 1] ?? 0;
        const number = index.find(low, high);
        const held = number >= 0 ? -1 : (registry?.findId(low, high) ?? -1);
        if (number >= 0) day.active.add(number);
        else if (registry !== undefined && held >= 0) day.active.add(addRegistered(index, registry, held));
        else if (++count <= LISTED_SERIES_MAX) ids.push((BigInt(high) << 32n) | BigInt(low));
        if (number < 0) this.#checkFits(index, count);
        if (slices.isOver()) await slices.pause();
      }
    }
    return { count, ids };
  }

  async #loadUnknown(index: TenantIndex, day: IndexedDay, where: Sql): Promise<void> {
    const statement = sql`SELECT series, metric, name, labels FROM ${identifier(this.#options.table)} WHERE ${where}`;
    for await (const block of this.#options.client.stream(statement)) await addRows(index, day, block);
  }

  async #flushed(): Promise<void> {
    if (!(await this.#options.flush())) throw new Error('the store cannot take in the newest series');
  }

  /** Throws where one tenant's series would be more than may be loaded. */
  #checkFits(index: TenantIndex, more: number): void {
    if (index.size + more > this.#options.seriesMax() * LOADED_PART) throw new DoesNotFit();
  }

  /** Lets go of the tenants that were asked about longest ago, as long as there are too many series. */
  #makeRoom(): void {
    let { size } = this;
    for (const [tenant, { index }] of this.#tenants) {
      if (size <= this.#options.seriesMax()) return;
      size -= index.size;
      this.#tenants.delete(tenant);
    }
  }
}

/** Rows of the table that days have. */
function rowsOf({ index }: Entry, days: readonly number[]): number {
  return days.reduce((sum, day) => sum + (index.days.get(day)?.rows ?? 0), 0);
}

function newEntry(tenant: string): Entry {
  return { index: new TenantIndex(tenant), opened: false, load: undefined, restsUntil: 0 };
}

/** The days of a range that are in the table and not wholly in memory; undefined where it is not known which there are. */
function missingDays({ index, opened }: Entry, days: DayRange): readonly number[] | undefined {
  if (!opened) return undefined;
  return [...daysIn(index, days)].filter(([, { complete }]) => !complete).map(([day]) => day);
}

function viewOf({ index }: Entry, days: DayRange): IndexView {
  const within = [...daysIn(index, days)];
  const [only] = within;
  if (within.length === 1 && only !== undefined) return { index, active: only[1].active };
  const active = new Bits(index.size);
  for (const [, day] of within) active.addAll(day.active);
  return { index, active };
}

function* daysIn(index: TenantIndex, { from, to }: DayRange): Generator<[number, IndexedDay]> {
  if (Number.isFinite(from) && Number.isFinite(to) && to - from < index.days.size) {
    for (let number = from; number <= to; number++) {
      const day = index.days.get(number);
      if (day !== undefined) yield [number, day];
    }
    return;
  }
  for (const [number, day] of index.days) if (number >= from && number <= to) yield [number, day];
}

/** The days that a range of time touches. */
export function dayRange({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): DayRange {
  return { from: Math.floor(fromMs / DAY_MS), to: Math.floor(toMs / DAY_MS) };
}

/** Adds a series of the writers' registry, which from then on holds the index's label set. */
function addRegistered(index: TenantIndex, registry: SeriesRegistry, series: number): number {
  const low = registry.idLow[series] ?? 0;
  const high = registry.idHigh[series] ?? 0;
  const number = index.add(low, high, registry.metric[series] ?? 0, registry.labels(series));
  registry.shareLabels(series, index.labelSet(number));
  return number;
}

async function addRows(index: TenantIndex, day: IndexedDay, { rows, columns }: Block): Promise<void> {
  const { series, metric = [], name = [], labels: maps = [] } = columns;
  const words = halves(series);
  const slices = new Slices();
  for (let row = 0; row < rows; row++) {
    const labels = labelsOfRow(String(name[row]), maps[row]);
    day.active.add(index.add(words[2 * row] ?? 0, words[2 * row + 1] ?? 0, Number(metric[row]), labels));
    if (slices.isOver()) await slices.pause();
  }
}

/** 64-bit ids as their halves in turn. */
function halves(ids: Block['columns'][string] | undefined): Uint32Array {
  assert(ids instanceof BigUint64Array, 'column series');
  return new Uint32Array(ids.buffer, ids.byteOffset, ids.length * 2);
}
