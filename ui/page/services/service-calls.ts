// Calls and durations as the pages of services see them, whichever of the two languages answered.

import type { SampleSeries } from '../../data/query-result.ts';
import type { RawSeries } from '../../data/samples.ts';
import type { InstantSeries } from '../../data/trace-metrics.ts';

/** Calls per second over time, of one kind and status. */
export interface CallSeries {
  readonly service: string;
  /** Empty where operations are not told apart. */
  readonly operation: string;
  /** The service answers: SERVER or CONSUMER. */
  readonly entry: boolean;
  /** `server`, `client`, `internal`, `producer`, `consumer`, `unspecified`. */
  readonly kind: string;
  readonly failed: boolean;
  readonly times: readonly number[];
  readonly values: readonly number[];
}

/** A quantile of durations, in seconds. */
export interface Quantile {
  readonly service: string;
  readonly operation: string;
  readonly kind: string;
  readonly q: string;
  readonly value: number;
}

type Labels = Readonly<Record<string, string>>;

/** The names of labels in both languages. */
const serviceOf = (labels: Labels): string => labels['service'] ?? labels['resource.service.name'] ?? '';
const operationOf = (labels: Labels): string => labels['span_name'] ?? labels['name'] ?? '';

export function kindOf(labels: Labels): string {
  return (labels['span_kind'] ?? labels['kind'] ?? '').replace(/^SPAN_KIND_/, '').toLowerCase();
}

export function callSeries({ labels, times, values }: Pick<RawSeries, 'labels' | 'times' | 'values'>): CallSeries {
  const kind = kindOf(labels);
  const status = labels['status_code'] ?? labels['status'] ?? '';
  return {
    service: serviceOf(labels),
    operation: operationOf(labels),
    entry: kind === 'server' || kind === 'consumer',
    kind,
    failed: status === 'STATUS_CODE_ERROR' || status === 'error',
    times,
    values,
  };
}

function quantile(labels: Labels, value: number): readonly Quantile[] {
  if (!Number.isFinite(value)) return [];
  return [{ service: serviceOf(labels), operation: operationOf(labels), kind: kindOf(labels), q: labels['q'] ?? labels['p'] ?? '', value }];
}

/** Of an instant query's vector. */
export function quantilesOfVector(series: readonly SampleSeries[]): readonly Quantile[] {
  return series.flatMap(({ labels, values: [value] }) => (typeof value === 'number' ? quantile(labels, value) : []));
}

/** Of TraceQL's instant answer. */
export function quantilesOfSpans(series: readonly InstantSeries[]): readonly Quantile[] {
  return series.flatMap(({ labels, value }) => quantile(Object.fromEntries(labels.map((label) => [label.name, label.value])), value));
}

/** A quantile over time of TraceQL is 0 at a step without spans: there it is none. */
export function withoutEmpty(series: RawSeries): RawSeries {
  return { ...series, values: series.values.map((value) => (value === 0 ? Number.NaN : value)) };
}

/** The calls that count as a service's requests: those it answers, or all it has where it answers none. */
export function requestsOf(calls: readonly CallSeries[]): readonly CallSeries[] {
  const answering = new Set(calls.filter((call) => call.entry).map((call) => call.service));
  return calls.filter((call) => call.entry || !answering.has(call.service));
}
