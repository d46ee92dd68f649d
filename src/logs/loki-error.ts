// Errors as clients of Loki's HTTP API expect them: the reason as plain text, with Loki's statuses.
//
// Source: Loki `pkg/util/server/error.go`: what cannot be evaluated is the client's mistake (400), what takes too long is 504.

import type { ErrorCode, RequestError } from '../base/request-error.ts';
import type { Reply } from '../server/route.ts';
import { plain } from '../server/route.ts';

/** Where Loki's status is another than the code's own. */
const STATUS: Partial<Readonly<Record<ErrorCode, number>>> = { execution: 400, timeout: 504 };

/** The message as a line of text, with the status of the error's code. */
export function lokiError(error: RequestError): Reply {
  const { headers, retryAfterS } = error.options;
  const reply = plain(`${error.message}\n`, STATUS[error.code] ?? error.status);
  const retryAfter = retryAfterS === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterS)) };
  return { ...reply, headers: { ...reply.headers, 'x-content-type-options': 'nosniff', ...retryAfter, ...headers } };
}
