// `/api/search/tags`, `/api/search/tag/*/values` and their second versions: which attributes there are, and which values they have.
//
// Source: Tempo HTTP API documentation, "Search tags", "Search tag values"; `pkg/api/search_tags.go`, `modules/frontend/tag_handlers.go`.

import { json, type Reply, type Request, type Route } from '../../server/route.ts';
import type { Reader } from '../../metrics/api-context.ts';
import {
  checkedLength,
  protobuf,
  readContexts,
  reading,
  route,
  type TracesApiOptions,
  wantsProtobuf,
  warningsOf,
  withWarnings,
} from './context.ts';
import { allNames, plainValues, plainValuesJson, scopesJson, tagNamesJson, typedValuesJson } from './json.ts';
import { scopesPackets, textPackets, valuePackets } from './protobuf.ts';
import { ALL_TIME, badData, lookUpLimit, secondsRange } from './params.ts';
import { joinedNames, readTagNames, scopesOf, type TagNames, type TagNamesQuestion } from './tag-names.ts';
import { boundedValues, LargeRanges, readTagValues, type TagValue, type TagValuesQuestion } from './tag-values.ts';
import type { Field, IntrinsicName } from '../traceql/ast.ts';
import { parseIdentifier } from '../traceql/parse-identifier.ts';

/** The routes of look-ups. */
export function tagRoutes(options: TracesApiOptions): readonly Route[] {
  const large = new LargeRanges();
  return [
    route('/api/search/tags', 'Names of attributes.', (request) => names(options, request, false)),
    route('/api/v2/search/tags', 'Names of attributes, by scope.', (request) => names(options, request, true)),
    // Names contain slashes, so the path's end is looked at here.
    route('/api/search/tag/*rest', 'Values of an attribute.', (request) => values(options, request, { fieldOf: untypedField, large })),
    route('/api/v2/search/tag/*rest', 'Values of a field of TraceQL, with their types.', (request) =>
      values(options, request, { fieldOf: typedField, large }),
    ),
  ];
}

async function names(options: TracesApiOptions, request: Request, byScope: boolean): Promise<Reply> {
  const { query, tenants } = request;
  const question: TagNamesQuestion = {
    range: secondsRange(query) ?? ALL_TIME,
    scopes: scopesOf(query.get('scope') ?? '', byScope),
    filter: checkedLength(options, tenants, query.get('q') ?? ''),
    limit: lookUpLimit(query),
  };
  const { found, warnings } = await lookUpNames(options, request, question);
  if (wantsProtobuf(request)) return withWarnings(protobuf(byScope ? scopesPackets(found) : textPackets(allNames(found))), warnings);
  return withWarnings(json(byScope ? scopesJson(found) : tagNamesJson(found)), warnings);
}

/** What a look-up found, and what that lacks. */
export interface Found<T> {
  readonly found: readonly T[];
  readonly warnings: readonly string[];
}

/** Names of all tenants of a read. */
export async function lookUpNames(options: TracesApiOptions, reader: Reader, question: TagNamesQuestion): Promise<Found<TagNames>> {
  const contexts = await readContexts(options, reader);
  const all = await reading(contexts, () => Promise.all(contexts.map((context) => readTagNames(context, question))));
  return { found: joinedNames(all, question.scopes, question.limit), warnings: warningsOf(contexts) };
}

/** A field, or the values themselves where they are known without looking. */
export type Asked = { readonly kind: 'field'; readonly field: Field } | { readonly kind: 'known'; readonly values: readonly TagValue[] };

/** A version of the look-up of values. */
export interface ValuesForm {
  readonly fieldOf: (name: string) => Asked;
  readonly large: LargeRanges;
}

async function values(options: TracesApiOptions, request: Request, { fieldOf, large }: ValuesForm): Promise<Reply> {
  const { query, tenants, params } = request;
  const name = /^(.*)\/values$/s.exec(params['rest'] ?? '')?.[1];
  if (name === undefined || name === '') throw badData('please provide a non-empty tagName, as in …/tag/<name>/values');
  const { found, warnings } = await lookUpValues(options, request, {
    asked: fieldOf(name),
    large,
    range: secondsRange(query) ?? ALL_TIME,
    filter: checkedLength(options, tenants, query.get('q') ?? ''),
    limit: lookUpLimit(query),
  });
  if (wantsProtobuf(request)) {
    return withWarnings(protobuf(fieldOf === typedField ? valuePackets(found) : textPackets(plainValues(found))), warnings);
  }
  return withWarnings(json(fieldOf === typedField ? typedValuesJson(found) : plainValuesJson(found)), warnings);
}

/** Values of all tenants of a read. */
export async function lookUpValues(
  options: TracesApiOptions,
  reader: Reader,
  { asked, ...question }: Omit<TagValuesQuestion, 'field'> & { readonly asked: Asked },
): Promise<Found<TagValue>> {
  if (asked.kind === 'known') return { found: asked.values, warnings: [] };
  const contexts = await readContexts(options, reader);
  const all = await reading(contexts, () =>
    Promise.all(contexts.map((context) => readTagValues(context, { ...question, field: asked.field }))),
  );
  const warnings: string[] = [];
  const found = all.length === 1 ? (all[0] ?? []) : boundedValues(all.flat(), question.limit, warnings);
  return { found, warnings: [...warningsOf(contexts), ...warnings] };
}

/** The field that a name of TraceQL stands for. */
export function typedField(name: string): Asked {
  try {
    return { kind: 'field', field: parseIdentifier(name) };
  } catch (error) {
    throw badData(`please provide a valid tagName: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const OLDER_NAMES: Readonly<Record<string, IntrinsicName>> = {
  name: 'name',
  'root.name': 'rootName',
  'root.service.name': 'rootServiceName',
};

/** The field of a name of the first version: attributes of any scope, and some names that stand for what the search by tags knows. */
export function untypedField(name: string): Asked {
  const known = name === 'status.code' ? ['unset', 'ok', 'error'] : name === 'error' ? ['true'] : undefined;
  if (known !== undefined) return { kind: 'known', values: known.map((value) => ({ type: 'keyword', value })) };
  const place = { from: 0, to: name.length };
  const intrinsic = OLDER_NAMES[name];
  if (intrinsic !== undefined)
    return { kind: 'field', field: { type: 'intrinsic', name: intrinsic, ofParent: false, spelling: intrinsic, place } };
  return { kind: 'field', field: { type: 'attribute', scope: 'any', ofParent: false, name, place } };
}
