// How JSON documents become lines, as a sender says it: which fields are the message, the time, the labels of the stream.
//
// Source: VictoriaLogs' documentation, "HTTP parameters" and "HTTP headers" of data ingestion.

import { RequestError } from '../../base/request-error.ts';
import type { Request } from '../../server/route.ts';

export interface DocumentParams {
  /** Field names, the first that a document has counts. */
  readonly messageFields: readonly string[];
  readonly timeFields: readonly string[];
  /** Fields that become labels. */
  readonly streamFields: readonly string[];
  /** Fields that are left out; one that ends in `*` stands for all that begin so. */
  readonly ignoreFields: readonly string[];
  /** Added to every document, over its own. */
  readonly extraFields: readonly (readonly [string, string])[];
}

const MESSAGE_FIELDS = ['_msg', 'message', 'msg', 'log'];
const TIME_FIELDS = ['_time', '@timestamp', 'timestamp'];
const STREAM_FIELDS = ['service.name', 'host.name'];

/** Header names that stand for the parameters, for senders whose URL cannot be changed. */
export const DOCUMENT_HEADERS = ['vl-msg-field', 'vl-time-field', 'vl-stream-fields', 'vl-ignore-fields', 'vl-extra-fields'] as const;

/** The parameters of a request, and the defaults. Throws `bad_data`. */
export function documentParams(request: Request): DocumentParams {
  const [message, time, stream, ignore, extra] = DOCUMENT_HEADERS;
  return {
    messageFields: listParam(request, '_msg_field', message) ?? MESSAGE_FIELDS,
    timeFields: listParam(request, '_time_field', time) ?? TIME_FIELDS,
    streamFields: listParam(request, '_stream_fields', stream) ?? STREAM_FIELDS,
    ignoreFields: listParam(request, 'ignore_fields', ignore) ?? [],
    extraFields: (listParam(request, 'extra_fields', extra) ?? []).map(extraField),
  };
}

function listParam({ query, headers }: Request, name: string, header: string): readonly string[] | undefined {
  const list = (query.get(name) ?? headers[header] ?? '').split(',').filter((item) => item !== '');
  return list.length === 0 ? undefined : list;
}

function extraField(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at <= 0 || at === text.length - 1)
    throw new RequestError('bad_data', `extra_fields: ${JSON.stringify(text.slice(0, 100))} is not field=value`);
  return [text.slice(0, at), text.slice(at + 1)];
}
