// Errors as clients of Tempo's HTTP API expect them: the reason as plain text, with Tempo's statuses.
//
// Source: Tempo `modules/frontend/handler.go`: what cannot be evaluated is the client's mistake (400), and so is what is too large; what takes too long
// is 504.

import type { ErrorCode, RequestError } from '../../base/request-error.ts';
import { plain, type Reply } from '../../server/route.ts';

/** Where Tempo's status is another than the code's own. */
const STATUS: Partial<Readonly<Record<ErrorCode, number>>> = { execution: 400, timeout: 504 };

/** The message as text, with the status of the error's code. */
export function tempoError(error: RequestError): Reply {
  const reply = plain(error.message, STATUS[error.code] ?? error.status);
  const { retryAfterS } = error.options;
  const retryAfter = retryAfterS === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterS)) };
  return { ...reply, headers: { ...reply.headers, 'x-content-type-options': 'nosniff', ...retryAfter } };
}
