// Which attributes there are: from the catalogue in memory, or, with a filter, of the spans that it selects.
//
// Source: Tempo HTTP API documentation, "Search tags V2".

import { identifier, join, type Sql, sql } from '../../base/sql.ts';
import { badData } from './params.ts';
import type { Catalogue, KnownSource, NsRange } from '../catalogue.ts';
import { spanKeyText } from '../plan/span-key.ts';
import { type SpanReadContext, statementOptions } from '../read.ts';
import { filterCondition } from './tag-filter.ts';

export type TagScope = 'resource' | 'span' | 'event' | 'link' | 'instrumentation';

export interface TagNames {
  readonly scope: TagScope | 'intrinsic';
  /** Sorted. */
  readonly tags: readonly string[];
}

export interface TagNamesQuestion {
  readonly range: NsRange;
  readonly scopes: readonly (TagScope | 'intrinsic')[];
  /** TraceQL; empty for all spans. */
  readonly filter: string;
  /** Names of each scope; 0 for no bound of the caller's. */
  readonly limit: number;
}

/** Names of one scope that an answer holds, whatever is asked for. */
const NAMES_MAX = 50_000;
const SCOPES: readonly TagScope[] = ['resource', 'span', 'event', 'link', 'instrumentation'];

/** Source: Tempo `pkg/search/util.go`, `GetVirtualIntrinsicValues`. */
export const INTRINSIC_NAMES: readonly string[] = [
  'duration',
  'event:name',
  'event:timeSinceStart',
  'instrumentation:name',
  'instrumentation:version',
  'kind',
  'name',
  'rootName',
  'rootServiceName',
  'span:duration',
  'span:kind',
  'span:name',
  'span:status',
  'span:statusMessage',
  'status',
  'statusMessage',
  'trace:duration',
  'trace:rootName',
  'trace:rootService',
  'traceDuration',
];

/** The scopes that a parameter asks for; `withIntrinsics` says whether they belong to all of them. */
export function scopesOf(scope: string, withIntrinsics: boolean): TagNamesQuestion['scopes'] {
  if (scope === '' || scope === 'none') return withIntrinsics ? [...SCOPES, 'intrinsic'] : SCOPES;
  const known = ([...SCOPES, 'intrinsic'] as const).find((each) => each === scope);
  if (known !== undefined) return [known];
  // The peer's language has them as scopes; they have no attributes.
  if (scope === 'trace' || scope === 'parent') return [];
  throw badData(`invalid scope: ${scope}`);
}

/** Names by scope, those that have none left out. */
export async function readTagNames(context: SpanReadContext, question: TagNamesQuestion): Promise<readonly TagNames[]> {
  const catalogue = await context.catalogue(question.range);
  const names = question.filter.trim() === '' ? catalogue : await namesOfSpans(context, catalogue, question);
  return question.scopes
    .map((scope) => ({ scope, tags: scope === 'intrinsic' ? INTRINSIC_NAMES : bounded(context, names.keys(scope), question.limit) }))
    .filter(({ tags }) => tags.length > 0);
}

/** Names of several tenants together. */
export function joinedNames(all: readonly (readonly TagNames[])[], scopes: TagNamesQuestion['scopes'], limit: number): readonly TagNames[] {
  const [only] = all;
  if (all.length === 1 && only !== undefined) return only;
  return scopes
    .map((scope) => {
      const tags = [...new Set(all.flatMap((names) => names.find((each) => each.scope === scope)?.tags ?? []))].sort();
      return { scope, tags: limit === 0 ? tags : tags.slice(0, limit) };
    })
    .filter(({ tags }) => tags.length > 0);
}

function bounded({ warnings }: SpanReadContext, names: readonly string[], limit: number): readonly string[] {
  const most = limit === 0 ? NAMES_MAX : Math.min(limit, NAMES_MAX);
  if (names.length > NAMES_MAX && most === NAMES_MAX) warnings.push(`only ${NAMES_MAX} of ${names.length} names are shown`);
  return names.slice(0, most);
}

type Names = Pick<Catalogue, 'keys'>;

/** The names that spans of a filter have: one row says which keys with a place of their own are there, and lists those of the maps. */
async function namesOfSpans(context: SpanReadContext, catalogue: Catalogue, { range, filter, scopes }: TagNamesQuestion): Promise<Names> {
  const placed = scopes.includes('span') ? placedKeys(catalogue) : [];
  const wanted: Sql[] = placed.map(({ text }, i) => sql`max(${text} != '') AS ${identifier(`key_${i}`)}`);
  const list = (scope: string, name: string, column: string): void => {
    if (scopes.some((each) => each === scope)) wanted.push(sql`groupUniqArrayArray(mapKeys(${identifier(column)})) AS ${identifier(name)}`);
  };
  list('span', 'mapped', 'attrs');
  list('event', 'event', 'event_attrs');
  list('link', 'link', 'link_attrs');
  wanted.push(sql`groupUniqArray(source) AS sources`);
  const condition = filterCondition(filter, catalogue);
  const statement = sql`SELECT ${join(wanted, sql`, `)} FROM spans WHERE ${context.within(range)}${condition}`;
  const [row = {}] = await context.client.query(statement, statementOptions(context));
  const texts = (name: string): readonly string[] => listOf(row[name]);
  const sources = listOf(row['sources']).flatMap((id) => catalogue.source(BigInt(id)) ?? []);
  const inColumns = placed.flatMap(({ key }, i) => (Number(row[`key_${i}`]) > 0 ? [key] : []));
  const found: Readonly<Record<TagScope, readonly string[]>> = {
    span: [...inColumns, ...texts('mapped')],
    event: texts('event'),
    link: texts('link'),
    resource: namesOf(sources, ({ resource }) => resource),
    instrumentation: namesOf(sources, ({ scopeAttributes }) => scopeAttributes),
  };
  return { keys: (scope) => [...new Set(found[scope])].sort() };
}

/** Keys that stand in columns, each with its text there. */
function placedKeys(catalogue: Catalogue): readonly { readonly key: string; readonly text: Sql }[] {
  return catalogue.keys('span').flatMap((key) => {
    const places = catalogue.spanKey(key);
    return places === undefined || places.columns.length === 0 ? [] : [{ key, text: spanKeyText(key, { ...places, inMap: false }) }];
  });
}

function namesOf(sources: readonly KnownSource[], of: (source: KnownSource) => readonly { readonly key: string }[]): readonly string[] {
  return sources.flatMap((source) => of(source).map(({ key }) => key));
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
