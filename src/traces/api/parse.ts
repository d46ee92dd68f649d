// What a query and a name mean, without running anything: for the editor of the pages, and for whoever builds queries.
//
//   GET /api/traceql/parse?q=…                    { kind, canonical, formatted, problem? }, or 400 with the parser's text
//   GET /api/traceql/identifier?identifier=…      { resolves }
//
// The peer has no such routes.

import { RequestError } from '../../base/request-error.ts';
import { type Reply, type Route, json } from '../../server/route.ts';
import type { Field, Query } from '../traceql/ast.ts';
import { checkTraceql } from '../traceql/check.ts';
import { parseIdentifier } from '../traceql/parse-identifier.ts';
import { parseAsWritten, parseTraceql } from '../traceql/parse.ts';
import { printTraceql } from '../traceql/print.ts';

/** The routes that explain TraceQL. They take no time worth bounding: a query's length and depth are. */
export function traceqlParseRoutes(): readonly Route[] {
  return [
    route('/api/traceql/parse', 'Says what a TraceQL query means, without running it.', parsed),
    route('/api/traceql/identifier', 'Says which field a name in TraceQL means.', resolved),
  ];
}

function route(path: string, summary: string, explain: (query: URLSearchParams) => unknown): Route {
  return { method: 'GET', path, summary, access: 'read', error: placedError, handle: ({ query }) => json(explain(query)) };
}

/** With the place in the text, in UTF-16 units, for an editor to underline. */
function placedError(error: RequestError): Reply {
  const { from, to } = error.options;
  return json({ error: error.message, from, to }, error.status);
}

/** `problem` says why a query that parses would still be refused. */
function parsed(query: URLSearchParams): unknown {
  const text = query.get('q') ?? '';
  const tree = parseTraceql(text);
  const kind = tree.root.type === 'pipeline' ? 'spans' : 'metrics';
  return { kind, canonical: printTraceql(tree), formatted: printTraceql(parseAsWritten(text)), problem: problemOf(tree) };
}

function problemOf(tree: Query): string | undefined {
  try {
    checkTraceql(tree);
    return undefined;
  } catch (error) {
    if (error instanceof RequestError) return error.message;
    throw error;
  }
}

function resolved(query: URLSearchParams): unknown {
  return { resolves: nameOf(parseIdentifier(query.get('identifier') ?? '')) };
}

/** The scopes and the name as they are meant, without quotes: `span.two words`. */
function nameOf(field: Field): string {
  if (field.type === 'intrinsic') return field.spelling;
  return `${field.ofParent ? 'parent.' : ''}${field.scope === 'any' ? '' : field.scope}.${field.name}`;
}
