// The answers of TraceQL's metrics queries as series that can be drawn, with the exemplars that lead to traces, and as counts of a comparison.
//
// Source: Tempo HTTP API documentation, "TraceQL Metrics"; `pkg/tempopb/tempo.proto`, `QueryRangeResponse`, `QueryInstantResponse`.

import { isRecord } from './api.ts';
import { sampleValue } from './decode.ts';
import type { LabelSet } from './log-lines.ts';
import type { RawSeries } from './samples.ts';
import { anyText, attributesOf } from './trace-search.ts';
import type { Attribute } from './trace-search.ts';

export interface TraceExemplar {
  readonly series: LabelSet;
  /** Of its span, the id of the trace among them. */
  readonly labels: LabelSet;
  readonly value: number;
  readonly atMs: number;
}

export interface TraceMetrics {
  readonly series: readonly RawSeries[];
  readonly exemplars: readonly TraceExemplar[];
}

/** One series of an answer of one step, its labels with their types: `stringValue`, `intValue` and so on. */
export interface TypedLabel extends Attribute {
  readonly type: string;
}

export interface InstantSeries {
  readonly labels: readonly TypedLabel[];
  readonly value: number;
}

const list = (value: unknown): readonly Readonly<Record<string, unknown>>[] => (Array.isArray(value) ? value.filter(isRecord) : []);

function seriesList(data: unknown): readonly Readonly<Record<string, unknown>>[] {
  const series = isRecord(data) ? data['series'] : undefined;
  if (series !== undefined && series !== null && !Array.isArray(series)) throw new Error('expected series to be a list');
  return list(series);
}

function number(value: unknown): number {
  if (value === 'Infinity') return Number.POSITIVE_INFINITY;
  return value === '-Infinity' ? Number.NEGATIVE_INFINITY : sampleValue(value ?? 0);
}

function labelSet(value: unknown): LabelSet {
  return Object.fromEntries(attributesOf(value).map(({ name, value: text }) => [name, text]));
}

function exemplarOf(item: Readonly<Record<string, unknown>>, series: LabelSet): TraceExemplar {
  return { series, labels: labelSet(item['labels']), value: number(item['value']), atMs: Number(item['timestampMs'] ?? 0) };
}

/** The body of a range query's answer. */
export function decodeTraceMetrics(data: unknown): TraceMetrics {
  const exemplars: TraceExemplar[] = [];
  const series = seriesList(data).map((item): RawSeries => {
    const labels = labelSet(item['labels']);
    const samples = list(item['samples']);
    for (const exemplar of list(item['exemplars'])) exemplars.push(exemplarOf(exemplar, labels));
    return {
      labels,
      times: samples.map(({ timestampMs }) => Number(timestampMs ?? 0) / 1000),
      values: samples.map(({ value }) => number(value)),
      histogram: false,
    };
  });
  return { series, exemplars };
}

/** The body of an instant query's answer. */
export function decodeInstantSeries(data: unknown): readonly InstantSeries[] {
  return seriesList(data).map((item) => ({
    labels: list(item['labels']).map(({ key, value }) => ({
      name: String(key),
      value: anyText(value),
      type: isRecord(value) ? (Object.keys(value)[0] ?? '') : '',
    })),
    value: number(item['value']),
  }));
}
