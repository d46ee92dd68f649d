// The server over real sockets: protocols, bodies, forms, errors, clients that misbehave, and the stop.

import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { deflateRawSync, deflateSync, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { compressSync } from 'snappy';
import { RequestError } from '../base/request-error.ts';
import { json, plain, plainError, type Method, type Reply, type Request, type Route } from './route.ts';
import { converse, startTestServer } from './test-server.ts';

type Handle = (request: Request) => Promise<Reply> | Reply;

function route(method: Method, path: string, handle: Handle, more: Partial<Route> = {}): Route {
  return { method, path, summary: '', access: 'read', error: plainError, handle, ...more };
}

/** Answers with what the handler was given. */
const echo: Handle = ({ body, query, tenants, params, contentType, headers, path }) =>
  json({ body: Buffer.from(body).toString(), query: [...query], tenants, params, contentType, headers, path });

interface Echoed {
  readonly body: string;
  readonly query: readonly (readonly [string, string])[];
  readonly tenants: readonly string[];
  readonly contentType: unknown;
}

async function echoed(answer: Promise<Response>): Promise<Echoed> {
  const value: Echoed = JSON.parse(await (await answer).text());
  return value;
}

const TEXT = 'a line of text. '.repeat(500);

test('one port answers HTTP/1.1 and cleartext HTTP/2 alike', async () => {
  await using served = await startTestServer({ routes: [route('POST', '/echo', echo)] });
  const first = await echoed(fetch(`${served.url}/echo`, { method: 'POST', body: TEXT }));
  const second: Echoed = JSON.parse(await http2Post(served.url, '/echo', Buffer.from(TEXT)));
  assert.deepEqual(first, { ...second, contentType: first.contentType });
  assert.equal(second.body, TEXT);
});

test('the first bytes may come one by one', async () => {
  await using served = await startTestServer({ routes: [route('GET', '/', () => plain('here'))] });
  const socket = connect(served.port, '127.0.0.1');
  for (const byte of 'P') socket.write(byte);
  await sleep(20);
  socket.write('OST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  const answer = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())));
  assert.match(answer, /^HTTP\/1\.1 405 /);
  socket.destroy();
});

const CODINGS: readonly (readonly [string, Uint8Array])[] = [
  ['identity', Buffer.from(TEXT)],
  ['gzip', gzipSync(TEXT)],
  ['GZIP', gzipSync(TEXT)],
  ['x-gzip', gzipSync(TEXT)],
  ['deflate', deflateSync(TEXT)],
  ['deflate', deflateRawSync(TEXT)],
  ['zstd', zstdCompressSync(TEXT)],
  ['snappy', compressSync(TEXT)],
  ['gzip, zstd', zstdCompressSync(gzipSync(TEXT))],
];

test('bodies are decoded', async () => {
  await using served = await startTestServer({ routes: [route('POST', '/echo', echo)] });
  for (const [encoding, body] of CODINGS) {
    const answer = echoed(
      fetch(`${served.url}/echo`, {
        method: 'POST',
        body: Uint8Array.from(body),
        headers: { 'content-encoding': encoding },
      }),
    );
    assert.equal((await answer).body, TEXT, encoding);
  }
});

test('a route may name the coding of bodies that say none', async () => {
  await using served = await startTestServer({ routes: [route('POST', '/write', echo, { onlyEncoding: 'snappy' })] });
  const answer = echoed(fetch(`${served.url}/write`, { method: 'POST', body: Uint8Array.from(Buffer.from(compressSync(TEXT))) }));
  assert.equal((await answer).body, TEXT);
});

/** A snappy block that says it decodes to `length` bytes. */
function snappyOf(length: number, rest: Uint8Array): Uint8Array {
  const bytes: number[] = [];
  let left = length;
  for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes.push((left % 0x80) | 0x80);
  return Uint8Array.from([...bytes, left, ...rest]);
}

const ZEROS = Buffer.alloc(4 * 1024 * 1024);

const REFUSED: readonly (readonly [string, string, Uint8Array, number, RegExp])[] = [
  ['a gzip bomb', 'gzip', gzipSync(ZEROS), 413, /server\.bodyBytesMax/],
  ['a bomb in a bomb', 'gzip, gzip', gzipSync(gzipSync(ZEROS)), 413, /server\.bodyBytesMax/],
  ['a deflate bomb', 'deflate', deflateSync(ZEROS), 413, /server\.bodyBytesMax/],
  ['a zstd bomb', 'zstd', zstdCompressSync(ZEROS), 413, /server\.bodyBytesMax/],
  ['a snappy bomb', 'snappy', Buffer.from(compressSync(ZEROS)), 413, /server\.bodyBytesMax/],
  ['a snappy length that is a lie', 'snappy', snappyOf(900_000, new Uint8Array(10)), 400, /not valid snappy/],
  ['a snappy length over 32 bits', 'snappy', Uint8Array.from([255, 255, 255, 255, 255, 1]), 400, /not valid snappy/],
  ['a body over the limit as it is', '', ZEROS, 413, /server\.bodyBytesMax/],
  ['truncated gzip', 'gzip', gzipSync(TEXT).subarray(0, 40), 400, /not valid gzip/],
  ['truncated zstd', 'zstd', zstdCompressSync(TEXT).subarray(0, 20), 400, /not valid zstd/],
  ['truncated snappy', 'snappy', Buffer.from(compressSync(TEXT)).subarray(0, 20), 400, /not valid snappy/],
  ['garbage as deflate', 'deflate', Uint8Array.from([7, 7, 7, 7]), 400, /not valid deflate/],
  ['a coding that is none', 'lzma', Buffer.from('x'), 415, /"lzma"/],
  ['a name from the prototype', 'constructor', Buffer.from('x'), 415, /"constructor"/],
  ['too many codings', 'gzip, gzip, gzip', Buffer.from('x'), 415, /codings/],
];

test('bodies that cannot be taken are refused, and the server goes on', async () => {
  await using served = await startTestServer({ routes: [route('POST', '/echo', echo)], settings: { bodyBytesMax: 1024 * 1024 } });
  for (const [name, encoding, body, status, message] of REFUSED) {
    const answer = await fetch(`${served.url}/echo`, {
      method: 'POST',
      body: Uint8Array.from(body),
      headers: encoding === '' ? {} : { 'content-encoding': encoding },
    });
    assert.deepEqual([answer.status, message.test(await answer.text())], [status, true], name);
  }
  assert.match(served.metrics.render('text'), /sightline_http_body_bytes_in_flight 0\n/);
});

test('bodies in flight have a bound together', async () => {
  await using served = await startTestServer({ routes: [route('POST', '/echo', echo)], settings: { bodyBytesInFlightMax: 1000 } });
  const answer = await fetch(`${served.url}/echo`, { method: 'POST', body: TEXT });
  assert.deepEqual([answer.status, answer.headers.get('retry-after')], [503, '1']);
  assert.match(await answer.text(), /server\.bodyBytesInFlightMax/);
});

test('form fields come before the query string, except where bodies are data', async () => {
  await using served = await startTestServer({
    routes: [route('POST', '/query', echo), route('POST', '/write', echo, { access: 'write' })],
  });
  const form = { method: 'POST', body: 'a=1&a=2&b=%2B+x', headers: { 'content-type': 'application/x-www-form-urlencoded' } };
  assert.deepEqual((await echoed(fetch(`${served.url}/query?a=3`, form))).query, [
    ['a', '1'],
    ['a', '2'],
    ['b', '+ x'],
    ['a', '3'],
  ]);
  const written = await echoed(fetch(`${served.url}/write?a=3`, form));
  assert.deepEqual([written.query, written.body], [[['a', '3']], form.body]);
});

test('tenants come from the header: several for a read, one for a write', async () => {
  await using served = await startTestServer({
    routes: [route('POST', '/query', echo), route('POST', '/write', echo, { access: 'write' })],
  });
  const ask = async (path: string, tenant: string): Promise<unknown> => {
    const answer = await fetch(served.url + path, { method: 'POST', headers: tenant === '' ? {} : { 'x-scope-orgid': tenant } });
    return answer.ok ? (await echoed(Promise.resolve(answer))).tenants : answer.status;
  };
  assert.deepEqual(await ask('/query', ''), ['anonymous']);
  assert.deepEqual(await ask('/query', 'b|a|b'), ['a', 'b']);
  assert.deepEqual(await ask('/write', 'a'), ['a']);
  assert.equal(await ask('/write', 'a|b'), 400);
  assert.equal(await ask('/query', '../x'), 400);
});

test('HEAD, OPTIONS, an unknown path and another method', async () => {
  await using served = await startTestServer({ routes: [route('GET', '/text', () => plain(TEXT))] });
  const head = await fetch(`${served.url}/text`, { method: 'HEAD', headers: { 'accept-encoding': 'identity' } });
  assert.deepEqual([head.status, head.headers.get('content-length'), await head.text()], [200, String(TEXT.length), '']);
  const options = await fetch(`${served.url}/text`, { method: 'OPTIONS' });
  assert.deepEqual([options.status, options.headers.get('allow')], [204, 'GET, HEAD, OPTIONS']);
  const post = await fetch(`${served.url}/text`, { method: 'POST', body: 'x' });
  assert.deepEqual([post.status, post.headers.get('allow')], [405, 'GET, HEAD, OPTIONS']);
  assert.equal((await fetch(`${served.url}/none`)).status, 404);
});

test('pages of other origins may call when the setting names them', async () => {
  await using served = await startTestServer({
    routes: [route('POST', '/v1/metrics', echo)],
    settings: { corsOrigins: ['https://shop.example'] },
  });
  const ask = (origin: string): Promise<Response> =>
    fetch(`${served.url}/v1/metrics`, { method: 'OPTIONS', headers: { origin, 'access-control-request-headers': 'content-type,x-a' } });
  const allowed = await ask('https://shop.example');
  assert.deepEqual(
    [allowed.status, allowed.headers.get('access-control-allow-origin'), allowed.headers.get('access-control-allow-headers')],
    [204, 'https://shop.example', 'content-type,x-a'],
  );
  assert.equal((await ask('https://other.example')).headers.get('access-control-allow-origin'), null);
});

test('answers are compressed as the client takes them', async () => {
  await using served = await startTestServer({
    routes: [
      route('GET', '/text', () => plain(TEXT)),
      route('GET', '/small', () => plain('small')),
      route('GET', '/stream', () => ({ status: 200, headers: { 'content-type': 'text/plain' }, body: pieces(TEXT, 50) })),
      route('GET', '/image', () => ({ status: 200, headers: { 'content-type': 'image/png' }, body: TEXT })),
    ],
  });
  const unpack: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
    gzip: gunzipSync,
    zstd: zstdDecompressSync,
    none: (bytes) => bytes,
  };
  for (const [path, accept, coding] of [
    ['/text', 'gzip', 'gzip'],
    ['/text', 'gzip, zstd', 'zstd'],
    ['/text', 'gzip;q=1, zstd;q=0.5', 'gzip'],
    ['/text', 'gzip;q=0', 'none'],
    ['/text', '*', 'gzip'],
    ['/small', 'gzip', 'none'],
    ['/image', 'gzip', 'none'],
    ['/stream', 'gzip', 'gzip'],
    ['/stream', 'zstd', 'zstd'],
    ['/stream', '', 'none'],
  ] as const) {
    const { headers, body } = await rawGet(served.port, path, { 'accept-encoding': accept });
    assert.equal(headers['content-encoding'] ?? 'none', coding, `${path} ${accept}`);
    if (path !== '/small') assert.equal(unpack[coding]?.(body).toString(), TEXT, `${path} ${accept}`);
  }
});

test('errors: the route draws them, headers travel, the unexpected tells nothing but an id', async () => {
  const shape = (error: RequestError): Reply => json({ code: error.code, message: error.message }, error.status);
  await using served = await startTestServer({
    routes: [
      route('GET', '/limited', () => Promise.reject(new RequestError('rate_limited', 'too fast', { retryAfterS: 7 })), { error: shape }),
      route('GET', '/broken', () => Promise.reject(new Error('the secret inside')), { error: shape }),
      route('GET', '/first', () => ({ status: 200, body: failing(0) }), { error: shape }),
    ],
  });
  const limited = await fetch(`${served.url}/limited`);
  assert.deepEqual(
    [limited.status, limited.headers.get('retry-after'), await limited.json()],
    [429, '7', { code: 'rate_limited', message: 'too fast' }],
  );
  const broken = await fetch(`${served.url}/broken`, { headers: { 'x-request-id': 'mine-1' } });
  assert.deepEqual([broken.status, broken.headers.get('x-request-id')], [500, 'mine-1']);
  assert.deepEqual(await broken.json(), { code: 'internal', message: 'internal error; the log tells more under request id mine-1' });
  assert.equal(served.logged.filter((line) => line.includes('the secret inside')).length, 1);
  assert.match(served.metrics.render('text'), /sightline_internal_errors_total 1\n/);
  // A stream that fails before its first piece is an error with its status.
  assert.equal((await fetch(`${served.url}/first`)).status, 422);
});

test('a stream that fails midway is cut, so that it does not look whole', async () => {
  await using served = await startTestServer({ routes: [route('GET', '/cut', () => ({ status: 200, body: failing(3) }))] });
  const answer = await fetch(`${served.url}/cut`);
  assert.equal(answer.status, 200);
  await assert.rejects(answer.text());
});

test('a request id that is no id is replaced', async () => {
  await using served = await startTestServer({ routes: [route('GET', '/', () => plain(''))] });
  const answer = await fetch(served.url, { headers: { 'x-request-id': 'a b{}' } });
  assert.match(answer.headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/);
});

test('a client that goes away aborts the signal and ends the stream', async () => {
  const seen = Promise.withResolvers<unknown>();
  const ended = Promise.withResolvers<void>();
  await using served = await startTestServer({
    routes: [
      route('GET', '/wait', async ({ signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        seen.resolve(signal.reason);
        return plain('');
      }),
      route('GET', '/endless', () => ({ status: 200, body: endless(ended.resolve) })),
    ],
  });
  const waiting = new AbortController();
  const wait = fetch(`${served.url}/wait`, { signal: waiting.signal });
  while (served.server.addresses.length > 0 && !/in_flight 1\n/.test(served.metrics.render('text'))) await sleep(5);
  waiting.abort();
  await assert.rejects(wait);
  assert.equal((await seen.promise) instanceof RequestError, true);
  const reading = new AbortController();
  const answer = await fetch(`${served.url}/endless`, { signal: reading.signal });
  await answer.body?.getReader().read();
  reading.abort();
  await ended.promise;
});

test('slow clients are closed: no first byte, no end of headers, no end of body', async () => {
  await using served = await startTestServer({
    routes: [route('POST', '/echo', echo)],
    headerTimeoutMs: 1000,
    settings: { bodyTimeout: 50 },
  });
  // All at once, since each waits; long enough that what a busy machine sends is read before.
  const sent = ['', 'PRI * HT', 'POST /echo HTTP/1.1\r\nhost: a\r\nx-', 'POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc'];
  const [nothing, half, headers, body] = await Promise.all(sent.map((text) => converse(served.port, text)));
  assert.deepEqual([nothing, half], ['', '']);
  assert.match(headers ?? '', /^HTTP\/1\.1 408 /);
  assert.match(body ?? '', /^HTTP\/1\.1 400 [^]*server\.bodyTimeout/);
});

test('what is not HTTP is refused', async () => {
  await using served = await startTestServer({ routes: [] });
  assert.match(await converse(served.port, '\u0000\u0001\u0002 nonsense\r\n\r\n'), /^HTTP\/1\.1 400 /);
  assert.match(await converse(served.port, `GET / HTTP/1.1\r\nhost: a\r\nx-long: ${'a'.repeat(40_000)}\r\n\r\n`), /^HTTP\/1\.1 431 /);
});

test('the stop finishes what was accepted and takes nothing new', async () => {
  const entered = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  const served = await startTestServer({
    routes: [
      route('GET', '/slow', async () => {
        entered.resolve();
        await left.promise;
        return plain('finished');
      }),
    ],
  });
  const slow = fetch(`${served.url}/slow`);
  await entered.promise;
  const stopped = served.server.stop();
  await assert.rejects(fetch(`${served.url}/slow`));
  left.resolve();
  assert.equal(await (await slow).text(), 'finished');
  await stopped;
});

test('the stop ends what does not finish', async () => {
  const entered = Promise.withResolvers<void>();
  const served = await startTestServer({
    drainTimeoutMs: 20,
    routes: [
      route('GET', '/never', ({ signal }) => {
        entered.resolve();
        return new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason instanceof Error ? signal.reason : new Error('?'))),
        );
      }),
    ],
  });
  const never = fetch(`${served.url}/never`).then(
    (answer) => answer.status,
    () => 0,
  );
  await entered.promise;
  await served.server.stop();
  assert.ok([0, 503].includes(await never));
});

test('a port that is taken is an error that says which', async () => {
  await using served = await startTestServer({});
  await assert.rejects(
    startTestServer({ settings: { listen: { host: '127.0.0.1', port: served.port } } }),
    /server\.listen: cannot listen on 127\.0\.0\.1/,
  );
});

async function* pieces(text: string, size: number): AsyncGenerator<string> {
  for (let i = 0; i < text.length; i += size) yield await Promise.resolve(text.slice(i, i + size));
}

async function* failing(after: number): AsyncGenerator<string> {
  for (let i = 0; i < after; i++) {
    yield `piece ${i}`;
    await sleep(5);
  }
  throw new RequestError('execution', 'the stream failed');
}

async function* endless(onEnd: () => void): AsyncGenerator<string> {
  try {
    for (;;) yield await Promise.resolve(TEXT);
  } finally {
    onEnd();
  }
}

function http2Post(url: string, path: string, body: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(url);
    session.on('error', reject);
    const stream = session.request({ ':path': path, ':method': 'POST' });
    let answer = '';
    stream.setEncoding('utf8');
    stream.on('data', (piece: string) => {
      answer += piece;
    });
    stream.on('end', () => {
      session.close();
      resolve(answer);
    });
    stream.on('error', reject);
    stream.end(body);
  });
}

/** A GET whose answer is left as it came. */
function rawGet(port: number, path: string, headers: Record<string, string>): Promise<{ headers: Record<string, unknown>; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, path, headers, host: '127.0.0.1' }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks) }));
    });
    request.on('error', reject);
    request.end();
  });
}
