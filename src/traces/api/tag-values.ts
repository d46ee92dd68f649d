// Which values a field has: of resources and scopes from the catalogue in memory, of spans from the one column that holds them.
//
//   resource.*, instrumentation.*, rootServiceName     catalogue.sources (with a filter: those of the spans that it selects)
//   span.*, name, statusMessage, rootName              one DISTINCT over the column
//   event.*, link.*, event:name                        one DISTINCT over the arrays
//   status, kind                                       the language's own words
//   duration, ids, times                               none: they have no list worth to choose from
//
// Source: Tempo HTTP API documentation, "Search tag values V2"; `pkg/search/util.go`.

import { int, type Sql, sql, text } from '../../base/sql.ts';
import { attributeValue, typedTextValue } from './attribute-value.ts';
import { valueText as traceqlText } from './values.ts';
import type { Catalogue, KnownSource, NsRange } from '../catalogue.ts';
import { type HeldValues, heldValues } from '../held/held-values.ts';
import { sourceValue } from '../plan/source-value.ts';
import { spanKeyText } from '../plan/span-key.ts';
import { type SpanReadContext, plainOptions } from '../read.ts';
import { BLOCK_NS, BLOCK_OF_TIME } from '../table.ts';
import { filterCondition, filtersOf } from './tag-filter.ts';
import type { AttributeField, Field } from '../traceql/ast.ts';
import { KIND_NAMES, type Value } from '../traceql/value.ts';

export interface TagValue {
  /** `string`, `int`, `float`, `bool`, or `keyword` for words of the language. */
  readonly type: string;
  readonly value: string;
}

export interface TagValuesQuestion {
  readonly range: NsRange;
  readonly field: Field;
  /** TraceQL; empty for all spans. */
  readonly filter: string;
  /** Values; 0 for no bound of the caller's. */
  readonly limit: number;
  /** What earlier questions found out. */
  readonly large: LargeRanges;
}

/** Spans of a range from which on its edges may be blurred. */
const MANY_SPANS = 262_144;
const TENANTS_MAX = 10_000;

/** Ranges that are known to hold many spans, the last of each tenant: one that holds such a range is another. */
export class LargeRanges {
  readonly #byTenant = new Map<string, NsRange>();

  holds(tenant: string, { fromNs, toNs }: NsRange): boolean {
    const known = this.#byTenant.get(tenant);
    return known !== undefined && known.fromNs >= fromNs && known.toNs <= toNs;
  }

  add(tenant: string, range: NsRange): void {
    if (this.#byTenant.size >= TENANTS_MAX) this.#byTenant.clear();
    this.#byTenant.set(tenant, range);
  }
}

/** Values that an answer holds, whatever is asked for. */
export const VALUES_MAX = 50_000;
/** Bytes of all values together: the peers stop at 5 MB. */
const VALUE_BYTES_MAX = 8 * 1024 * 1024;

interface Look {
  readonly context: SpanReadContext;
  readonly catalogue: Catalogue;
  readonly question: TagValuesQuestion;
}

/** Values of a field, each once, sorted by type and value. */
export async function readTagValues(context: SpanReadContext, question: TagValuesQuestion): Promise<readonly TagValue[]> {
  const { field } = question;
  const look = { context, catalogue: await context.catalogue(question.range), question };
  const values = field.type === 'attribute' ? await attributeValues(look, field) : await intrinsicValues(look, field.name);
  return boundedValues(values, question.limit, context.warnings);
}

/** Values of several tenants together, or one's own, within the bounds. */
export function boundedValues(values: readonly TagValue[], limit: number, warnings: string[]): readonly TagValue[] {
  const distinct = new Map(values.map((value) => [`${value.type} ${value.value}`, value]));
  const sorted = [...distinct.values()].sort(compareValues);
  const most = limit === 0 ? VALUES_MAX : Math.min(limit, VALUES_MAX);
  const kept = sorted.slice(0, fitting(sorted, most));
  if (kept.length < sorted.length && kept.length < (limit || Infinity))
    warnings.push(`only ${kept.length} values are shown: narrow the filter`);
  return kept;
}

/** How many of the values fit. */
function fitting(values: readonly TagValue[], most: number): number {
  let bytes = 0;
  for (let i = 0; i < Math.min(most, values.length); i++) {
    bytes += (values[i]?.value.length ?? 0) + 32;
    if (bytes > VALUE_BYTES_MAX) return i;
  }
  return Math.min(most, values.length);
}

function compareValues(a: TagValue, b: TagValue): number {
  if (a.type !== b.type) return a.type < b.type ? -1 : 1;
  if (a.type === 'int' || a.type === 'float') return Number(a.value) - Number(b.value) || compareTexts(a.value, b.value);
  return compareTexts(a.value, b.value);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

// Attributes.

async function attributeValues(look: Look, field: AttributeField): Promise<readonly TagValue[]> {
  const { name, scope } = field;
  const { catalogue } = look;
  const found: TagValue[] = [];
  if (scope === 'resource' || scope === 'instrumentation' || scope === 'any') found.push(...(await sourceValues(look, field)));
  if (scope === 'span' || scope === 'any') found.push(...(await spanValues(look, name)));
  for (const nested of ['event', 'link'] as const) {
    if ((scope === nested || scope === 'any') && catalogue.nestedTypes(nested, name) !== undefined)
      found.push(...(await nestedValues(look, nested, name)));
  }
  return found;
}

async function sourceValues(look: Look, field: Field): Promise<readonly TagValue[]> {
  const having = look.catalogue.sources.filter((source) => sourceValue(source, field).type !== 'nil');
  if (having.length === 0) return [];
  const seen = isFiltered(look) ? new Set(await sourcesOf(look, EVERY)) : undefined;
  return having.flatMap((source) => (seen === undefined || seen.has(source) ? tagValues(sourceValue(source, field)) : []));
}

/** A filter that selects all spans is none. */
function isFiltered({ question: { filter } }: Look): boolean {
  return filtersOf(filter).some((expr) => expr.type !== 'literal');
}

/** Who sent the spans that a condition and the filter select. */
async function sourcesOf(look: Look, condition: Sql): Promise<readonly KnownSource[]> {
  const rows = await distinct(look, sql`source`, condition);
  return rows.flatMap((id) => look.catalogue.source(BigInt(id)) ?? []);
}

async function spanValues(look: Look, key: string): Promise<readonly TagValue[]> {
  const places = look.catalogue.spanKey(key);
  if (places === undefined) return [];
  const value = spanKeyText(key, places);
  return (await distinct(look, value, EVERY)).flatMap(typedTagValues);
}

async function nestedValues(look: Look, scope: 'event' | 'link', key: string): Promise<readonly TagValue[]> {
  const map = scope === 'event' ? sql`event_attrs` : sql`link_attrs`;
  const value = sql`arrayJoin(arrayFilter((v, k) -> k = ${text(key)}, mapValues(${map}), mapKeys(${map})))`;
  return (await distinct(look, value, sql`has(mapKeys(${map}), ${text(key)})`)).flatMap(typedTagValues);
}

/** The texts that an expression has among the spans of the question, each once and none of them empty, in order. */
async function distinct(look: Look, value: Sql, condition: Sql): Promise<readonly string[]> {
  const { context, catalogue, question } = look;
  const held = condition === EVERY ? await heldValuesOf(look, value) : undefined;
  if (held !== undefined) {
    const later = { ...question.range, fromNs: held.toNs };
    const others = later.fromNs < later.toNs ? await distinct({ ...look, question: { ...question, range: later } }, value, EVERY) : [];
    return [...new Set([...held.values, ...others])].filter((found) => found !== '').sort();
  }
  const exact = sql`${context.within(question.range)} AND (${condition})${filterCondition(question.filter, catalogue)}`;
  if (isFiltered(look)) return selectTexts(look, value, exact);
  const nearby = sql`${nearRange(look)} AND (${condition})`;
  const [found, isLarge] = await Promise.all([selectTexts(look, value, nearby), hasManySpans(look)]);
  return isLarge ? found : selectTexts(look, value, exact);
}

const EVERY: Sql = sql`1`;

function heldValuesOf({ context, catalogue, question }: Look, column: Sql): Promise<HeldValues | undefined> {
  const from = context.oldestNs !== undefined && context.oldestNs > question.range.fromNs ? context.oldestNs : question.range.fromNs;
  const range = { fromNs: from, toNs: question.range.toNs };
  return heldValues(context, { catalogue, range, column, filters: filtersOf(question.filter) });
}

/**
 * The granules that a range touches, whole: some thousand spans beside it may be among them, as in the peer, which answers by whole blocks. It reads
 * no times, which are three quarters of the work, and is taken where there are so many spans that those few say nothing.
 */
function nearRange({ context: { tenant, oldestNs }, question: { range } }: Look): Sql {
  const from = oldestNs !== undefined && oldestNs > range.fromNs ? oldestNs : range.fromNs;
  const blocks = sql`${BLOCK_OF_TIME} >= ${int(from / BLOCK_NS)} AND ${BLOCK_OF_TIME} <= ${int(range.toNs / BLOCK_NS)}`;
  return sql`tenant = ${text(tenant)} AND indexHint(${blocks})`;
}

async function hasManySpans(look: Look): Promise<boolean> {
  const { context, question } = look;
  if (question.large.holds(context.tenant, question.range)) return true;
  const some = sql`SELECT 1 FROM spans WHERE ${nearRange(look)} LIMIT ${int(MANY_SPANS)}`;
  const [row] = await context.client.query(sql`SELECT count() AS spans FROM (${some})`, plainOptions(context));
  const isLarge = Number(row?.['spans'] ?? 0) >= MANY_SPANS;
  if (isLarge) question.large.add(context.tenant, question.range);
  return isLarge;
}

async function selectTexts({ context, question: { limit } }: Look, value: Sql, where: Sql): Promise<readonly string[]> {
  const most = limit === 0 ? VALUES_MAX : Math.min(limit, VALUES_MAX);
  // More than is shown, so that it is known whether there are more; the empty text is no value.
  const statement = sql`SELECT DISTINCT ${value} AS found FROM spans WHERE ${where} ORDER BY found LIMIT ${int(most + 2)}`;
  const texts: string[] = [];
  for await (const { columns } of context.client.stream(statement, plainOptions(context))) {
    for (const each of columns['found'] ?? []) if (each !== '') texts.push(String(each));
  }
  return texts;
}

function typedTagValues(typed: string): readonly TagValue[] {
  // Most values are texts.
  return typed.startsWith('s') ? [{ type: 'string', value: typed.slice(1) }] : tagValues(typedTextValue(typed));
}

/** A list is offered by its elements. */
function tagValues(value: Value): readonly TagValue[] {
  switch (value.type) {
    case 'nil':
      return [];
    case 'string[]':
    case 'int[]':
    case 'float[]':
    case 'bool[]':
      return value.value.flatMap((each) => tagValues(attributeValue(each)));
    default:
      return [{ type: value.type, value: value.type === 'string' ? value.value : traceqlText(value) }];
  }
}

// Intrinsics.

const STATUS_WORDS: readonly string[] = ['ok', 'error', 'unset'];

async function intrinsicValues(look: Look, name: Exclude<Field, AttributeField>['name']): Promise<readonly TagValue[]> {
  switch (name) {
    case 'status':
      return STATUS_WORDS.map((value) => ({ type: 'keyword', value }));
    case 'kind':
      return KIND_NAMES.map((value) => ({ type: 'keyword', value }));
    case 'name':
      return plainTexts(await distinct(look, sql`name`, EVERY));
    case 'statusMessage':
      return plainTexts(await distinct(look, sql`status_message`, EVERY));
    case 'rootName':
      return plainTexts(await distinct(look, sql`name`, sql`parent_id = 0`));
    case 'rootServiceName':
      return plainTexts((await sourcesOf(look, sql`parent_id = 0`)).map(({ service }) => service));
    case 'eventName':
      return plainTexts(await distinct(look, sql`arrayJoin(event_name)`, sql`notEmpty(event_name)`));
    case 'instrumentationName':
    case 'instrumentationVersion':
      return (await sourceValues(look, look.question.field)).filter(({ value }) => value !== '');
    default:
      return [];
  }
}

function plainTexts(values: readonly string[]): readonly TagValue[] {
  return values.filter((value) => value !== '').map((value) => ({ type: 'string', value }));
}
