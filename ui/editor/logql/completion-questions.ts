// The questions behind LogQL's completion, to Loki's interface, and what their answers say.
//
// Source: Loki HTTP API documentation, "Query labels", "Query label values", "Query detected fields".

import { isRecord } from '../../data/api.ts';
import type { Params, Question } from '../../data/api.ts';
import { decodeStrings } from '../../data/decode.ts';
import type { Span } from '../../data/time-range.ts';
import type { FieldOffered } from './completion-data.ts';

const ROOT = '/loki/api/v1';
/** Fields or values of the newest lines of a query, which is where they are looked for. */
const FIELDS_MAX = 500;
const LINES_READ = 200;

function rangeParams({ startMs, endMs }: Span): Params {
  return [
    ['start', String(startMs / 1000)],
    ['end', String(endMs / 1000)],
  ];
}

function selectorParams(selector: string): Params {
  return selector === '' ? [] : [['query', selector]];
}

function linesParams(query: string): Params {
  return [
    ['query', query],
    ['line_limit', String(LINES_READ)],
    ['limit', String(FIELDS_MAX)],
  ];
}

export function labelsOf(selector: string, span: Span): Question<readonly string[]> {
  return { path: `${ROOT}/labels`, params: [...selectorParams(selector), ...rangeParams(span)], decode: decodeStrings };
}

export function valuesOf(label: string, selector: string, span: Span): Question<readonly string[]> {
  const path = `${ROOT}/label/${encodeURIComponent(label)}/values`;
  return { path, params: [...selectorParams(selector), ...rangeParams(span)], decode: decodeStrings };
}

export function fieldsOf(query: string, span: Span): Question<readonly FieldOffered[]> {
  return { path: `${ROOT}/detected_fields`, params: [...linesParams(query), ...rangeParams(span)], decode: decodeFields };
}

export function fieldValuesOf(field: string, query: string, span: Span): Question<readonly string[]> {
  const path = `${ROOT}/detected_field/${encodeURIComponent(field)}/values`;
  return {
    path,
    params: [...linesParams(query), ...rangeParams(span)],
    decode: (data) => decodeStrings(isRecord(data) ? data['values'] : data),
  };
}

/** `{"fields": [{"label": "status", "type": "int", "parsers": ["json"]}]}`; `parsers` is null where nothing has to parse. */
export function decodeFields(data: unknown): readonly FieldOffered[] {
  const fields = isRecord(data) ? data['fields'] : undefined;
  if (fields === null) return [];
  if (!Array.isArray(fields)) throw new Error('expected fields to be a list');
  return fields.filter(isRecord).map(({ label, type, parsers }) => ({
    name: String(label),
    type: String(type),
    parsers: Array.isArray(parsers) ? parsers.map(String) : [],
  }));
}
