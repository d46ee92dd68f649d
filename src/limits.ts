// Every fixed bound of the program, with the relations that must hold between them. What a user may change is a setting in `config.ts`; what stands here is not.

import { assert } from './base/assert.ts';
import { TENANT_ID_LENGTH_MAX } from './base/tenant-id.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

// Requests over HTTP.

/** All headers of one request together. */
export const HEADER_BYTES_MAX = 32 * KIB;
export const HEADERS_MAX = 200;
/** From the first byte of a connection to the end of a request's headers. */
export const HEADER_TIMEOUT_MS = 10_000;
/** An idle connection is closed after this; longer than the 60 s that proxies keep theirs. */
export const KEEP_ALIVE_TIMEOUT_MS = 75_000;
/** A client that reads nothing of its answer for so long is given up. */
export const WRITE_STALL_TIMEOUT_MS = 60_000;
/** A form's fields become query parameters; the bound is Go's default, which the peers have. */
export const FORM_BYTES_MAX = 10 * MIB;
/** How many codings one `Content-Encoding` may stack. */
export const CONTENT_ENCODINGS_MAX = 2;
/** What a zstd body may ask a decoder to hold: 8 MiB. Source: RFC 9659. */
export const ZSTD_WINDOW_LOG_MAX = 23;
/** Decoded bodies' memory that is kept for the next ones. */
export const POOLED_BUFFER_BYTES_MAX = 64 * MIB;
/** Answers smaller than this are not worth compressing. */
export const COMPRESS_BYTES_MIN = KIB;
/** Answers up to this are compressed at once rather than on another thread. */
export const COMPRESS_SYNC_BYTES_MAX = 32 * KIB;
/** A request slower than this is in the log. */
export const SLOW_REQUEST_MS = 10_000;
export const REQUEST_ID_LENGTH_MAX = 128;

// WebSocket.

/** The longest message that a client may send: ours have nothing to say. */
export const SOCKET_MESSAGE_BYTES_MAX = 64 * KIB;
/** A socket whose client has so much yet to take is cut off; handlers drop what they have to say well before. */
export const SOCKET_BUFFERED_BYTES_MAX = 32 * MIB;
/** How often a ping asks whether the client is there; one that has not answered the last is gone. Shorter than the 60 s of proxies. */
export const SOCKET_PING_INTERVAL_MS = 20_000;
/** A client has so long to answer our close. */
export const SOCKET_CLOSE_TIMEOUT_MS = 2000;

// HTTP/2 and gRPC.

export const HTTP2_STREAMS_MAX = 250;
export const HTTP2_STREAM_WINDOW_BYTES = MIB;
export const HTTP2_SESSION_WINDOW_BYTES = 4 * MIB;
/** An HTTP/2 connection on which nothing happens for so long is closed. */
export const HTTP2_IDLE_TIMEOUT_MS = 300_000;
/** The longest text of a `grpc-message`: trailers are headers too. */
export const GRPC_MESSAGE_LENGTH_MAX = 4 * KIB;

// Stopping.

/** Requests in flight have so long to finish after SIGTERM. */
export const DRAIN_TIMEOUT_MS = 5000;
/** Everything has ended by then, or the process ends anyway. */
export const STOP_TIMEOUT_MS = 9500;

// The store.

/** How often what is older than its retention is deleted. */
export const RETENTION_INTERVAL_MS = 3_600_000;

// Tenants.

/** How many tenants one read may name. */
export const TENANTS_PER_READ_MAX = 100;
/** Tenants whose series are kept in memory: some 10 KiB each before their first series. */
export const TENANTS_WRITING_MAX = 20_000;
/** Tenants whose stored labels are kept in memory for readers: some 2 KiB each before their first series. */
export const INDEXED_TENANTS_MAX = 10_000;
/** Days of one tenant that are known there: a tenant with more is asked about in SQL. */
export const INDEXED_DAYS_MAX = 4000;

// Queries.

/** Texts that one search of names or values may be about. */
export const SEARCH_TERMS_MAX = 32;

// Scraping.

/** The largest page of a target whose job sets no `body_size_limit`. */
export const SCRAPE_PAGE_BYTES_MAX = 128 * MIB;
/** The largest list of targets that HTTP discovery may answer with. */
export const DISCOVERY_BODY_BYTES_MAX = 64 * MIB;
/** How often one request to a target may be sent on. Source: Go `net/http`. */
export const REDIRECTS_MAX = 10;

// Settings.

export const CONFIG_FILE_BYTES_MAX = 16 * MIB;

assert(DRAIN_TIMEOUT_MS < STOP_TIMEOUT_MS, 'requests finish before everything must have ended');
assert(STOP_TIMEOUT_MS < 10_000, 'service managers kill after ten seconds');
assert(HTTP2_STREAM_WINDOW_BYTES <= HTTP2_SESSION_WINDOW_BYTES, 'one stream must not be able to stop a session');
assert(SOCKET_CLOSE_TIMEOUT_MS < DRAIN_TIMEOUT_MS, 'closed sockets are gone before the drain ends');
assert(GRPC_MESSAGE_LENGTH_MAX < HEADER_BYTES_MAX, 'a trailer fits into the headers that a client like us takes');
assert(TENANTS_PER_READ_MAX * (TENANT_ID_LENGTH_MAX + 1) < HEADER_BYTES_MAX, 'a header holds all tenants of a read');
assert(COMPRESS_BYTES_MIN < COMPRESS_SYNC_BYTES_MAX, 'small answers are compressed at once');
