// What Zipkin's and Jaeger's senders are told when not all of their spans could be stored: they know success and failure, and nothing between.

import { RequestError } from '../../base/request-error.ts';
import { FOR_LATER, type SpanWriteSummary } from '../write.ts';

const MESSAGE_LENGTH_MAX = 4096;

/** Throws when spans were refused; all else of the request is stored. Sent again, what is stored is not stored twice. */
export function checkRefusals({ spans, refusals }: SpanWriteSummary): void {
  if (refusals.length === 0) return;
  const count = refusals.reduce((sum, refusal) => sum + refusal.count, 0);
  const reasons = refusals.map((refusal) => `${refusal.reason} (${refusal.count}): ${refusal.message}`);
  const message = `${count} spans were refused, ${spans} are stored; ${reasons.join('; ')}`;
  const code = refusals.some(({ reason }) => FOR_LATER.has(reason)) ? 'rate_limited' : 'bad_data';
  throw new RequestError(code, message.slice(0, MESSAGE_LENGTH_MAX).toWellFormed());
}
