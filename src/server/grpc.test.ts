// gRPC over real sockets, with the client that SDKs use, and by hand where that one never goes wrong.

import assert from 'node:assert/strict';
import { connect as connectHttp2, type OutgoingHttpHeaders } from 'node:http2';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Client, compressionAlgorithms, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { RequestError, type ErrorCode } from '../base/request-error.ts';
import { encodeMessage, parseGrpcTimeout } from './grpc.ts';
import type { GrpcRoute } from './route.ts';
import { startTestServer } from './test-server.ts';

const METHODS: readonly GrpcRoute[] = [
  {
    path: '/test.Echo/Echo',
    summary: '',
    access: 'write',
    handle: ({ message, tenants }) => Buffer.concat([Buffer.from(`${tenants.join()}:`), message]),
  },
  {
    path: '/test.Echo/Fail',
    summary: '',
    access: 'open',
    handle: ({ message }) => {
      const code = Buffer.from(message).toString();
      if (code === 'broken') throw new Error('the secret inside');
      throw new RequestError(codeOf(code), `ended with ${code}, 100 % ünexpected\n`, code === 'rate_limited' ? { retryAfterS: 3 } : {});
    },
  },
  { path: '/test.Echo/Sleep', summary: '', access: 'open', handle: () => sleep(5000, new Uint8Array(), { ref: false }) },
];

const CODES: Readonly<Record<string, number>> = {
  bad_data: 3,
  timeout: 4,
  not_found: 5,
  forbidden: 7,
  rate_limited: 8,
  too_large: 8,
  unavailable: 14,
  unauthorized: 16,
};

function codeOf(text: string): ErrorCode {
  const known: readonly ErrorCode[] = [
    'bad_data',
    'timeout',
    'not_found',
    'forbidden',
    'rate_limited',
    'too_large',
    'unavailable',
    'unauthorized',
  ];
  return known.find((code) => code === text) ?? 'internal';
}

type Answer = { readonly ok: string } | { readonly error: ServiceError };

class Caller implements Disposable {
  readonly #client: Client;

  constructor(port: number, options: Record<string, number> = {}) {
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), options);
  }

  call(
    path: string,
    message: Buffer,
    { tenant, deadlineMs }: { readonly tenant?: string; readonly deadlineMs?: number } = {},
  ): Promise<Answer> {
    const metadata = new Metadata();
    if (tenant !== undefined) metadata.set('X-Scope-OrgID', tenant);
    const same = (bytes: Buffer): Buffer => bytes;
    const deadline = deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
    return new Promise((resolve) => {
      this.#client.makeUnaryRequest(path, same, same, message, metadata, deadline, (error, value) =>
        resolve(error === null ? { ok: value?.toString() ?? '' } : { error }),
      );
    });
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

function failure(answer: Answer): ServiceError {
  assert.ok('error' in answer);
  return answer.error;
}

test('a unary call, plain and gzip, with the tenant from its metadata', async () => {
  await using served = await startTestServer({ grpcRoutes: METHODS });
  const message = Buffer.from('message '.repeat(10_000));
  using plain = new Caller(served.port);
  assert.deepEqual(await plain.call('/test.Echo/Echo', message, { tenant: 'a' }), { ok: `a:${message.toString()}` });
  using gzip = new Caller(served.port, { 'grpc.default_compression_algorithm': compressionAlgorithms.gzip });
  assert.deepEqual(await gzip.call('/test.Echo/Echo', message), { ok: `anonymous:${message.toString()}` });
  assert.equal(failure(await plain.call('/test.Echo/Echo', message, { tenant: 'a|b' })).code, 3);
});

test('codes become gRPC statuses, messages arrive whole', async () => {
  await using served = await startTestServer({ grpcRoutes: METHODS });
  using caller = new Caller(served.port);
  for (const [code, status] of Object.entries(CODES)) {
    const error = failure(await caller.call('/test.Echo/Fail', Buffer.from(code)));
    assert.deepEqual([error.code, error.details], [status, `ended with ${code}, 100 % ünexpected\n`]);
  }
  const limited = failure(await caller.call('/test.Echo/Fail', Buffer.from('rate_limited')));
  assert.match(limited.metadata.get('grpc-status-details-bin').join(), /google\.rpc\.RetryInfo/);
  const broken = failure(await caller.call('/test.Echo/Fail', Buffer.from('broken')));
  assert.equal(broken.code, 13);
  assert.doesNotMatch(broken.details, /secret/);
  assert.equal(failure(await caller.call('/test.Echo/None', Buffer.from(''))).code, 12);
});

test('a deadline ends the call on the server too', async () => {
  await using served = await startTestServer({ grpcRoutes: METHODS });
  using caller = new Caller(served.port);
  assert.equal(failure(await caller.call('/test.Echo/Sleep', Buffer.from(''), { deadlineMs: 100 })).code, 4);
  while (!/requests_in_flight 0\n/.test(served.metrics.render('text'))) await sleep(10);
});

test('a message over the limit is refused', async () => {
  await using served = await startTestServer({ grpcRoutes: METHODS, settings: { bodyBytesMax: 1024 } });
  using caller = new Caller(served.port);
  const error = failure(await caller.call('/test.Echo/Echo', Buffer.alloc(2000)));
  assert.equal(error.code, 8);
  assert.match(error.details, /server\.bodyBytesMax/);
});

const gzipped = gzipSync(Buffer.alloc(5000));

const FRAMES: readonly (readonly [string, Uint8Array, OutgoingHttpHeaders, string])[] = [
  ['nothing', Buffer.alloc(0), {}, '3'],
  ['half a frame header', Buffer.from([0, 0]), {}, '3'],
  ['a frame shorter than it says', Buffer.from([0, 0, 0, 0, 9, 1]), {}, '3'],
  ['two messages', Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), {}, '3'],
  ['a length over the limit', Buffer.from([0, 255, 255, 255, 255]), {}, '8'],
  ['compressed with what is not', Buffer.from([1, 0, 0, 0, 1, 7]), { 'grpc-encoding': 'gzip' }, '3'],
  ['compressed with a coding that is none', Buffer.from([1, 0, 0, 0, 1, 7]), { 'grpc-encoding': 'lzma' }, '3'],
  ['a bomb', Buffer.concat([Buffer.from([1, 0, 0, 0, gzipped.length]), gzipped]), { 'grpc-encoding': 'gzip' }, '8'],
];

test('malformed frames end in a status', async () => {
  await using served = await startTestServer({ grpcRoutes: METHODS, settings: { bodyBytesMax: 1024 } });
  for (const [name, bytes, headers, expected] of FRAMES) assert.equal(await rawStatus(served.url, bytes, headers), expected, name);
});

test('grpc-timeout and grpc-message', () => {
  const timeouts = ['1S', '100m', '2M', '1H', '5000000u', '1n', '123456789S', '5', 'x', ''].map(parseGrpcTimeout);
  assert.deepEqual(timeouts, [1000, 100, 120_000, 3_600_000, 5000, 1, undefined, undefined, undefined, undefined]);
  assert.equal(encodeMessage('a%b\nü'), 'a%25b%0A%C3%BC');
});

/** The status with which the server ends a call of these bytes. */
function rawStatus(url: string, bytes: Uint8Array, headers: OutgoingHttpHeaders): Promise<string> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(url);
    session.on('error', reject);
    const stream = session.request({
      ':path': '/test.Echo/Echo',
      ':method': 'POST',
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    stream.on('response', (answer) => {
      session.close();
      resolve(String(answer['grpc-status'] ?? 'none'));
    });
    stream.on('error', reject);
    stream.end(bytes);
  });
}
