// From the JSON of the Prometheus interface (prometheus.io/docs/prometheus/latest/querying/api) to what the pages draw.
// Each function takes `data` as it came and throws an Error that names what it expected.

import { isRecord } from './api.ts';
import type { RawSeries } from './samples.ts';

export interface MetricMeta {
  readonly type: string;
  readonly help: string;
  readonly unit: string;
}

export interface Target {
  readonly pool: string;
  readonly url: string;
  readonly health: 'up' | 'down' | 'unknown';
  readonly labels: Readonly<Record<string, string>>;
  readonly discovered: Readonly<Record<string, string>>;
  readonly lastError: string;
  /** Milliseconds since the epoch; 0 when it was never scraped. */
  readonly lastScrapeMs: number;
  readonly lastDurationS: number;
  readonly interval: string;
  readonly timeout: string;
}

export interface Targets {
  readonly active: readonly Target[];
  readonly dropped: readonly Readonly<Record<string, string>>[];
  /** Dropped targets beyond those that are listed are counted only. */
  readonly droppedCount: number;
}

export interface Named {
  readonly name: string;
  readonly value: number;
}

export interface Cardinality {
  readonly seriesCount: number | undefined;
  readonly seriesByMetric: readonly Named[];
  readonly valuesByLabel: readonly Named[];
  readonly bytesByLabel: readonly Named[];
  readonly seriesByPair: readonly Named[];
}

function fail(expected: string): never {
  throw new Error(`expected ${expected}`);
}

function record(value: unknown, what: string): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : fail(`${what} to be an object`);
}

function list(value: unknown, what: string): readonly unknown[] {
  return Array.isArray(value) ? value : fail(`${what} to be a list`);
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const number = (value: unknown): number => (typeof value === 'number' ? value : Number(value ?? 0));

function labels(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(isRecord(value) ? value : {}).map(([name, v]) => [name, String(v)]));
}

/** Prometheus writes `+Inf` where JavaScript says Infinity. */
export function sampleValue(value: unknown): number {
  const word = String(value);
  if (/^[+-]?Inf$/.test(word)) return word.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return word === '' ? Number.NaN : Number(word);
}

export function decodeStrings(data: unknown): readonly string[] {
  return list(data, 'data').map(String);
}

export function decodeMetadata(data: unknown): ReadonlyMap<string, MetricMeta> {
  const entries = Object.entries(record(data, 'data')).map(([name, all]): [string, MetricMeta] => {
    const first = Array.isArray(all) && isRecord(all[0]) ? all[0] : {};
    return [name, { type: text(first['type']), help: text(first['help']), unit: text(first['unit']) }];
  });
  return new Map(entries);
}

function pair(value: unknown): readonly [number, unknown] {
  const [time, v] = list(value, 'a sample');
  return [number(time), v];
}

/** A native histogram stands in for its count. */
function histogramCount(value: unknown): number {
  return sampleValue(isRecord(value) ? value['count'] : undefined);
}

function decodeSeries(value: unknown): RawSeries {
  const row = record(value, 'a series');
  const histograms = Array.isArray(row['histograms']) && row['histograms'].length > 0 ? row['histograms'] : undefined;
  const pairs = (histograms ?? list(row['values'] ?? [], 'values')).map(pair);
  return {
    labels: labels(row['metric']),
    times: pairs.map(([time]) => time),
    values: pairs.map(([, v]) => (histograms ? histogramCount(v) : sampleValue(v))),
    histogram: histograms !== undefined,
  };
}

/** A matrix; a scalar or a string is not one. */
export function decodeMatrix(data: unknown): readonly RawSeries[] {
  const body = record(data, 'data');
  if (body['resultType'] !== 'matrix') fail(`a matrix and not a ${text(body['resultType'])}`);
  return list(body['result'], 'result').map(decodeSeries);
}

export function decodeTargets(data: unknown): Targets {
  const body = record(data, 'data');
  const dropped = Array.isArray(body['droppedTargets']) ? body['droppedTargets'] : [];
  const counts = isRecord(body['droppedTargetCounts']) ? Object.values(body['droppedTargetCounts']).map(number) : [];
  return {
    active: list(body['activeTargets'] ?? [], 'activeTargets').map(decodeTarget),
    dropped: dropped.map((item) => labels(isRecord(item) ? item['discoveredLabels'] : undefined)),
    droppedCount: Math.max(
      dropped.length,
      counts.reduce((sum, n) => sum + n, 0),
    ),
  };
}

function decodeTarget(value: unknown): Target {
  const row = record(value, 'a target');
  const health = text(row['health']);
  const scraped = Date.parse(text(row['lastScrape']));
  return {
    pool: text(row['scrapePool']),
    url: text(row['scrapeUrl']),
    health: health === 'up' || health === 'down' ? health : 'unknown',
    labels: labels(row['labels']),
    discovered: labels(row['discoveredLabels']),
    lastError: text(row['lastError']),
    // Go's zero time is the year 1.
    lastScrapeMs: Number.isNaN(scraped) || scraped < 0 ? 0 : scraped,
    lastDurationS: number(row['lastScrapeDuration']),
    interval: text(row['scrapeInterval']),
    timeout: text(row['scrapeTimeout']),
  };
}

function named(value: unknown): readonly Named[] {
  return (Array.isArray(value) ? value : []).filter(isRecord).map((row) => ({ name: text(row['name']), value: number(row['value']) }));
}

export function decodeCardinality(data: unknown): Cardinality {
  const body = record(data, 'data');
  const head = isRecord(body['headStats']) ? body['headStats'] : {};
  return {
    seriesCount: head['numSeries'] === undefined ? undefined : number(head['numSeries']),
    seriesByMetric: named(body['seriesCountByMetricName']),
    valuesByLabel: named(body['labelValueCountByLabelName']),
    bytesByLabel: named(body['memoryInBytesByLabelName']),
    seriesByPair: named(body['seriesCountByLabelValuePair']),
  };
}

/** Names and values of any flat object: build information, flags. */
export function decodeFacts(data: unknown): readonly (readonly [string, string])[] {
  return Object.entries(record(data, 'data')).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]);
}

export function decodeConfig(data: unknown): string {
  return text(record(data, 'data')['yaml']);
}
