// The rows of the list of services: one for each, with its figures over the range and small pictures of them. Pure.

import { callerText } from './service-graph.ts';
import type { Edge } from './service-graph.ts';
import { requestsOf } from './service-calls.ts';
import type { CallSeries, Quantile } from './service-calls.ts';

/** Values at equal steps of the range; null where there is none. */
export type Spark = readonly (number | null)[];

export interface ServiceRow {
  readonly name: string;
  /** Requests per second, the mean over the range. */
  readonly rate: number;
  /** Errors per second. */
  readonly errors: number;
  /** Between 0 and 1; undefined where there is no request. */
  readonly errorRatio: number | undefined;
  /** Seconds. */
  readonly p50: number | undefined;
  readonly p95: number | undefined;
  readonly p99: number | undefined;
  readonly rateSpark: Spark;
  readonly errorSpark: Spark;
  readonly p95Spark: Spark;
  /** False for a service that answers no requests: then all its spans count. */
  readonly answers: boolean;
  /** Who calls it, in words. */
  readonly callers: string;
}

/** Steps of the range, in seconds: the first, and how far they are apart. */
export interface Steps {
  readonly startS: number;
  readonly stepS: number;
  readonly count: number;
  /** The end of the range. The last step may lie behind it: it is open still, and would look like a fall. */
  readonly endS: number;
}

/** What of a spark is drawn. */
export function closed(spark: Spark, { startS, stepS, endS }: Steps): Spark {
  return spark.slice(0, Math.max(1, Math.floor((endS - startS) / stepS) + 1));
}

function place(steps: Steps, time: number): number {
  return Math.round((time - steps.startS) / steps.stepS);
}

/** The sum of series at each step; null where none has a value. */
export function summed(series: readonly Pick<CallSeries, 'times' | 'values'>[], steps: Steps): Spark {
  const sums = Array.from<number | null>({ length: steps.count }).fill(null);
  for (const { times, values } of series) {
    times.forEach((time, i) => {
      const at = place(steps, time);
      const value = values[i] ?? Number.NaN;
      if (at >= 0 && at < steps.count && Number.isFinite(value)) sums[at] = (sums[at] ?? 0) + value;
    });
  }
  return sums;
}

/** The mean over all steps of the range: where nothing was counted, nothing happened. */
function meanOf(spark: Spark): number {
  return spark.length === 0 ? 0 : spark.reduce<number>((sum, value) => sum + (value ?? 0), 0) / spark.length;
}

/** Failed as a part of all, at each step with a request. */
export function ratios(failed: Spark, all: Spark): Spark {
  return all.map((value, i) => (value === null || value === 0 ? null : (failed[i] ?? 0) / value));
}

export interface RowSources {
  readonly calls: readonly CallSeries[];
  readonly quantiles: readonly Quantile[];
  /** The 0.95 quantile over time. */
  readonly p95: readonly CallSeries[];
  readonly edges: readonly Edge[];
  readonly steps: Steps;
}

function grouped<T extends { readonly service: string }>(items: readonly T[]): ReadonlyMap<string, readonly T[]> {
  return Map.groupBy(items, ({ service }) => service);
}

export function serviceRows({ calls, quantiles, p95, edges, steps }: RowSources): readonly ServiceRow[] {
  const durations = grouped(quantiles);
  const slow = grouped(p95);
  const inward = Map.groupBy(edges, ({ server }) => server);
  return [...grouped(requestsOf(calls))].map(([name, own]): ServiceRow => {
    const all = summed(own, steps);
    const failed = summed(
      own.filter((call) => call.failed),
      steps,
    );
    const [rate, errors] = [meanOf(all), meanOf(failed)];
    const q = (wanted: string): number | undefined => durations.get(name)?.find((each) => each.q === wanted)?.value;
    return {
      name,
      rate,
      errors,
      errorRatio: rate === 0 ? undefined : errors / rate,
      p50: q('0.5'),
      p95: q('0.95'),
      p99: q('0.99'),
      rateSpark: closed(all, steps),
      errorSpark: closed(ratios(failed, all), steps),
      p95Spark: closed(summed(slow.get(name) ?? [], steps), steps),
      answers: own.some((call) => call.entry),
      callers: callerText(inward.get(name) ?? []),
    };
  });
}

export const COLUMNS = ['service', 'rate', 'errors', 'p50', 'p95', 'p99', 'callers'] as const;
export type Column = (typeof COLUMNS)[number];

export interface Sort {
  readonly column: Column;
  readonly descending: boolean;
}

function valueOf(row: ServiceRow, column: Column): number | string | undefined {
  switch (column) {
    case 'service':
      return row.name;
    case 'callers':
      return row.callers;
    case 'errors':
      return row.errorRatio;
    case 'rate':
    case 'p50':
    case 'p95':
    case 'p99':
      return row[column];
  }
}

/** Rows whose name holds every word, sorted; what has no value comes last. */
export function shownRows(rows: readonly ServiceRow[], find: string, sort: Sort): readonly ServiceRow[] {
  const words = find.toLowerCase().split(/\s+/);
  const found = rows.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
  const sign = sort.descending ? -1 : 1;
  return found.sort((a, b) => sign * compared(valueOf(a, sort.column), valueOf(b, sort.column), sign) || (a.name < b.name ? -1 : 1));
}

function compared(a: number | string | undefined, b: number | string | undefined, sign: number): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? sign : -sign;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a) < String(b) ? -1 : Number(String(a) > String(b));
}
