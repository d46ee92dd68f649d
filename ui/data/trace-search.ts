// Traces as Tempo's search answers them: one row each, with the spans that matched.
//
// Source: Tempo HTTP API documentation, "Search"; `pkg/tempopb/tempo.proto`, `SearchResponse`.

import { isRecord } from './api.ts';

export interface Attribute {
  readonly name: string;
  readonly value: string;
}

export interface MatchedSpan {
  readonly spanId: string;
  readonly name: string;
  readonly startMs: number;
  readonly durationS: number;
  readonly attributes: readonly Attribute[];
}

/** Spans that matched together: all of a trace's, or one group of `by(…)`. */
export interface MatchedSet {
  readonly spans: readonly MatchedSpan[];
  /** Of which `spans` are the first. */
  readonly matched: number;
  /** What `by(…)` and aggregates came to. */
  readonly attributes: readonly Attribute[];
}

export interface ServiceCount {
  readonly service: string;
  readonly spans: number;
  readonly errors: number;
}

export interface TraceRow {
  readonly traceId: string;
  readonly service: string;
  /** The name of its first span; empty where that has not come. */
  readonly name: string;
  /** Milliseconds since the epoch, with a fraction. */
  readonly startMs: number;
  readonly durationS: number;
  readonly spans: number;
  readonly errors: number;
  readonly services: readonly ServiceCount[];
  readonly sets: readonly MatchedSet[];
  readonly matched: number;
}

export interface SearchResult {
  readonly traces: readonly TraceRow[];
  readonly inspectedSpans: number;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const count = (value: unknown): number => Number(value ?? 0);
const list = (value: unknown): readonly Readonly<Record<string, unknown>>[] => (Array.isArray(value) ? value.filter(isRecord) : []);

function plainText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** A value of OTLP's JSON as text. */
export function anyText(value: unknown): string {
  if (!isRecord(value)) return '';
  const { arrayValue } = value;
  if (isRecord(arrayValue)) return `[${list(arrayValue['values']).map(anyText).join(', ')}]`;
  return plainText(value['stringValue'] ?? value['intValue'] ?? value['doubleValue'] ?? value['boolValue']);
}

export function attributesOf(value: unknown): readonly Attribute[] {
  return list(value).map((item) => ({ name: text(item['key']), value: anyText(item['value']) }));
}

/** Milliseconds of nanoseconds in decimal digits, which are too many for a number. */
function msOfNs(value: unknown): number {
  const digits = plainText(value).padStart(7, '0');
  return Number(digits.slice(0, -6)) + Number(digits.slice(-6)) / 1e6;
}

function spanOf(item: Readonly<Record<string, unknown>>): MatchedSpan {
  return {
    spanId: text(item['spanID']),
    name: text(item['name']),
    startMs: msOfNs(item['startTimeUnixNano']),
    durationS: count(item['durationNanos']) / 1e9,
    attributes: attributesOf(item['attributes']),
  };
}

function setOf(item: Readonly<Record<string, unknown>>): MatchedSet {
  const spans = list(item['spans']).map(spanOf);
  return { spans, matched: Math.max(spans.length, count(item['matched'])), attributes: attributesOf(item['attributes']) };
}

const NO_ROOT = '<root span not yet received>';

function traceOf(item: Readonly<Record<string, unknown>>): TraceRow {
  const sets = list(item['spanSets'] ?? (item['spanSet'] === undefined ? [] : [item['spanSet']])).map(setOf);
  const stats = isRecord(item['serviceStats']) ? item['serviceStats'] : {};
  const services = Object.entries(stats)
    .map(([service, of]): ServiceCount => {
      const counts = isRecord(of) ? of : {};
      return { service, spans: count(counts['spanCount']), errors: count(counts['errorCount']) };
    })
    .sort((a, b) => b.spans - a.spans || (a.service < b.service ? -1 : 1));
  const name = text(item['rootTraceName']);
  // The answer has whole milliseconds; no span is longer than its trace.
  const longest = sets.reduce((most, set) => set.spans.reduce((m, span) => Math.max(m, span.durationS), most), 0);
  return {
    traceId: text(item['traceID']),
    service: text(item['rootServiceName']),
    name: name === NO_ROOT ? '' : name,
    startMs: msOfNs(item['startTimeUnixNano']),
    durationS: Math.max(count(item['durationMs']) / 1e3, longest),
    spans: services.reduce((sum, { spans }) => sum + spans, 0),
    errors: services.reduce((sum, { errors }) => sum + errors, 0),
    services,
    sets,
    matched: sets.reduce((sum, { matched }) => sum + matched, 0),
  };
}

/** The body of a search's answer. */
export function decodeSearch(data: unknown): SearchResult {
  if (!isRecord(data) || !(data['traces'] === undefined || data['traces'] === null || Array.isArray(data['traces']))) {
    throw new Error('expected traces to be a list');
  }
  const metrics = isRecord(data['metrics']) ? data['metrics'] : {};
  return { traces: list(data['traces']).map(traceOf), inspectedSpans: count(metrics['inspectedSpans']) };
}
