// What the metrics API's routes are given, and how a request becomes a read.

import type { Clock } from '../base/clock.ts';
import { RequestError } from '../base/request-error.ts';
import type { SelfMetricFamily } from '../base/self-metrics.ts';
import type { Reply, Request, Route } from '../server/route.ts';
import type { Client } from '../storage/client.ts';
import type { Form } from '../storage/schema.ts';
import { durationParam, invalidParameter } from './api-params.ts';
import { prometheusError } from './prometheus-error.ts';
import type { ReadContext } from './read.ts';
import type { SlowLogOptions } from './slow-query-log.ts';
import type { EvaluationSettings } from './promql/steps/evaluation.ts';
import type { KeptSamples } from './sample-cache.ts';
import type { SeriesIndex } from './series-index.ts';

/** Bounds of a tenant's queries: the part of its limits that reading needs. */
export interface QueryLimitSettings {
  readonly timeout: number;
  readonly memoryBytes: number;
  readonly rowsMax: number;
  readonly seriesMax: number;
  /** Milliseconds from the start to the end of a range query; 0 for any. */
  readonly rangeMax: number;
  /** Bytes of a query's text. */
  readonly lengthMax: number;
}

/** What the program knows of itself, for `/api/v1/status`. */
export interface ProgramStatus {
  readonly version: string;
  readonly revision: string;
  /** Milliseconds since the epoch. */
  readonly startedMs: number;
  readonly hostname: string;
  readonly workingDirectory: string;
  /** All settings in force as YAML, secrets hidden. */
  readonly configYaml: () => string;
  /** Settings by name, as `--set` takes them. */
  readonly flags: () => Readonly<Record<string, string>>;
  readonly lastReload: () => { readonly success: boolean; readonly ms: number };
  /** How long samples are kept; 0 for ever. */
  readonly retentionMs: () => number;
  /** The program's own metrics. */
  readonly selfMetrics: () => readonly SelfMetricFamily[];
}

export interface MetricsApiOptions extends SlowLogOptions {
  readonly client: Client;
  /** Where the tables stand. */
  readonly form: Form;
  readonly clock: Clock;
  readonly limitsOf: (tenant: string) => { readonly query: QueryLimitSettings; readonly retention: { readonly metrics: number } };
  /** How queries are evaluated. */
  readonly evaluation: () => EvaluationSettings;
  readonly status: ProgramStatus;
  /** `query.searchResultsMax`. */
  readonly searchResultsMax: () => number;
  /** Makes all that was acknowledged visible; false when the store could not take it now. */
  readonly flush: () => Promise<boolean>;
  /** The labels of all stored series in memory; absent where other processes write the same tables. */
  readonly index?: SeriesIndex | undefined;
  /** What is in memory of stored samples; absent where other processes write. */
  readonly kept?: KeptSamples | undefined;
  /** Told after series were deleted, so that what is known of the tenant in memory is forgotten. */
  readonly onSeriesDeleted: (tenant: string) => void;
}

export type Handle = (request: Request) => Promise<Reply> | Reply;

/** A route of the metrics API; errors are drawn as Prometheus's. */
export function route(method: Route['method'], path: string, summary: string, handle: Handle): Route {
  return { method, path, summary, access: 'read', error: drawError, handle };
}

/** The same handler for GET and for a POST form. */
export function getAndPost(path: string, summary: string, handle: Handle): readonly Route[] {
  return [route('GET', path, summary, handle), route('POST', path, summary, handle)];
}

export function drawError(error: RequestError): Reply {
  return prometheusError(error);
}

/** What the reads of a signal need. */
export interface ReadOptions extends Pick<MetricsApiOptions, 'client' | 'clock' | 'flush' | 'index' | 'kept'> {
  readonly table: ReadContext['table'];
  readonly limitsOf: (tenant: string) => { readonly query: QueryLimitSettings };
  /** How long a tenant's rows are kept, in milliseconds; 0 for ever. */
  readonly retentionMsOf: (tenant: string) => number;
}

/** How requests become reads: `read` sees all that was acknowledged, `lookUp` is for what asks the label index only. */
export interface ReadContexts {
  readonly lookUp: (reader: Reader) => ReadContext;
  readonly read: (reader: Reader) => Promise<ReadContext>;
}

/** Who reads, and for how long: a request, or a part of the program in its place. */
export type Reader = Pick<Request, 'tenants' | 'query' | 'signal' | 'waitedMs'>;

/** Reads of any signal: within the strictest limits of the tenants, with a signal that also fires when time is up. */
export function readContextsOf(options: ReadOptions): ReadContexts {
  return { lookUp: (request) => lookUpContext(options, request), read: (request) => flushedContext(options, request) };
}

/** Reads of metrics. */
export function readContexts(options: MetricsApiOptions): ReadContexts {
  return readContextsOf({ ...options, table: 'series', retentionMsOf: (tenant) => options.limitsOf(tenant).retention.metrics });
}

/** The context of a request's reads of metrics, which see all that was acknowledged. */
export function readContext(options: MetricsApiOptions, request: Request): Promise<ReadContext> {
  return readContexts(options).read(request);
}

/** What an answer says while acknowledged rows cannot be made visible. */
export const INCOMPLETE = 'the newest data may be missing: the store cannot take it in at the moment';

/** The strictest of the tenants' bounds. */
export function leastLimit(
  { limitsOf }: Pick<ReadOptions, 'limitsOf'>,
  tenants: readonly string[],
  of: (limits: QueryLimitSettings) => number,
): number {
  return Math.min(...tenants.map((tenant) => of(limitsOf(tenant).query)));
}

async function flushedContext(options: ReadOptions, request: Reader): Promise<ReadContext> {
  const context = lookUpContext(options, request);
  const { kept } = options;
  // Before the flush: what is written from now on may not be among what is read.
  const asOf = kept?.cache.writes.asOf() ?? 0;
  const isComplete = await options.flush();
  return isComplete ? { ...context, kept: kept && { ...kept, asOf } } : { ...context, warnings: [INCOMPLETE] };
}

/** What bounds a read, whatever it reads: the strictest limits of its tenants, and a signal that also fires when time is up. */
export interface ReadBounds {
  readonly limits: ReadContext['limits'];
  readonly signal: AbortSignal;
}

/** Throws when the time of a request is up before it begins. */
export function readBounds(options: Pick<ReadOptions, 'limitsOf'>, request: Reader): ReadBounds {
  const least = (of: (limits: QueryLimitSettings) => number): number => leastLimit(options, request.tenants, of);
  const asked = durationParam(request.query, 'timeout') ?? Number.POSITIVE_INFINITY;
  if (asked <= 0) throw invalidParameter('timeout', 'timeout must be positive');
  const allowedMs = Math.min(
    asked,
    least((limits) => limits.timeout),
  );
  // Waiting for a place is part of a query's time.
  const timeoutMs = Math.floor(allowedMs - (request.waitedMs ?? 0));
  if (timeoutMs <= 0) throw new RequestError('timeout', 'query timed out in query queue (limits.query.timeout, or the parameter timeout)');
  return {
    limits: {
      timeoutMs,
      memoryBytesMax: least((limits) => limits.memoryBytes),
      seriesMax: least((limits) => limits.seriesMax),
      samplesMax: least((limits) => limits.rowsMax),
    },
    signal: AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs)]),
  };
}

function lookUpContext(options: ReadOptions, request: Reader): ReadContext {
  return {
    ...readBounds(options, request),
    client: options.client,
    table: options.table,
    index: options.index,
    tenants: request.tenants,
    oldestMs: (tenant) => {
      const retention = options.retentionMsOf(tenant);
      return retention === 0 ? Number.NEGATIVE_INFINITY : options.clock.now() - retention;
    },
    warnings: [],
  };
}
