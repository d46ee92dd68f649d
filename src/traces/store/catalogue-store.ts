// What readers know of tenants' sources and attribute keys: loaded from the tables by days, on demand, and told of by the writer of this process.
//
// Where other processes write the same tables, days are read anew with every question.

import { type Sql, int, sql, text } from '../../base/sql.ts';
import { RequestError } from '../../base/request-error.ts';
import { INDEXED_TENANTS_MAX } from '../../limits.ts';
import type { Attributes } from '../../otlp/any-value.ts';
import type { Client, Row } from '../../storage/client.ts';
import { ATTRIBUTE_COLUMNS, CONVENTIONAL } from '../attribute-columns.ts';
import { type KeyNote, type KeyScope, UNNOTED } from './attribute-keys.ts';
import type { Catalogue, KeyPlaces, KnownSource, NsRange } from '../catalogue.ts';
import { flatAttributes, knownSource, type SourceNote } from './span-sources.ts';
import { type TypeTag, TYPE_TAGS, valueOfTypedText } from '../typed-text.ts';

export interface CatalogueStoreOptions {
  readonly client: Client;
  /** Whether this process alone writes the tables. */
  readonly isAlone: boolean;
  /** Makes visible what this process has written to the tables; false when the store could not take it now. */
  readonly flush: () => Promise<boolean>;
}

/** A note with whose choice of columns it is. */
export interface StoredKeyNote extends KeyNote {
  readonly lineage: number;
}

/** The lineage of a process that alone writes the tables. */
export const ALONE = 0;

interface Days {
  /** Inclusive. */
  readonly from: number;
  readonly to: number;
}

/** Sources and keys by day. */
interface Noted {
  readonly sources: Map<number, Map<bigint, KnownSource>>;
  readonly keys: Map<number, Map<string, StoredKeyNote>>;
}

interface Loaded {
  readonly sources: readonly SourceNote[];
  readonly keys: readonly StoredKeyNote[];
}

interface Tenant extends Noted {
  /** What has been loaded: days from … to, none where it is undefined. */
  loaded: Days | undefined;
  loading: Promise<boolean> | undefined;
  views: Map<string, Catalogue>;
  /** About what it costs to keep it. */
  bytes: number;
  isGivenUp: boolean;
}

const DAY_NS = 86_400_000_000_000n;
/** Sources that one question may be about. */
const SOURCES_MAX = 200_000;
/** The same for notes of keys. */
const NOTES_MAX = 1_000_000;
/** What is kept of all tenants; those that were asked about last stay. */
const BYTES_MAX = 512 * 1024 * 1024;
/** Of a note beside its texts. */
const NOTE_BYTES = 200;
const VIEWS_MAX = 16;
/** The days that ids of days can name. */
const ALL_DAYS: Days = { from: -2_147_483_648, to: 2_147_483_647 };

export class CatalogueStore {
  readonly #options: CatalogueStoreOptions;
  /** In the order in which they were asked about. */
  readonly #tenants = new Map<string, Tenant>();
  #bytes = 0;

  constructor(options: CatalogueStoreOptions) {
    this.#options = options;
  }

  /** What is known of the days of a range. Rejects where it is more than may be kept. */
  async catalogue(tenant: string, range: NsRange): Promise<Catalogue> {
    const days = daysOf(range);
    if (!this.#options.isAlone) return catalogueOfNotes(await this.#read(tenant, days));
    const known = this.#tenant(tenant);
    while (!isWithin(days, known.loaded)) {
      known.loading ??= this.#load(tenant, known, days).finally(() => (known.loading = undefined));
      // Where the store takes nothing in, what is there is told, and nothing kept.
      if (!(await known.loading)) return catalogueOfNotes(await this.#read(tenant, days));
    }
    return viewOf(known, days);
  }

  /** Told by the writer of what is on disk. */
  stored(tenant: string, sources: readonly SourceNote[], keys: readonly StoredKeyNote[]): void {
    const known = this.#tenants.get(tenant);
    if (known === undefined || (sources.length === 0 && keys.length === 0)) return;
    this.#add(known, { sources, keys });
    this.#bound();
  }

  /** Forgets tenants that have days older than their retention: what is left is loaded with the next question. */
  retain(nowMs: number, retentionMsOf: (tenant: string) => number): void {
    for (const [tenant, known] of this.#tenants) {
      const retention = retentionMsOf(tenant);
      if (retention === 0) continue;
      const first = Math.floor((nowMs - retention) / 86_400_000);
      if ([...known.sources.keys(), ...known.keys.keys()].some((day) => day < first)) this.#giveUp(tenant, known);
    }
  }

  // What a writer is told to be on disk while this loads is noted by `stored`; what it was told before is made visible first.
  async #load(tenant: string, known: Tenant, days: Days): Promise<boolean> {
    const all =
      known.loaded === undefined ? days : { from: Math.min(days.from, known.loaded.from), to: Math.max(days.to, known.loaded.to) };
    if (!(await this.#options.flush())) return false;
    this.#add(known, await this.#read(tenant, all));
    known.loaded = all;
    this.#bound();
    return true;
  }

  #add(known: Tenant, notes: Loaded): void {
    const bytes = note(known, notes);
    known.bytes += bytes;
    // One that was given up meanwhile serves those that wait for it, and nobody after them.
    if (!known.isGivenUp) this.#bytes += bytes;
    known.views.clear();
  }

  #bound(): void {
    for (const [name, known] of this.#tenants) {
      if (this.#bytes <= BYTES_MAX && this.#tenants.size <= INDEXED_TENANTS_MAX) return;
      this.#giveUp(name, known);
    }
  }

  #giveUp(name: string, known: Tenant): void {
    this.#tenants.delete(name);
    this.#bytes -= known.bytes;
    known.isGivenUp = true;
  }

  async #read(tenant: string, days: Days): Promise<Loaded> {
    const place = sql`tenant = ${text(tenant)} AND day >= ${int(days.from)} AND day <= ${int(days.to)}`;
    const [sources, keys] = await Promise.all([this.#readSources(place), this.#readKeys(place)]);
    return { sources, keys };
  }

  async #readSources(place: Sql): Promise<readonly SourceNote[]> {
    // As lists: a JSON object keeps neither the order of keys that look like numbers nor the first of two.
    const lists = sql`any((mapKeys(resource), mapValues(resource))) AS own, any((mapKeys(scope_attrs), mapValues(scope_attrs))) AS of_scope`;
    const texts = sql`any(resource_schema) AS schema, any(scope_name) AS name, any(scope_version) AS version, any(scope_schema) AS schema_of_scope`;
    const rows = await this.#options.client.query(
      sql`SELECT source, groupUniqArray(day) AS days, ${lists}, ${texts} FROM sources WHERE ${place} GROUP BY source LIMIT ${int(SOURCES_MAX + 1)}`,
    );
    if (rows.length > SOURCES_MAX)
      throw new RequestError('too_large', `more than ${SOURCES_MAX} resources and scopes have spans in this time: ask about less time`);
    return rows.flatMap((row) => {
      const source = sourceOf(row);
      const size = flatAttributes([...source.resource, ...source.scopeAttributes]).reduce((sum, { length }) => sum + length, 0);
      return daysIn(row['days']).map((day) => ({ day, source, size }));
    });
  }

  async #readKeys(place: Sql): Promise<readonly StoredKeyNote[]> {
    const rows = await this.#options.client.query(
      sql`SELECT DISTINCT day, scope, key, type, lineage, place FROM attribute_keys WHERE ${place} LIMIT ${int(NOTES_MAX + 1)}`,
    );
    if (rows.length > NOTES_MAX)
      throw new RequestError('too_large', `spans of this time have more than ${NOTES_MAX} attributes, by day: ask about less time`);
    return rows.map((row) => ({
      day: Number(row['day']),
      scope: scopeOf(String(row['scope'])),
      key: String(row['key']),
      type: TYPE_TAGS.find((tag) => tag === row['type']) ?? '',
      lineage: Number(row['lineage']),
      place: String(row['place']),
    }));
  }

  #tenant(name: string): Tenant {
    const known = this.#tenants.get(name) ?? {
      ...emptyNotes(),
      loaded: undefined,
      loading: undefined,
      views: new Map(),
      bytes: 0,
      isGivenUp: false,
    };
    this.#tenants.delete(name);
    this.#tenants.set(name, known);
    return known;
  }
}

function emptyNotes(): Noted {
  return { sources: new Map(), keys: new Map() };
}

/** Adds to what is noted; returns about what the new costs. */
function note(noted: Noted, { sources, keys }: Loaded): number {
  let bytes = 0;
  for (const { day, source, size } of sources) {
    const those = daily(noted.sources, day);
    // A source that was there on the day before is kept once.
    const known = those.get(source.id) ?? noted.sources.get(day - 1)?.get(source.id) ?? noted.sources.get(day + 1)?.get(source.id);
    if (!those.has(source.id)) bytes += NOTE_BYTES + (known === undefined ? 2 * size : 0);
    those.set(source.id, known ?? source);
  }
  for (const each of keys) {
    const [those, key] = [daily(noted.keys, each.day), noteKey(each)];
    if (!those.has(key)) bytes += NOTE_BYTES + 4 * each.key.length;
    those.set(key, each);
  }
  return bytes;
}

function viewOf(known: Tenant, days: Days): Catalogue {
  const key = `${days.from} ${days.to}`;
  const made = known.views.get(key);
  if (made !== undefined) return made;
  if (known.views.size >= VIEWS_MAX) known.views.clear();
  const view = catalogueOf(within(known.sources, days), within(known.keys, days));
  known.views.set(key, view);
  return view;
}

function catalogueOfNotes(notes: Loaded): Catalogue {
  const noted = emptyNotes();
  note(noted, notes);
  return catalogueOf(noted.sources.values(), noted.keys.values());
}

/** A catalogue of what was noted. */
function catalogueOf(sources: Iterable<ReadonlyMap<bigint, KnownSource>>, notes: Iterable<ReadonlyMap<string, StoredKeyNote>>): Catalogue {
  const byId = new Map<bigint, KnownSource>();
  for (const day of sources) for (const [id, source] of day) byId.set(id, source);
  const keys: Record<KeyScope, Map<string, StoredKeyNote[]>> = { span: new Map(), event: new Map(), link: new Map() };
  let [isComplete, isAlone] = [true, true];
  for (const day of notes) {
    for (const note of day.values()) {
      if (note.lineage !== ALONE) isAlone = false;
      if (note.key === UNNOTED && note.type === '') isComplete = false;
      else keysOf(keys[note.scope], note.key).push(note);
    }
  }
  const places = new Map<string, KeyPlaces>();
  for (const [key, those] of keys.span) places.set(key, placesOf(key, those, { isComplete, isAlone }));
  const lists = new Map<string, readonly string[]>();
  const all = [...byId.values()];
  return {
    sources: all,
    source: (id) => byId.get(id),
    spanKey: (key) => places.get(key) ?? (isComplete ? undefined : ANYWHERE),
    nestedTypes: (scope, key) => {
      const those = keys[scope].get(key);
      if (those === undefined) return isComplete ? undefined : ALL_TYPES;
      return isComplete ? typesOf(those) : ALL_TYPES;
    },
    keys: (scope) => {
      const known = lists.get(scope) ?? sortedKeys(scope, all, keys);
      lists.set(scope, known);
      return known;
    },
  };
}

function keysOf(keys: Map<string, StoredKeyNote[]>, key: string): StoredKeyNote[] {
  const known = keys.get(key) ?? [];
  if (known.length === 0) keys.set(key, known);
  return known;
}

const ALL_TYPES: ReadonlySet<TypeTag> = new Set(TYPE_TAGS);
const ANYWHERE: KeyPlaces = { columns: [], inMap: true, types: undefined };

function placesOf(
  key: string,
  notes: readonly StoredKeyNote[],
  { isComplete, isAlone }: { readonly isComplete: boolean; readonly isAlone: boolean },
): KeyPlaces {
  const types = isComplete ? typesOf(notes) : undefined;
  const conventional = ATTRIBUTE_COLUMNS[CONVENTIONAL.get(key) ?? -1];
  if (conventional !== undefined) return { columns: [{ column: conventional.name, lineages: undefined }], inMap: false, types };
  const byColumn = new Map<string, Set<number>>();
  for (const { place, lineage } of notes) if (place !== '') byColumn.set(place, (byColumn.get(place) ?? new Set()).add(lineage));
  // Where one process writes there is one lineage. Another's rows may have any key in the column, even one that is not noted yet.
  const columns = [...byColumn].map(([column, those]) => ({ column, lineages: isAlone ? undefined : [...those] }));
  return { columns, inMap: !isComplete || notes.some(({ place }) => place === ''), types };
}

function typesOf(notes: readonly StoredKeyNote[]): ReadonlySet<TypeTag> {
  return new Set(notes.flatMap(({ type }) => (type === '' ? [] : [type])));
}

function sortedKeys(
  scope: Parameters<Catalogue['keys']>[0],
  sources: readonly KnownSource[],
  keys: Readonly<Record<KeyScope, ReadonlyMap<string, unknown>>>,
): readonly string[] {
  const names = (of: (source: KnownSource) => Attributes): string[] => [
    ...new Set(sources.flatMap((source) => of(source).map(({ key }) => key))),
  ];
  if (scope === 'resource') return names(({ resource }) => resource).toSorted();
  if (scope === 'instrumentation') return names(({ scopeAttributes }) => scopeAttributes).toSorted();
  return [...keys[scope].keys()].toSorted();
}

function* within<T>(days: ReadonlyMap<number, T>, { from, to }: Days): Generator<T> {
  for (const [day, value] of days) if (day >= from && day <= to) yield value;
}

function isWithin({ from, to }: Days, loaded: Days | undefined): boolean {
  return loaded !== undefined && from >= loaded.from && to <= loaded.to;
}

function daysOf({ fromNs, toNs }: NsRange): Days {
  const clamp = (day: number): number => Math.min(Math.max(day, ALL_DAYS.from), ALL_DAYS.to);
  return { from: clamp(Math.floor(Number(fromNs / DAY_NS))), to: clamp(Math.floor(Number((toNs - 1n) / DAY_NS))) };
}

function daily<K, V>(days: Map<number, Map<K, V>>, day: number): Map<K, V> {
  const known = days.get(day);
  if (known !== undefined) return known;
  const made = new Map<K, V>();
  days.set(day, made);
  return made;
}

function noteKey({ scope, key, type, lineage, place }: StoredKeyNote): string {
  return `${scope} ${type} ${lineage} ${place} ${key}`;
}

function scopeOf(text: string): KeyScope {
  return text === 'event' || text === 'link' ? text : 'span';
}

function sourceOf(row: Row): KnownSource {
  const source = {
    resource: attributesOf(row['own']),
    resourceSchemaUrl: String(row['schema']),
    scopeName: String(row['name']),
    scopeVersion: String(row['version']),
    scopeAttributes: attributesOf(row['of_scope']),
    scopeSchemaUrl: String(row['schema_of_scope']),
  };
  return knownSource(BigInt(String(row['source'])), source);
}

/** The attributes of a list of keys and one of typed texts. */
function attributesOf(lists: unknown): Attributes {
  const [keys, texts]: readonly unknown[] = Array.isArray(lists) ? lists : [];
  if (!Array.isArray(keys) || !Array.isArray(texts)) return [];
  return keys.map((key, at) => ({ key: String(key), value: valueOfTypedText(String(texts[at])) ?? null }));
}

function daysIn(value: unknown): readonly number[] {
  return Array.isArray(value) ? value.map(Number) : [];
}
