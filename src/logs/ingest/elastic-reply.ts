// Answers as Elasticsearch's clients expect them: JSON, with the header by which they know the product.

import type { RequestError } from '../../base/request-error.ts';
import type { Reply } from '../../server/route.ts';

const HEADERS = { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' };

export function elasticJson(body: string, status = 200): Reply {
  return { status, headers: HEADERS, body };
}

/** Source: Elasticsearch reference, "REST API", error bodies. */
export function elasticError({ code, message, status }: RequestError): Reply {
  const cause = { type: code === 'bad_data' ? 'illegal_argument_exception' : `${code}_exception`, reason: message };
  return elasticJson(JSON.stringify({ error: { root_cause: [cause], ...cause }, status }), status);
}
