// `/loki/api/v1/delete`: requests to delete lines.
//
// Source: Loki HTTP API documentation, "Request log deletion"; `pkg/compactor/deletion/request_handler.go`. Other than there, nothing has to be split
// into parts, so `max_interval` is checked and has no other meaning.

import { RequestError } from '../base/request-error.ts';
import { printDuration } from '../base/duration.ts';
import type { Method, Reply, Request, Route } from '../server/route.ts';
import { json, noContent } from '../server/route.ts';
import { type Handle, type LogsApiOptions, checkedLength } from './api-context.ts';
import { badData, floorMs, parseLogQuery, parseTimeNs } from './api-params.ts';
import type { DeleteRequest } from './delete-requests.ts';
import { compilePipeline } from './logql/compile-pipeline.ts';
import { convertDuration } from './logql/convert-value.ts';
import { lokiError } from './loki-error.ts';

const PATH = '/loki/api/v1/delete';

/** The routes of deletions. */
export function deleteRoutes(options: LogsApiOptions): readonly Route[] {
  return [
    admin('POST', 'Asks to delete the lines that a query selects.', (request) => create(options, request)),
    admin('PUT', 'Asks to delete the lines that a query selects.', (request) => create(options, request)),
    admin('GET', 'Requests to delete lines, and how far they are.', (request) => list(options, request)),
    admin('DELETE', 'Takes back a request to delete lines.', (request) => cancel(options, request)),
  ];
}

function admin(method: Method, summary: string, handle: Handle): Route {
  return { method, path: PATH, summary, access: 'admin', error: lokiError, handle };
}

function onlyTenant({ tenants }: Request): string {
  const [tenant, ...others] = tenants;
  if (tenant === undefined || others.length > 0) throw badData('lines are deleted for one tenant at a time');
  return tenant;
}

async function create(options: LogsApiOptions, request: Request): Promise<Reply> {
  const { clock, deletions } = options;
  const { query } = request;
  const tenant = onlyTenant(request);
  const text = deletionQuery(checkedLength(options, request, query.get('query') ?? ''));
  if ((query.get('start') ?? '') === '') throw badData('start time not set');
  const startMs = timeParam(query, 'start', 0);
  const endMs = timeParam(query, 'end', clock.now());
  if (endMs > clock.now()) throw badData('deletes in the future are not allowed');
  if (startMs > endMs) throw badData("start time can't be greater than end time");
  checkInterval(query.get('max_interval') ?? '', endMs - startMs);
  await deletions.add({ tenant, query: text, startMs, endMs });
  return noContent;
}

/** What is wrong with a query must be said now: nobody reads an answer later. */
function deletionQuery(text: string): string {
  if (text === '') throw badData('query not set');
  try {
    compilePipeline(parseLogQuery(text).stages);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    throw new RequestError('bad_data', `invalid query expression: ${error.message}`, { ...error.options, cause: error });
  }
  return text;
}

function timeParam(query: URLSearchParams, name: 'start' | 'end', otherwise: number): number {
  const given = query.get(name) ?? '';
  if (given === '') return otherwise;
  const ns = parseTimeNs(given);
  if (ns === undefined) throw badData(`invalid ${name} time: require unix seconds or RFC3339 format`);
  return floorMs(ns);
}

function checkInterval(text: string, rangeMs: number): void {
  if (text === '') return;
  const ns = convertDuration(text);
  if (typeof ns !== 'number' || ns < 1e9) throw badData("invalid max_interval: valid time units are 's', 'm', 'h'");
  if (ns > rangeMs * 1e6) throw badData(`max_interval can't be greater than the interval to be deleted (${printDuration(rangeMs)})`);
}

function list({ deletions }: LogsApiOptions, request: Request): Reply {
  return json(deletions.list(onlyTenant(request)).map(requestJson));
}

function requestJson({ id, query, startMs, endMs, createdMs, status }: DeleteRequest): unknown {
  return { request_id: id, start_time: startMs / 1000, end_time: endMs / 1000, query, status, created_at: createdMs / 1000 };
}

async function cancel({ deletions }: LogsApiOptions, request: Request): Promise<Reply> {
  await deletions.cancel(onlyTenant(request), request.query.get('request_id') ?? '');
  return noContent;
}
