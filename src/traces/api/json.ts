// Tempo's answers as JSON, in the form that its protobuf JSON encoder writes: 64-bit numbers as text, fields of no value left out.
//
// Source: Tempo `pkg/tempopb/tempo.proto`; protobuf JSON mapping.

import type { Exemplar, FoundSpan, FoundSpanset, FoundTrace, MetricsAnswer, SearchStats, TraceSeries } from '../answers.ts';
import type { SearchAnswer } from './context.ts';
import { anyValueOf, bareName, type PlainValue, promLabels } from './values.ts';
import type { TagNames } from './tag-names.ts';
import type { TagValue } from './tag-values.ts';
import type { Value } from '../traceql/value.ts';

type Json = Readonly<Record<string, unknown>>;

/** A value as OTLP's `AnyValue`. */
function valueJson(value: Value): Json {
  return anyJson(anyValueOf(value));
}

function anyJson(value: PlainValue): Json {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'bigint') return { intValue: String(value) };
  if (typeof value === 'number') return { doubleValue: doubleJson(value) };
  return typeof value === 'boolean' ? { boolValue: value } : { arrayValue: { values: value.map(anyJson) } };
}

/** JSON has no numbers that are none or without end. */
function doubleJson(value: number): number | string {
  if (Number.isFinite(value)) return value;
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? 'Infinity' : '-Infinity';
}

function keyValues(attributes: readonly (readonly [string, Value])[], nameOf: (field: string) => string): readonly Json[] {
  return attributes.map(([field, value]) => ({ key: nameOf(field), value: valueJson(value) }));
}

const asItIs = (field: string): string => field;

/** `tempopb.SearchResponse`. */
export function searchJson({ traces, stats, stopped }: SearchAnswer, hasSpansets: boolean): Json {
  // What was not looked at is a job that is not done: that is how the peer says that it stopped early.
  const jobs = { completedJobs: 1, totalJobs: stopped === undefined ? 1 : 2 };
  return { traces: traces.map((trace) => traceJson(trace, hasSpansets)), metrics: { ...statsJson(stats), ...jobs } };
}

/** `tempopb.SearchMetrics`. */
export function statsJson({ inspectedTraces, inspectedBytes, inspectedSpans }: SearchStats): Json {
  return {
    ...(inspectedTraces === 0 ? {} : { inspectedTraces }),
    ...(inspectedBytes === 0 ? {} : { inspectedBytes: String(Math.round(inspectedBytes)) }),
    ...(inspectedSpans === 0 ? {} : { inspectedSpans: String(inspectedSpans) }),
  };
}

function traceJson(
  { traceId, rootName, rootServiceName, startNs, durationNs, spansets, services }: FoundTrace,
  hasSpansets: boolean,
): Json {
  const durationMs = Math.min(Number(durationNs / 1_000_000n), 2 ** 32 - 1);
  const sets = hasSpansets ? spansets.map(spansetJson) : [];
  const stats = [...services].map(([service, { spans, errors }]) => [
    service,
    { ...(spans === 0 ? {} : { spanCount: spans }), ...(errors === 0 ? {} : { errorCount: errors }) },
  ]);
  return {
    traceID: traceId,
    ...(rootServiceName === '' ? {} : { rootServiceName }),
    ...(rootName === '' ? {} : { rootTraceName: rootName }),
    startTimeUnixNano: String(startNs),
    ...(durationMs === 0 ? {} : { durationMs }),
    ...(sets[0] === undefined ? {} : { spanSet: sets[0], spanSets: sets }),
    ...(stats.length === 0 ? {} : { serviceStats: Object.fromEntries(stats) }),
  };
}

function spansetJson({ spans, matched, attributes }: FoundSpanset): Json {
  return {
    spans: spans.map(spanJson),
    ...(matched === 0 ? {} : { matched }),
    ...(attributes.length === 0 ? {} : { attributes: keyValues(attributes, asItIs) }),
  };
}

function spanJson({ spanId, name, startNs, durationNs, attributes }: FoundSpan): Json {
  return {
    spanID: spanId,
    ...(name === '' ? {} : { name }),
    startTimeUnixNano: String(startNs),
    ...(durationNs === 0n ? {} : { durationNanos: String(durationNs) }),
    ...(attributes.length === 0 ? {} : { attributes: keyValues(attributes, bareName) }),
  };
}

/** Why an answer lacks something, as `status` and `message`. */
export function partialJson(warnings: readonly string[]): Json {
  return warnings.length === 0 ? {} : { status: 'PARTIAL', message: warnings.join('; ') };
}

/** `tempopb.QueryRangeResponse`. Series without any value are left out. */
export function rangeJson(answer: MetricsAnswer, warnings: readonly string[]): Json {
  return {
    series: answer.series.map((series) => rangeSeriesJson(series, answer.times)).filter(({ samples }) => samples.length > 0),
    metrics: statsJson(answer.stats),
    ...partialJson(warnings),
  };
}

function rangeSeriesJson({ labels, values, exemplars }: TraceSeries, times: Float64Array): Json & { readonly samples: readonly Json[] } {
  const samples: Json[] = [];
  values.forEach((value, i) => {
    if (!Number.isNaN(value)) samples.push({ timestampMs: String(Math.trunc(times[i] ?? 0)), value: doubleJson(value) });
  });
  return {
    labels: keyValues(labels, asItIs),
    samples,
    promLabels: promLabels(labels),
    exemplars: exemplars.map(exemplarJson),
  };
}

function exemplarJson({ tsMs, value, attributes, traceId }: Exemplar): Json {
  const labels = [{ key: 'trace:id', value: { stringValue: traceId } }, ...keyValues(attributes, asItIs)];
  return { labels, value: doubleJson(value), timestampMs: String(Math.trunc(tsMs)) };
}

/** `tempopb.QueryInstantResponse`. */
export function instantJson(answer: MetricsAnswer, warnings: readonly string[]): Json {
  const series = answer.series.flatMap(({ labels, values: [value = Number.NaN] }) =>
    Number.isNaN(value) ? [] : [{ labels: keyValues(labels, asItIs), promLabels: promLabels(labels), value: doubleJson(value) }],
  );
  return { series, metrics: statsJson(answer.stats), ...partialJson(warnings) };
}

/** `tempopb.SearchTagsV2Response`. */
export function scopesJson(names: readonly TagNames[]): Json {
  return { scopes: names.map(({ scope, tags }) => ({ name: scope, tags })), metrics: {} };
}

/** `tempopb.SearchTagsResponse`: the names of all scopes, each once. */
export function tagNamesJson(names: readonly TagNames[]): Json {
  return { tagNames: allNames(names), metrics: {} };
}

export function allNames(names: readonly TagNames[]): readonly string[] {
  return [...new Set(names.flatMap(({ tags }) => tags))].sort();
}

/** `tempopb.SearchTagValuesV2Response`. */
export function typedValuesJson(values: readonly TagValue[]): Json {
  return { tagValues: values, metrics: {} };
}

/** `tempopb.SearchTagValuesResponse`: texts, each once. */
export function plainValuesJson(values: readonly TagValue[]): Json {
  return { tagValues: plainValues(values), metrics: {} };
}

export function plainValues(values: readonly TagValue[]): readonly string[] {
  return [...new Set(values.map(({ value }) => value))];
}
