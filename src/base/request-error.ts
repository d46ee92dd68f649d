// The caller's mistakes, as a closed set of codes. The server turns a code into a status in one place; each API draws the body that its clients expect.

/** What went wrong, in the terms of a caller. */
export type ErrorCode =
  | 'bad_data' // the request cannot be understood
  | 'unauthorized' // no credential, or a wrong one
  | 'forbidden' // a credential without the right
  | 'not_found'
  | 'method_not_allowed'
  | 'not_acceptable'
  | 'conflict'
  | 'too_large' // a body over its limit
  | 'unsupported_media' // a content type or encoding that is not spoken here
  | 'execution' // a valid query that cannot be evaluated
  | 'rate_limited' // a limit over time: come back later
  | 'timeout'
  | 'canceled'
  | 'unavailable' // the store cannot take or answer it now
  | 'internal';

const STATUS: Readonly<Record<ErrorCode, number>> = {
  bad_data: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  not_acceptable: 406,
  conflict: 409,
  too_large: 413,
  unsupported_media: 415,
  execution: 422,
  rate_limited: 429,
  timeout: 503,
  canceled: 499,
  unavailable: 503,
  internal: 500,
};

export interface RequestErrorOptions extends ErrorOptions {
  /** Seconds for `Retry-After`. */
  readonly retryAfterS?: number;
  /** Where in the query text, as offsets in UTF-16 code units, so that an editor can underline. */
  readonly from?: number;
  readonly to?: number;
  /** Headers that the protocol wants beside the error. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error that is the caller's to know: its message is shown to them as it stands. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly code: ErrorCode;
  readonly options: RequestErrorOptions;

  constructor(code: ErrorCode, message: string, options: RequestErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.options = options;
  }

  /** The HTTP status of the code. */
  get status(): number {
    return STATUS[this.code];
  }
}
