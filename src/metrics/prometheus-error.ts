// Errors as clients of Prometheus's HTTP API expect them: every route under its base paths answers with this body.
//
// Source: Prometheus `web/api/v1` (`respondError`).

import type { ErrorCode, RequestError } from '../base/request-error.ts';
import type { Reply } from '../server/route.ts';
import { json } from '../server/route.ts';

/** Prometheus's own names; codes it does not know keep the nearest one. */
const ERROR_TYPE: Readonly<Record<ErrorCode, string>> = {
  bad_data: 'bad_data',
  unauthorized: 'unauthorized',
  forbidden: 'forbidden',
  not_found: 'not_found',
  method_not_allowed: 'bad_data',
  not_acceptable: 'not_acceptable',
  conflict: 'bad_data',
  too_large: 'bad_data',
  unsupported_media: 'bad_data',
  execution: 'execution',
  rate_limited: 'unavailable',
  timeout: 'timeout',
  canceled: 'canceled',
  unavailable: 'unavailable',
  internal: 'internal',
};

/** `{"status":"error","errorType":…,"error":…}` with the status of the error's code. */
export function prometheusError(error: RequestError): Reply {
  const { headers, retryAfterS } = error.options;
  const reply = json({ status: 'error', errorType: ERROR_TYPE[error.code], error: error.message }, error.status);
  const retryAfter = retryAfterS === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterS)) };
  return { ...reply, headers: { ...reply.headers, ...retryAfter, ...headers } };
}
