// What OTLP's `Export` answers, in the encoding of the request: success, partial success, or a `google.rpc.Status`.
//
// Source: OTLP specification, "Full Success", "Partial Success", "Failures"; google/rpc `status.proto`, `error_details.proto`.

import { RequestError } from '../base/request-error.ts';
import type { ErrorCode } from '../base/request-error.ts';
import type { Reply } from '../server/route.ts';
import { ProtobufWriter } from '../base/protobuf-writer.ts';

export type Encoding = 'protobuf' | 'json';

const MEDIA_TYPE: Readonly<Record<Encoding, string>> = { protobuf: 'application/x-protobuf', json: 'application/json' };

/** Seconds that a sender is asked to wait where the error itself does not say. */
const RETRY_AFTER_S = 5;

/** The name that a signal gives its count of refused items in JSON; in protobuf all have number 1. */
export type RejectedField = 'rejectedDataPoints' | 'rejectedLogRecords' | 'rejectedSpans' | 'rejectedProfiles';

export interface PartialSuccess {
  readonly field: RejectedField;
  /** 0 with a message is a warning about what was accepted. */
  readonly rejected: number;
  /** Empty when there is nothing to say. */
  readonly message: string;
}

/** The encoding that a media type names. Throws `unsupported_media` for any other. */
export function encodingOf(mediaType: string): Encoding {
  if (mediaType === 'application/json') return 'json';
  if (mediaType === 'application/x-protobuf' || mediaType === 'application/protobuf') return 'protobuf';
  const given = mediaType === '' ? 'none was given' : `got ${mediaType}`;
  throw new RequestError('unsupported_media', `OTLP is read as application/x-protobuf or application/json: ${given}`);
}

/** An `Export…ServiceResponse`. */
export function encodeExportResponse(partial: PartialSuccess, encoding: 'protobuf'): Uint8Array;
export function encodeExportResponse(partial: PartialSuccess, encoding: Encoding): Uint8Array | string;
export function encodeExportResponse(partial: PartialSuccess, encoding: Encoding): Uint8Array | string {
  const { field, rejected, message } = partial;
  const complete = rejected === 0 && message === '';
  if (encoding === 'json') {
    const counted = rejected === 0 ? {} : { [field]: String(rejected) };
    return JSON.stringify(complete ? {} : { partialSuccess: { ...counted, errorMessage: message } });
  }
  const writer = new ProtobufWriter();
  if (complete) return writer.bytes();
  return writer
    .message(1, (inner) => {
      if (rejected !== 0) inner.varint(1, rejected);
      if (message !== '') inner.text(2, message);
    })
    .bytes();
}

/** The answer to an HTTP request that was accepted, wholly or in part. */
export function exportReply(partial: PartialSuccess, encoding: Encoding): Reply {
  return { status: 200, headers: { 'content-type': MEDIA_TYPE[encoding] }, body: encodeExportResponse(partial, encoding) };
}

/** gRPC's number for each code; OTLP's senders retry on 14, and on 8 when `RetryInfo` is there. */
const GRPC_CODE: Readonly<Record<ErrorCode, number>> = {
  bad_data: 3,
  unauthorized: 16,
  forbidden: 7,
  not_found: 5,
  method_not_allowed: 12,
  not_acceptable: 3,
  conflict: 6,
  too_large: 3,
  unsupported_media: 3,
  execution: 3,
  rate_limited: 8,
  timeout: 14,
  canceled: 1,
  unavailable: 14,
  internal: 13,
};

/** Seconds after which the same request may succeed, or undefined when it never will. */
function retryAfterS(error: RequestError): number | undefined {
  const retryable = error.code === 'rate_limited' || error.code === 'unavailable' || error.code === 'timeout';
  return retryable ? Math.max(1, Math.ceil(error.options.retryAfterS ?? RETRY_AFTER_S)) : undefined;
}

/** A `google.rpc.Status`, with `RetryInfo` where a retry makes sense. */
function encodeStatus(error: RequestError, encoding: Encoding): Uint8Array | string {
  const seconds = retryAfterS(error);
  const code = GRPC_CODE[error.code];
  const retryInfo = 'type.googleapis.com/google.rpc.RetryInfo';
  if (encoding === 'json') {
    const details = seconds === undefined ? {} : { details: [{ '@type': retryInfo, retryDelay: `${seconds}s` }] };
    return JSON.stringify({ code, message: error.message, ...details });
  }
  const writer = new ProtobufWriter().varint(1, code).text(2, error.message);
  if (seconds !== undefined) {
    const delay = new ProtobufWriter().message(1, (duration) => duration.varint(1, seconds)).bytes();
    writer.message(3, (any) => any.text(1, retryInfo).blob(2, delay));
  }
  return writer.bytes();
}

/** An error as OTLP/HTTP answers it, in the encoding of the request; JSON where that is neither of the two. */
export function otlpError(error: RequestError, mediaType = ''): Reply {
  const encoding = mediaType === 'application/x-protobuf' || mediaType === 'application/protobuf' ? 'protobuf' : 'json';
  const seconds = retryAfterS(error);
  const retry = seconds === undefined ? {} : { 'retry-after': String(seconds) };
  return {
    status: error.status,
    headers: { ...error.options.headers, ...retry, 'content-type': MEDIA_TYPE[encoding] },
    body: encodeStatus(error, encoding),
  };
}
