// `/api/v1/openapi.yaml`: the routes under a base path as an OpenAPI document. Routes are data, so the document cannot lie about what is served.
//
// Source: OpenAPI Specification 3.1. It names paths, methods and what they are for; parameters and answers are Prometheus's own, described by it.

import { stringify } from 'yaml';
import type { Reply, Route } from '../server/route.ts';
import { route } from './api-context.ts';

/** The route of the document; `base` is the path before the routes, as a client sees it. */
export function documentRoute(routes: readonly Route[], base: string, version: string): Route {
  const document = (): Reply => ({
    status: 200,
    headers: { 'content-type': 'application/yaml; charset=utf-8' },
    body: stringify(apiDocument([...routes, own], base, version), { aliasDuplicateObjects: false }),
  });
  const own = route('GET', '/api/v1/openapi.yaml', 'This document.', document);
  return own;
}

function apiDocument(routes: readonly Route[], base: string, version: string): unknown {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const each of routes) {
    const path = each.path.replaceAll(/[:*](\w+)/g, '{$1}');
    (paths[path] ??= {})[each.method.toLowerCase()] = operation(each, path);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Sightline, metrics', version },
    servers: [{ url: base }],
    paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

function operation({ method, summary }: Route, path: string): unknown {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  return {
    summary,
    operationId: `${method.toLowerCase()}${path.replaceAll(/[^a-z0-9]+/gi, '-').replace(/-$/, '')}`,
    ...(names.length === 0 ? {} : { parameters: names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })) }),
    responses: { '200': { description: 'Success.' }, default: { description: 'An error, with what went wrong.' } },
  };
}
