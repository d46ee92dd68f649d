// `tempopb.StreamingQuerier` over a real socket, with the client that SDKs use, over the real store.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';

import { ProtobufReader } from '../../base/protobuf.ts';
import { ProtobufWriter } from '../../base/protobuf-writer.ts';
import { startTestServer } from '../../server/test-server.ts';
import { tracesGrpcRoutes } from './grpc.ts';
import { searchPackets } from './protobuf.ts';
import { openTestTraces, START_NS, START_S } from '../test-traces.ts';

const directory = await mkdtemp(join(tmpdir(), 'traces-grpc-'));
const stack = new AsyncDisposableStack();
let client: Client;

before(async () => {
  const options = await openTestTraces(directory, stack);
  const served = stack.use(await startTestServer({ grpcRoutes: tracesGrpcRoutes(options) }));
  client = new Client(`127.0.0.1:${served.port}`, credentials.createInsecure());
  stack.defer(() => client.close());
});

after(async () => {
  await stack.disposeAsync();
  await rm(directory, { recursive: true, force: true });
});

/** The messages of an answer, or the code and the text with which it ended. */
function call(method: string, write: (out: ProtobufWriter) => void, tenant = 'a'): Promise<readonly Buffer[] | readonly [number, string]> {
  const out = new ProtobufWriter();
  write(out);
  const metadata = new Metadata();
  metadata.set('x-scope-orgid', tenant);
  const same = (bytes: Buffer): Buffer => bytes;
  const stream = client.makeServerStreamRequest(`/tempopb.StreamingQuerier/${method}`, same, same, out.bytes(), metadata);
  const messages: Buffer[] = [];
  stream.on('data', (message: Buffer) => messages.push(message));
  return new Promise((resolve) => {
    stream.on('error', ({ code, details }: ServiceError) => resolve([code, details]));
    stream.on('end', () => resolve(messages));
  });
}

/** The fields `path` of a message, one within the other, as bytes. */
function fields(message: Uint8Array, [first, ...rest]: readonly number[]): readonly Buffer[] {
  const found: Buffer[] = [];
  const r = new ProtobufReader(message);
  while (r.next()) {
    if (r.field !== first) r.skip();
    else found.push(...(rest.length === 0 ? [Buffer.from(r.slice())] : fields(r.slice(), rest)));
  }
  return found;
}

async function texts(
  method: string,
  path: readonly number[],
  write: (out: ProtobufWriter) => void,
  tenant = 'a',
): Promise<readonly string[]> {
  const messages = await call(method, write, tenant);
  return messages.flatMap((message) => (Buffer.isBuffer(message) ? fields(message, path).map(String) : [`failed: ${message}`]));
}

const hex = (n: number): string => n.toString(16).padStart(32, '0');

test('a search gives what is new as it is found, and all at its end', async () => {
  const found = await texts('Search', [1, 1], (out) =>
    out
      .text(8, '{}')
      .varint(5, START_S)
      .varint(6, START_S + 900),
  );
  assert.deepEqual(found.slice(-5), [5, 4, 3, 2, 1].map(hex));
  assert.deepEqual(new Set(found).size, 5);
  assert.deepEqual(
    await texts('Search', [1, 7, 1, 2], (out) => out.text(8, '{ status = error }').varint(4, 1)),
    await texts('Search', [1, 6, 1, 2], (out) => out.text(8, '{ status = error }').varint(4, 1)),
  );
  const tagged = await texts('Search', [1, 1], (out) => out.message(1, (entry) => entry.text(1, 'a/b.c').text(2, 'V3')));
  assert.deepEqual(new Set(tagged), new Set([hex(3)]));
  assert.ok((await texts('Search', [1, 1], () => undefined, 'a|b')).includes(hex(9)));
});

test('names and values', async () => {
  assert.deepEqual(await texts('SearchTagsV2', [1, 1], () => undefined), ['resource', 'span', 'event', 'instrumentation', 'intrinsic']);
  assert.deepEqual(await texts('SearchTagsV2', [1, 2], (out) => out.text(1, 'event')), ['exception.message']);
  assert.deepEqual(await texts('SearchTags', [1], (out) => out.text(1, 'resource')), ['cluster', 'service.name']);
  const values = (method: string, name: string, path: readonly number[]): Promise<readonly string[]> =>
    texts(method, path, (out) =>
      out
        .text(1, name)
        .varint(4, START_S)
        .varint(5, START_S + 900),
    );
  assert.deepEqual(await values('SearchTagValuesV2', 'span.http.status_code', [1, 2]), ['200', '500']);
  assert.deepEqual(await values('SearchTagValuesV2', 'span.http.status_code', [1, 1]), ['int', 'int']);
  assert.deepEqual(await values('SearchTagValues', 'service.name', [1]), ['db', 'web']);
});

test('metrics over time and over all of a range', async () => {
  const range = (out: ProtobufWriter): ProtobufWriter => out.varint(2, START_NS).varint(3, START_NS + 600_000_000_000n);
  const query = (out: ProtobufWriter): ProtobufWriter => range(out).text(1, '{ } | count_over_time() by(resource.service.name)');
  assert.deepEqual(await texts('MetricsQueryRange', [1, 1, 2, 1], (out) => query(out).varint(4, 300_000_000_000)), ['db', 'web']);
  const [message] = await call('MetricsQueryInstant', query);
  assert.ok(Buffer.isBuffer(message));
  const [series] = fields(message, [1]);
  assert.ok(series !== undefined);
  const r = new ProtobufReader(series);
  let value = 0;
  while (r.next()) {
    if (r.field === 2) value = r.double();
    else r.skip();
  }
  assert.equal(value, 5);
});

test('what cannot be answered ends with its status', async () => {
  const cases: readonly (readonly [string, (out: ProtobufWriter) => void, number, RegExp])[] = [
    ['Search', (out) => out.text(8, '{'), 3, /parse error/],
    ['Search', (out) => out.varint(5, 20).varint(6, 10), 3, /start must be before end/],
    ['Search', (out) => out.varint(4, 1_000_000), 3, /limits\.traces\.tracesMax/],
    ['Search', (out) => out.varint(8, 1), 3, /malformed protobuf/],
    ['SearchTags', (out) => out.text(1, 'x'), 3, /invalid scope: x/],
    ['SearchTagValuesV2', () => undefined, 3, /non-empty tagName/],
    ['MetricsQueryRange', (out) => out.text(1, '{ }'), 3, /no metrics function/],
    ['MetricsQueryRange', (out) => out.text(1, '{ } | rate()').varint(4, 2n ** 64n - 1n), 3, /ends too late/],
    ['MetricsQueryInstant', (out) => out.text(1, '{ } | rate()').varint(3, 2n ** 64n - 1n), 3, /start must be before end/],
    ['None', () => undefined, 12, /unknown method/],
  ];
  for (const [method, write, code, problem] of cases) {
    const [first, text] = await call(method, write);
    assert.equal(first, code, method);
    assert.match(String(text), problem);
  }
});

test('a large answer comes in packets', () => {
  const attributes = [['span.text', { type: 'string', value: 'x'.repeat(10_000) }]] as const;
  const span = { spanId: '1', name: '', startNs: 1n, durationNs: 1n, attributes };
  const trace = { traceId: hex(1), rootName: '', rootServiceName: '', startNs: 1n, durationNs: 1n, services: new Map() };
  const traces = Array.from({ length: 400 }, () => ({ ...trace, spansets: [{ spans: [span], matched: 1, attributes: [] }] }));
  const stats = { inspectedTraces: 1, inspectedBytes: 0, inspectedSpans: 0 };
  const packets = [...searchPackets({ traces, stats, stopped: undefined }, true)];
  assert.ok(packets.length >= 4 && packets.every(({ length }) => length < 4_000_000));
  assert.equal(packets.flatMap((packet) => fields(packet, [1])).length, 400);
});
