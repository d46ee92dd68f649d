// `/api/overrides`: what a tenant sets for itself, with the version that it changes named, so that two changes do not undo one another.
//
//   GET               ETag: version        the overrides; `scope=merged` for all that is in force
//   POST    If-Match  ETag: new version    replaces them; If-Match: 0 where there are none yet
//   PATCH             ETag: new version    a merge patch of JSON
//   DELETE  If-Match
//
// Source: Tempo documentation, "User-configurable overrides"; `modules/overrides/userconfigurable/api/http.go`.

import type { Method, Reply, Request, Route } from '../../server/route.ts';
import { json, plain } from '../../server/route.ts';
import type { Handle } from './context.ts';
import { badData } from './params.ts';
import type { Change, TraceOverrides } from './overrides.ts';
import { asOverrides, type SpanMetricsLimits } from './overrides-overlay.ts';
import { parseOverrides } from './overrides-schema.ts';
import { tempoError } from './tempo-error.ts';

const PATH = '/api/overrides';
const BODY_BYTES_MAX = 256 * 1024;
const IF_MATCH = 'if-match';

export interface OverridesApiOptions {
  readonly overrides: TraceOverrides;
  /** A tenant's settings without its overrides. */
  readonly limitsOf: (tenant: string) => SpanMetricsLimits;
}

/** The routes of overrides. */
export function overridesRoutes(options: OverridesApiOptions): readonly Route[] {
  const inForce = options.overrides.over(options.limitsOf);
  return [
    admin('GET', 'What the tenant has set for itself.', (request) => get(options, request, inForce)),
    admin('POST', 'Replaces what the tenant has set for itself.', (request) => post(options, request)),
    admin('PATCH', 'Changes parts of what the tenant has set for itself.', (request) => patch(options, request)),
    admin('DELETE', 'Takes back what the tenant has set for itself.', (request) => remove(options, request)),
  ];
}

function admin(method: Method, summary: string, handle: Handle): Route {
  return { method, path: PATH, summary, access: 'admin', headers: [IF_MATCH], bodyBytesMax: BODY_BYTES_MAX, error: tempoError, handle };
}

function tenantOf({ tenants: [tenant] }: Request): string {
  if (tenant === undefined) throw badData('overrides are of one tenant');
  return tenant;
}

function get({ overrides }: OverridesApiOptions, request: Request, inForce: OverridesApiOptions['limitsOf']): Reply {
  const tenant = tenantOf(request);
  const scope = request.query.get('scope') ?? 'api';
  const set = overrides.get(tenant);
  if (scope === 'merged') return withVersion(json(asOverrides(inForce(tenant))), set?.version ?? '0');
  if (scope !== 'api') throw badData(`unknown scope ${JSON.stringify(scope)}, valid options are api and merged`);
  if (set === undefined) return { status: 404 };
  return withVersion(json(set.overrides), set.version);
}

function withVersion(reply: Reply, version: string): Reply {
  return { ...reply, headers: { ...reply.headers, etag: version } };
}

async function post({ overrides }: OverridesApiOptions, request: Request): Promise<Reply> {
  const version = ifMatch(request);
  if (version === undefined) return NO_VERSION;
  const tenant = tenantOf(request);
  return changed(await overrides.set(tenant, parseOverrides(bodyOf(request)), version), overrides.get(tenant)?.version);
}

async function patch({ overrides }: OverridesApiOptions, request: Request): Promise<Reply> {
  const tenant = tenantOf(request);
  await overrides.patch(tenant, bodyOf(request));
  const set = overrides.get(tenant);
  return withVersion(json(set?.overrides ?? {}), set?.version ?? '0');
}

async function remove({ overrides }: OverridesApiOptions, request: Request): Promise<Reply> {
  const version = ifMatch(request);
  return version === undefined ? NO_VERSION : changed(await overrides.delete(tenantOf(request), version), undefined);
}

const NO_VERSION: Reply = plain('must specify If-Match header\n', 428);

function ifMatch({ headers }: Request): string | undefined {
  // The peer writes and reads bare versions; by HTTP they stand in quotes.
  return /^\s*(?:W\/)?"?([^"]+?)"?\s*$/.exec(headers[IF_MATCH] ?? '')?.[1];
}

function changed(change: Change, version: string | undefined): Reply {
  if (change === 'version-mismatch') return plain('version does not match\n', 412);
  if (change === 'not-found') return { status: 404 };
  return { status: 200, headers: version === undefined ? {} : { etag: version } };
}

function bodyOf({ body }: Request): unknown {
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  } catch (cause) {
    throw badData(`overrides: the body is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}
