// Calls from pages of other origins: allowed for the origins of `server.corsOrigins`, none by default. The OTLP exporters of browsers need it.
//
// Source: Fetch standard, CORS protocol.

import type { IncomingHttpHeaders } from 'node:http';

/** Whether a page of this origin may call: the server's own, and those of the settings. What is no page names none. */
export function isAllowedOrigin({ origin, host }: IncomingHttpHeaders, origins: readonly string[]): boolean {
  if (origin === undefined || origins.includes('*') || origins.includes(origin)) return true;
  return URL.canParse(origin) && host !== undefined && new URL(origin).host === host.toLowerCase();
}

const NONE: Readonly<Record<string, string>> = {};
const PREFLIGHT_MAX_AGE_S = '7200';

/** The headers that let the calling page see the answer. */
export function corsHeaders(headers: IncomingHttpHeaders, method: string, origins: readonly string[]): Readonly<Record<string, string>> {
  const { origin } = headers;
  if (origin === undefined || origins.length === 0 || !(origins.includes('*') || origins.includes(origin))) return NONE;
  const allowed = { 'access-control-allow-origin': origin, vary: 'origin', 'access-control-expose-headers': 'x-request-id, retry-after' };
  if (method !== 'OPTIONS') return allowed;
  return {
    ...allowed,
    'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
    'access-control-allow-headers': headers['access-control-request-headers'] ?? 'content-type',
    'access-control-max-age': PREFLIGHT_MAX_AGE_S,
  };
}
