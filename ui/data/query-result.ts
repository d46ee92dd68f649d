// The value of a query as the server sends it: series over time for a picture, or whatever an expression comes to at one time.
//
// Source: Prometheus HTTP API documentation, "Expression query result formats" and "Native histograms".

import { isRecord } from './api.ts';
import { sampleValue } from './decode.ts';
import type { RawSeries } from './samples.ts';

export interface Bucket {
  /** Which bounds belong to it: 0 the upper, 1 the lower, 2 none, 3 both. */
  readonly rule: number;
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

export interface HistogramValue {
  readonly count: number;
  readonly sum: number;
  readonly buckets: readonly Bucket[];
}

/** Samples in columns: instants in seconds, and their values. */
export interface SampleSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly times: readonly number[];
  readonly values: readonly (number | HistogramValue)[];
}

/** What the server did for an answer. */
export interface QueryStats {
  readonly samples: number;
  readonly seconds: number;
}

export interface RangeResult {
  readonly series: readonly RawSeries[];
  readonly stats: QueryStats | undefined;
}

export type InstantValue =
  | { readonly kind: 'vector' | 'matrix'; readonly series: readonly SampleSeries[] }
  | { readonly kind: 'scalar'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string };

export interface InstantResult {
  readonly value: InstantValue;
  readonly stats: QueryStats | undefined;
}

function listOf(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`expected ${what} to be a list`);
  return value;
}

function recordOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (!isRecord(value)) throw new Error(`expected ${what} to be an object`);
  return value;
}

function statsOf(value: unknown): QueryStats | undefined {
  if (!isRecord(value) || !isRecord(value['samples']) || !isRecord(value['timings'])) return undefined;
  return { samples: Number(value['samples']['totalQueryableSamples'] ?? 0), seconds: Number(value['timings']['execTotalTime'] ?? 0) };
}

function histogramOf(value: unknown): HistogramValue {
  const row = recordOf(value, 'a histogram');
  const buckets = listOf(row['buckets'] ?? [], 'buckets').map((item): Bucket => {
    const [rule, lower, upper, count] = listOf(item, 'a bucket');
    return { rule: Number(rule), lower: sampleValue(lower), upper: sampleValue(upper), count: sampleValue(count) };
  });
  return { count: sampleValue(row['count']), sum: sampleValue(row['sum']), buckets };
}

type Timed<T> = readonly [number, T];

function timed<T>(value: unknown, read: (value: unknown) => T): readonly Timed<T>[] {
  return listOf(value ?? [], 'samples').map((item): Timed<T> => {
    const [time, v] = listOf(item, 'a sample');
    return [Number(time), read(v)];
  });
}

function labelsOf(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(isRecord(value) ? value : {}).map(([name, v]) => [name, String(v)]));
}

/** Floats and histograms of one series together, in the order of time. */
function samplesOf(row: Readonly<Record<string, unknown>>): readonly Timed<number | HistogramValue>[] {
  const floats = timed(row['values'] ?? (row['value'] === undefined ? [] : [row['value']]), sampleValue);
  const histograms = timed(row['histograms'] ?? (row['histogram'] === undefined ? [] : [row['histogram']]), histogramOf);
  if (histograms.length === 0) return floats;
  return [...floats, ...histograms].sort(([a], [b]) => a - b);
}

function seriesOf(value: unknown): SampleSeries {
  const row = recordOf(value, 'a series');
  const samples = samplesOf(row);
  return { labels: labelsOf(row['metric']), times: samples.map(([time]) => time), values: samples.map(([, v]) => v) };
}

/** A histogram over time is drawn as its count. */
function drawnSeries(value: unknown): RawSeries {
  const { labels, times, values } = seriesOf(value);
  const histogram = values.some((v) => typeof v !== 'number');
  return { labels, times, values: values.map((v) => (typeof v === 'number' ? v : v.count)), histogram };
}

/** The answer to a range query. */
export function decodeRange(data: unknown): RangeResult {
  const body = recordOf(data, 'data');
  if (body['resultType'] !== 'matrix') throw new Error(`expected a matrix and not a ${String(body['resultType'])}`);
  return { series: listOf(body['result'], 'result').map(drawnSeries), stats: statsOf(body['stats']) };
}

/** The answer to a query at one time. */
export function decodeInstant(data: unknown): InstantResult {
  const body = recordOf(data, 'data');
  const stats = statsOf(body['stats']);
  const result = listOf(body['result'], 'result');
  const kind = body['resultType'];
  switch (kind) {
    case 'vector':
    case 'matrix':
      return { value: { kind, series: result.map(seriesOf) }, stats };
    case 'scalar':
      return { value: { kind, value: sampleValue(result[1]) }, stats };
    case 'string':
      return { value: { kind, value: String(result[1]) }, stats };
    default:
      throw new Error(`expected a result and not a ${String(kind)}`);
  }
}
