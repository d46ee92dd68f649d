// `format_query`: a LogQL query laid out for people.
//
// Source: Loki `pkg/loki/format_query_handler.go`, whose errors are JSON too.

import { RequestError } from '../base/request-error.ts';
import type { Reply, Request, Route } from '../server/route.ts';
import { json } from '../server/route.ts';
import { getAndPost } from './api-context.ts';
import { parseLogql } from './logql/parse.ts';
import { formatLogql } from './logql/format.ts';

/** The routes of formatting. */
export function formatRoutes(): readonly Route[] {
  return getAndPost('/loki/api/v1/format_query', 'Lays a LogQL query out for people.', format);
}

function format({ query }: Request): Reply {
  try {
    return json({ status: 'success', data: formatLogql(parseLogql(query.get('query') ?? '')) });
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return json({ status: 'invalid-query', error: error.message }, 400);
  }
}
