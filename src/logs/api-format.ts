// `format_query`: a LogQL query laid out for people.
//
// Source: Loki `pkg/loki/format_query_handler.go`, whose errors are JSON too.

import { RequestError } from '../base/request-error.ts';
import type { Reply, Request, Route } from '../server/route.ts';
import { json } from '../server/route.ts';
import { type LogsApiOptions, checkedLength, getAndPost } from './api-context.ts';
import { parseLogql } from './logql/parse.ts';
import { formatLogql } from './logql/format.ts';

/** The routes of formatting. */
export function formatRoutes(options: LogsApiOptions): readonly Route[] {
  return getAndPost('/loki/api/v1/format_query', 'Lays a LogQL query out for people.', (request) => format(options, request));
}

function format(options: LogsApiOptions, request: Request): Reply {
  try {
    const text = checkedLength(options, request, request.query.get('query') ?? '');
    return json({ status: 'success', data: formatLogql(parseLogql(text)) });
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return json({ status: 'invalid-query', error: error.message }, 400);
  }
}
