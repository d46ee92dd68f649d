// What the routes of Loki's read API are given. The main program joins them to the store.
//
//   request ─▶ api-*.ts (parameters) ─▶ ReadContext ─▶ runQuery │ volumes │ label look-ups ─▶ result-json.ts

import { printByteSize } from '../base/byte-size.ts';
import type { Clock } from '../base/clock.ts';
import { RequestError } from '../base/request-error.ts';
import type { QueryLimitSettings, ReadContexts } from '../metrics/api-context.ts';
import type { ReadContext } from '../metrics/read.ts';
import type { SlowLogOptions } from '../metrics/slow-query-log.ts';
import type { Labels } from '../query/labels.ts';
import type { Matcher } from '../query/matchers.ts';
import type { Reply, Request, Route } from '../server/route.ts';
import { parseMatchers } from './api-params.ts';
import type { DeleteRequests } from './delete-requests.ts';
import type { NsRange } from './line-block.ts';
import type { Expr } from './logql/ast.ts';
import { lokiError } from './loki-error.ts';
import type { LogQuery, LogQueryAnswer } from './query-result.ts';

/** The part of a tenant's limits that reading logs needs. */
export interface LogReadLimits {
  readonly query: QueryLimitSettings;
  readonly logs: {
    readonly entriesMax: number;
    readonly discoverServiceName: readonly string[];
    readonly discoverLevels: boolean;
    readonly truncateLines: boolean;
    readonly otlpStreamLabels: readonly string[];
  };
  /** Milliseconds; 0 for ever. */
  readonly retention: { readonly logs: number };
}

/** How much a stream holds, in all of a range or in one bucket of it. */
export interface StreamVolume {
  /** Tells the streams of an answer apart; numbered from 0, not all numbers need be there. */
  readonly stream: number;
  readonly labels: Labels;
  /** Which bucket: `fromNs + bucket * stepNs` is its first nanosecond; 0 where no step was asked for. */
  readonly bucket: number;
  readonly lines: number;
  readonly bytes: number;
}

export interface LogsApiOptions extends SlowLogOptions {
  readonly clock: Clock;
  /** `patterns` says that `/loki/api/v1/patterns` has something to show. */
  readonly status: { readonly version: string; readonly revision: string; readonly patterns: boolean };
  readonly limitsOf: (tenant: string) => LogReadLimits;
  /** How a request becomes a read of streams: `lookUp` for the label index alone, `read` for all that was acknowledged. */
  readonly contexts: ReadContexts;
  readonly runQuery: (context: ReadContext, expr: Expr, query: LogQuery) => Promise<LogQueryAnswer>;
  /** Lines and bytes of each stream, per bucket of `stepNs` or, without it, of the whole range. Streams without lines are left out. */
  readonly volumes: (
    context: ReadContext,
    matchers: readonly Matcher[],
    range: NsRange,
    stepNs: bigint | undefined,
  ) => Promise<readonly StreamVolume[]>;
  /** Requests to delete lines. */
  readonly deletions: DeleteRequests;
}

export type Handle = (request: Request) => Promise<Reply> | Reply;

/** A route of Loki's API; errors are drawn as Loki's. */
export function route(method: Route['method'], path: string, summary: string, handle: Handle): Route {
  return { method, path, summary, access: 'read', error: lokiError, handle };
}

/** The same handler for GET and for a POST form. */
export function getAndPost(path: string, summary: string, handle: Handle): readonly Route[] {
  return [route('GET', path, summary, handle), route('POST', path, summary, handle)];
}

/** The strictest of the tenants' bounds. */
export function leastOf(
  { limitsOf }: Pick<LogsApiOptions, 'limitsOf'>,
  tenants: readonly string[],
  of: (limits: LogReadLimits) => number,
): number {
  return Math.min(...tenants.map((tenant) => of(limitsOf(tenant))));
}

/** The text of a query, unless it is longer than the tenants' queries may be. */
export function checkedLength(options: Pick<LogsApiOptions, 'limitsOf'>, { tenants }: Request, text: string): string {
  const lengthMax = leastOf(options, tenants, ({ query }) => query.lengthMax);
  // No character is more than three bytes for each unit of its length.
  if (text.length * 3 <= lengthMax || Buffer.byteLength(text) <= lengthMax) return text;
  throw new RequestError('bad_data', `the query is longer than ${printByteSize(lengthMax)} (limits.query.lengthMax)`);
}

/** The selector of the parameter `query`; none stands for all streams. */
export function selectorParam(options: Pick<LogsApiOptions, 'limitsOf'>, request: Request): readonly Matcher[] {
  return parseMatchers(checkedLength(options, request, request.query.get('query') ?? ''));
}
