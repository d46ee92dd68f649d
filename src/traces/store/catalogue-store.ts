// What readers know of tenants' sources and attribute keys: loaded from the tables by days, on demand, and told of by the writer of this process.
//
// Where other processes write the same tables, days are read anew with every question.

import { type Sql, int, sql, text } from '../../base/sql.ts';
import { RequestError } from '../../base/request-error.ts';
import type { Attributes } from '../../otlp/any-value.ts';
import type { Client, Row } from '../../storage/client.ts';
import { ATTRIBUTE_COLUMNS, CONVENTIONAL } from '../attribute-columns.ts';
import { type KeyNote, type KeyScope, UNNOTED } from './attribute-keys.ts';
import type { Catalogue, KeyPlaces, KnownSource, NsRange } from '../catalogue.ts';
import { knownSource, type SourceNote } from './span-sources.ts';
import { type TypeTag, TYPE_TAGS, valueOfTypedText } from '../typed-text.ts';

export interface CatalogueStoreOptions {
  readonly client: Client;
  /** Whether this process alone writes the tables. */
  readonly isAlone: boolean;
}

/** A note with whose choice of columns it is. */
export interface StoredKeyNote extends KeyNote {
  readonly lineage: number;
}

interface Days {
  /** Inclusive. */
  readonly from: number;
  readonly to: number;
}

interface Tenant {
  readonly sources: Map<number, Map<bigint, KnownSource>>;
  readonly keys: Map<number, Map<string, StoredKeyNote>>;
  /** What has been loaded: days from … to, none where it is undefined. */
  loaded: Days | undefined;
  loading: Promise<void> | undefined;
  views: Map<string, Catalogue>;
}

const DAY_NS = 86_400_000_000_000n;
/** Sources of a tenant that are kept in memory: some 1 KiB each. */
const SOURCES_MAX = 200_000;
const VIEWS_MAX = 16;
/** The days that ids of days can name. */
const ALL_DAYS: Days = { from: -2_147_483_648, to: 2_147_483_647 };

export class CatalogueStore {
  readonly #options: CatalogueStoreOptions;
  readonly #tenants = new Map<string, Tenant>();

  constructor(options: CatalogueStoreOptions) {
    this.#options = options;
  }

  /** What is known of the days of a range. Rejects where it is more than may be kept. */
  async catalogue(tenant: string, range: NsRange): Promise<Catalogue> {
    const days = daysOf(range);
    const known = this.#tenant(tenant);
    while (!isWithin(days, known.loaded)) {
      known.loading ??= this.#load(tenant, known, days).finally(() => (known.loading = undefined));
      await known.loading;
      if (!this.#options.isAlone) break;
    }
    if (!this.#options.isAlone) known.loaded = undefined;
    return this.#view(known, days);
  }

  /** Told by the writer of what is on disk. */
  stored(tenant: string, sources: readonly SourceNote[], keys: readonly StoredKeyNote[]): void {
    const known = this.#tenants.get(tenant);
    if (known === undefined || (sources.length === 0 && keys.length === 0)) return;
    for (const { day, source } of sources) daily(known.sources, day).set(source.id, source);
    for (const note of keys) daily(known.keys, note.day).set(noteKey(note), note);
    known.views.clear();
  }

  /** Forgets days that are older than their retention. */
  retain(nowMs: number, retentionMsOf: (tenant: string) => number): void {
    for (const [tenant, known] of this.#tenants) {
      const retention = retentionMsOf(tenant);
      if (retention === 0) continue;
      const first = Math.floor((nowMs - retention) / 86_400_000);
      for (const days of [known.sources, known.keys]) for (const day of days.keys()) if (day < first) days.delete(day);
      known.views.clear();
    }
  }

  async #load(tenant: string, known: Tenant, days: Days): Promise<void> {
    const all =
      known.loaded === undefined ? days : { from: Math.min(days.from, known.loaded.from), to: Math.max(days.to, known.loaded.to) };
    const place = sql`tenant = ${text(tenant)} AND day >= ${int(all.from)} AND day <= ${int(all.to)}`;
    const [sources, keys] = await Promise.all([this.#loadSources(place), this.#loadKeys(place)]);
    for (const { day, source } of sources) daily(known.sources, day).set(source.id, source);
    for (const note of keys) daily(known.keys, note.day).set(noteKey(note), note);
    known.loaded = all;
    known.views.clear();
  }

  async #loadSources(place: Sql): Promise<readonly SourceNote[]> {
    const columns = sql`day, source, resource, resource_schema, scope_name, scope_version, scope_attrs, scope_schema`;
    const rows = await this.#options.client.query(
      sql`SELECT DISTINCT ${columns} FROM sources WHERE ${place} LIMIT ${int(SOURCES_MAX + 1)}`,
    );
    if (rows.length > SOURCES_MAX)
      throw new RequestError('too_large', `more than ${SOURCES_MAX} resources and scopes have spans in this time: ask about less time`);
    const same = new Map<string, KnownSource>();
    return rows.map((row) => {
      const id = String(row['source']);
      const source = same.get(id) ?? sourceOf(row);
      same.set(id, source);
      return { day: Number(row['day']), source };
    });
  }

  async #loadKeys(place: Sql): Promise<readonly StoredKeyNote[]> {
    const rows = await this.#options.client.query(
      sql`SELECT DISTINCT day, scope, key, type, lineage, place FROM attribute_keys WHERE ${place}`,
    );
    return rows.map((row) => ({
      day: Number(row['day']),
      scope: scopeOf(String(row['scope'])),
      key: String(row['key']),
      type: TYPE_TAGS.find((tag) => tag === row['type']) ?? '',
      lineage: Number(row['lineage']),
      place: String(row['place']),
    }));
  }

  #view(known: Tenant, days: Days): Catalogue {
    const key = `${days.from} ${days.to}`;
    const made = known.views.get(key);
    if (made !== undefined) return made;
    if (known.views.size >= VIEWS_MAX) known.views.clear();
    const view = catalogueOf(within(known.sources, days), within(known.keys, days));
    known.views.set(key, view);
    return view;
  }

  #tenant(name: string): Tenant {
    const known = this.#tenants.get(name);
    if (known !== undefined) return known;
    const made: Tenant = { sources: new Map(), keys: new Map(), loaded: undefined, loading: undefined, views: new Map() };
    this.#tenants.set(name, made);
    return made;
  }
}

/** A catalogue of what was noted. */
export function catalogueOf(
  sources: Iterable<ReadonlyMap<bigint, KnownSource>>,
  notes: Iterable<ReadonlyMap<string, StoredKeyNote>>,
): Catalogue {
  const byId = new Map<bigint, KnownSource>();
  for (const day of sources) for (const [id, source] of day) byId.set(id, source);
  const keys: Record<KeyScope, Map<string, StoredKeyNote[]>> = { span: new Map(), event: new Map(), link: new Map() };
  let isComplete = true;
  for (const day of notes) {
    for (const note of day.values()) {
      if (note.key === UNNOTED && note.type === '') isComplete = false;
      else keys[note.scope].set(note.key, [...(keys[note.scope].get(note.key) ?? []), note]);
    }
  }
  const places = new Map<string, KeyPlaces>();
  for (const [key, those] of keys.span) places.set(key, placesOf(key, those, isComplete));
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

const ALL_TYPES: ReadonlySet<TypeTag> = new Set(TYPE_TAGS);
const ANYWHERE: KeyPlaces = { columns: [], inMap: true, types: undefined };

function placesOf(key: string, notes: readonly StoredKeyNote[], isComplete: boolean): KeyPlaces {
  const types = isComplete ? typesOf(notes) : undefined;
  const conventional = ATTRIBUTE_COLUMNS[CONVENTIONAL.get(key) ?? -1];
  if (conventional !== undefined) return { columns: [{ column: conventional.name, lineages: undefined }], inMap: false, types };
  const byColumn = new Map<string, Set<number>>();
  for (const { place, lineage } of notes) if (place !== '') byColumn.set(place, (byColumn.get(place) ?? new Set()).add(lineage));
  const lineages = new Set(notes.map(({ lineage }) => lineage));
  const columns = [...byColumn].map(([column, those]) => ({ column, lineages: those.size === lineages.size ? undefined : [...those] }));
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
    resource: attributesOf(row['resource']),
    resourceSchemaUrl: String(row['resource_schema']),
    scopeName: String(row['scope_name']),
    scopeVersion: String(row['scope_version']),
    scopeAttributes: attributesOf(row['scope_attrs']),
    scopeSchemaUrl: String(row['scope_schema']),
  };
  return knownSource(BigInt(String(row['source'])), source);
}

/** The attributes of a map of the store, as a small result gives it. */
function attributesOf(map: unknown): Attributes {
  if (typeof map !== 'object' || map === null) return [];
  return Object.entries(map).map(([key, value]) => ({ key, value: valueOfTypedText(String(value)) ?? null }));
}
