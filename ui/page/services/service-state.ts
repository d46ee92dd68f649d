// The state of the page of one service: which operation it is narrowed to, and how its operations are listed. Pure.

import type { Address } from '../../data/address.ts';
import { closed, ratios, summed } from './service-rows.ts';
import type { Spark, Steps } from './service-rows.ts';
import { requestsOf } from './service-calls.ts';
import type { CallSeries, Quantile } from './service-calls.ts';

export interface ServiceState {
  /** Empty for all. */
  readonly operation: string;
  readonly kind: string;
  readonly sort: OperationColumn;
}

export const OPERATION_COLUMNS = ['name', 'kind', 'rate', 'errors', 'p50', 'p95', 'p99'] as const;
export type OperationColumn = (typeof OPERATION_COLUMNS)[number];
const KINDS = ['server', 'client', 'producer', 'consumer', 'internal', 'unspecified'] as const;

export function readService(address: Address): ServiceState {
  const operation = address['op'] ?? '';
  return {
    operation,
    kind: operation === '' ? '' : (KINDS.find((kind) => kind === address['kind']) ?? ''),
    sort: OPERATION_COLUMNS.find((column) => column === address['sort']) ?? 'rate',
  };
}

export function serviceAddress({ operation, kind, sort }: ServiceState): Address {
  return { op: operation || undefined, kind: (operation && kind) || undefined, sort: sort === 'rate' ? undefined : sort };
}

export interface Operation {
  readonly key: string;
  readonly name: string;
  readonly kind: string;
  /** Per second. */
  readonly rate: number;
  readonly errorRatio: number | undefined;
  readonly p50: number | undefined;
  readonly p95: number | undefined;
  readonly p99: number | undefined;
}

const keyOf = (name: string, kind: string): string => JSON.stringify([name, kind]);

/** Operations out of instant answers: each call series has one value. */
export function operationsOf(calls: readonly CallSeries[], quantiles: readonly Quantile[]): readonly Operation[] {
  const durations = Map.groupBy(quantiles, ({ operation, kind }) => keyOf(operation, kind));
  return [...Map.groupBy(calls, ({ operation, kind }) => keyOf(operation, kind))].flatMap(([key, own]): readonly Operation[] => {
    const sum = (list: readonly CallSeries[]): number => list.reduce((total, { values }) => total + (values[0] ?? 0), 0);
    const rate = sum(own);
    const [first] = own;
    if (first === undefined || !(rate > 0)) return [];
    const q = (wanted: string): number | undefined => durations.get(key)?.find((each) => each.q === wanted)?.value;
    const failed = sum(own.filter((call) => call.failed));
    return [
      { key, name: first.operation, kind: first.kind, rate, errorRatio: failed / rate, p50: q('0.5'), p95: q('0.95'), p99: q('0.99') },
    ];
  });
}

/** Names and kinds in their order, numbers with the largest first. */
export function sortedOperations(operations: readonly Operation[], column: OperationColumn): readonly Operation[] {
  const value = (operation: Operation): number | string => {
    if (column === 'name' || column === 'kind') return operation[column];
    return -((column === 'errors' ? operation.errorRatio : operation[column]) ?? -1);
  };
  return [...operations].sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    return x < y ? -1 : x > y ? 1 : b.rate - a.rate || (a.key < b.key ? -1 : 1);
  });
}

/** Requests, failed requests and their ratio over time. */
export interface Requests {
  readonly all: Spark;
  readonly failed: Spark;
  readonly ratio: Spark;
}

export function requestsOver(calls: readonly CallSeries[], steps: Steps): Requests {
  const own = requestsOf(calls);
  const all = summed(own, steps);
  const sums = summed(
    own.filter((call) => call.failed),
    steps,
  );
  // Where something was asked and nothing failed, the failures are none, not unknown.
  const failed = sums.map((value, i) => value ?? (all[i] === null ? null : 0));
  return { all: closed(all, steps), failed: closed(failed, steps), ratio: closed(ratios(failed, all), steps) };
}
