// Zipkin's forms of spans, each as it comes over the wire, against what is made of them.

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import test from 'node:test';
import { ProtobufWriter } from '../../base/protobuf-writer.ts';
import { RequestError } from '../../base/request-error.ts';
import { attribute } from '../../otlp/any-value.ts';
import type { AnyValue, Attributes } from '../../otlp/any-value.ts';
import type { StoredSpan } from '../write.ts';
import { RecordingSpanWrite } from './recording-span-write.ts';
import { ThriftWriter } from './test-thrift-writer.ts';
import { readZipkinJson } from './zipkin-json.ts';
import { ipv6Text, readZipkinProtobuf } from './zipkin-protobuf.ts';
import { ZipkinTranslation } from './zipkin-span.ts';
import { readZipkinThrift } from './zipkin-thrift.ts';
import { readZipkinV1Json } from './zipkin-v1-json.ts';

const NOW_NS = 1_800_000_000_000_000_000n;
const IDS = { traceId: '463ac35c9f6413ad48485a3953bb6124', id: 'a2fb4a1d1a96d312' };

type Reader = (body: Uint8Array, into: ZipkinTranslation) => void;

function read(reader: Reader, body: Uint8Array): RecordingSpanWrite {
  const write = new RecordingSpanWrite();
  reader(body, new ZipkinTranslation(write, NOW_NS));
  return write;
}

function spans(json: unknown, reader: Reader = readZipkinJson): readonly StoredSpan[] {
  return read(reader, Buffer.from(JSON.stringify(json))).spans;
}

/** The one span of a list of one. */
function one(fields: object, reader: Reader = readZipkinJson): StoredSpan {
  const [stored] = spans([{ ...IDS, timestamp: 1_700_000_000_000_000, duration: 1500, ...fields }], reader);
  assert.ok(stored);
  return stored;
}

function record(attributes: Attributes): Record<string, AnyValue> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value]));
}

function hex(id: Uint8Array): string {
  return Buffer.from(id).toString('hex');
}

test('a span of version 2 keeps all that it says', () => {
  const { source, span } = one({
    parentId: '6b221d5bc9e6496c',
    kind: 'CLIENT',
    name: 'get /things',
    debug: true,
    localEndpoint: { serviceName: 'shop', ipv4: '10.0.0.1', port: 8080 },
    remoteEndpoint: { serviceName: 'stock', ipv6: '2001:db8::1', port: 443 },
    annotations: [{ timestamp: 1_700_000_000_000_500, value: 'sent' }],
    tags: { 'http.method': 'GET', 'host.name': 'a', 'otel.library.name': 'lib', 'otel.library.version': '2' },
  });
  assert.deepEqual(record(source.resource), { 'service.name': 'shop', 'host.name': 'a' });
  assert.deepEqual([source.scopeName, source.scopeVersion], ['lib', '2']);
  assert.deepEqual([hex(span.traceId), hex(span.spanId), hex(span.parentId)], [IDS.traceId, IDS.id, '6b221d5bc9e6496c']);
  assert.deepEqual([span.kind, span.name, span.flags], [3, 'get /things', 1]);
  assert.deepEqual([span.startNs, span.endNs], [1_700_000_000_000_000_000n, 1_700_000_000_001_500_000n]);
  assert.deepEqual(record(span.attributes), {
    'http.method': 'GET',
    'net.host.ip': '10.0.0.1',
    'net.host.port': 8080n,
    'peer.service': 'stock',
    'net.peer.ip': '2001:db8::1',
    'net.peer.port': 443n,
  });
  assert.deepEqual(span.events, [{ timeNs: 1_700_000_000_000_500_000n, name: 'sent', attributes: [], droppedAttributes: 0 }]);
});

test('ids are padded, and a parent of zeros or of the span itself is none', () => {
  const { span } = one({ traceId: '48485a3953bb6124', id: '1F', parentId: '0000000000000000' });
  assert.deepEqual(
    [hex(span.traceId), hex(span.spanId), span.parentId.length],
    ['000000000000000048485a3953bb6124', '000000000000001f', 0],
  );
  assert.equal(one({ parentId: IDS.id }).span.parentId.length, 0);
});

test('tags of a status become the status', () => {
  const cases: readonly (readonly [object, number, string, AnyValue | undefined])[] = [
    [{}, 0, '', undefined],
    [{ error: 'true' }, 2, '', undefined],
    [{ error: '' }, 2, '', undefined],
    [{ error: 'false' }, 0, '', 'false'],
    [{ error: 'timed out' }, 2, 'timed out', 'timed out'], // people search for it
    [{ 'otel.status_code': 'ERROR', error: 'timed out' }, 2, 'timed out', undefined], // an exporter of OpenTelemetry
    [{ 'otel.status_code': 'STATUS_CODE_ERROR', 'otel.status_description': 'no' }, 2, 'no', undefined],
    [{ 'otel.status_code': 'OK' }, 1, '', undefined],
    [{ 'otel.status_code': 'UNSET' }, 0, '', undefined],
  ];
  for (const [tags, status, message, error] of cases) {
    const { span } = one({ tags });
    assert.deepEqual(
      [span.status, span.statusMessage, attribute(span.attributes, 'error')],
      [status, message, error],
      JSON.stringify(tags),
    );
    assert.equal(attribute(span.attributes, 'otel.status_code'), undefined);
  }
});

test('links and attributes of events are unpacked, and texts that only look like them stay', () => {
  const link = `${IDS.traceId}|${IDS.id}|a=b|{"x":"1|2","n":3,"ok":true,"d":0.5}|4`;
  const { span } = one({
    tags: { 'otlp.link.0': link, 'otlp.link.1': 'nothing' },
    annotations: [
      { timestamp: 1_700_000_000_000_000, value: 'retry|{"attempt":2}|1' },
      { timestamp: 1_700_000_000_000_000, value: 'a|b|c' },
    ],
  });
  assert.deepEqual(
    span.links.map(({ traceState, attributes, droppedAttributes }) => [traceState, record(attributes), droppedAttributes]),
    [['a=b', { x: '1|2', n: 3n, ok: true, d: 0.5 }, 4]],
  );
  assert.deepEqual(
    span.events.map(({ name, attributes, droppedAttributes }) => [name, record(attributes), droppedAttributes]),
    [
      ['retry', { attempt: 2n }, 1],
      ['a|b|c', {}, 0],
    ],
  );
  assert.deepEqual(record(span.attributes), { 'otlp.link.1': 'nothing' });
});

test('a span without a time has that of its annotations, or of its coming, and says so', () => {
  const without = { timestamp: undefined, duration: undefined };
  const { span } = one({ ...without, annotations: [{ timestamp: 1_700_000_000_000_007, value: 'x' }] });
  assert.deepEqual([span.startNs, span.endNs], [1_700_000_000_000_007_000n, 1_700_000_000_000_007_000n]);
  assert.equal(attribute(span.attributes, 'otel.zipkin.absentField.startTime'), true);
  assert.equal(one({ ...without, duration: 2 }).span.endNs, NOW_NS + 2000n);
});

test('both sides of a shared span are kept, of one source each', () => {
  const local = (serviceName: string): object => ({ ...IDS, timestamp: 1_700_000_000_000_000, localEndpoint: { serviceName } });
  const stored = spans([
    { ...local('a'), kind: 'CLIENT' },
    { ...local('b'), kind: 'SERVER', shared: true },
    { ...local('a'), id: '1' },
  ]);
  assert.deepEqual(
    stored.map(({ span, source }) => [span.kind, attribute(source.resource, 'service.name'), span.isShared]),
    [
      [3, 'a', undefined],
      [2, 'b', true],
      [0, 'a', undefined],
    ],
  );
  assert.equal(stored[0]?.source, stored[2]?.source);
});

test('what is malformed is said with the span and the field', () => {
  const good = { ...IDS, name: 'get' };
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [{}, /the body: expected a list of spans/],
    [[1], /span 0: expected an object, got 1/],
    [[good, { ...good, id: 'xyz' }], /span 1 \("get"\): id: expected 1 to 16 hexadecimal digits, got "xyz"/],
    [[{ ...good, traceId: '' }], /traceId: expected 1 to 32/],
    [[{ ...good, parentId: '12345678901234567' }], /parentId: expected 1 to 16/],
    [[{ ...good, kind: 'SERVANT' }], /kind: expected CLIENT, SERVER/],
    [[{ ...good, timestamp: 1.5 }], /timestamp: expected whole microseconds, got 1.5/],
    [[{ ...good, duration: -1 }], /duration: expected whole microseconds/],
    [[{ ...good, tags: { a: 1 } }], /tags: a: expected a string, got 1/],
    [[{ ...good, annotations: [{ value: 3 }] }], /annotations\[0\]: value: expected a string/],
    [[{ ...good, localEndpoint: { port: 70000 } }], /localEndpoint: port: expected a number up to 65535/],
  ];
  for (const [json, message] of cases) assert.throws(() => spans(json), { code: 'bad_data', message }, String(message));
  assert.throws(() => read(readZipkinJson, Buffer.from('[{')), RequestError);
  // An id of zeros is well written, and refused by itself.
  const { refusals, spans: kept } = read(
    readZipkinJson,
    Buffer.from(
      JSON.stringify([
        { ...good, id: '0' },
        { ...good, timestamp: 5 },
      ]),
    ),
  );
  assert.deepEqual([refusals.map(({ reason }) => reason), kept.length], [['invalid_span_id'], 1]);
});

test('protobuf says the same as JSON', () => {
  const endpoint = (w: ProtobufWriter, name: string): ProtobufWriter =>
    w
      .text(1, name)
      .blob(2, Uint8Array.of(10, 0, 0, 1))
      .varint(4, 80);
  const body = new ProtobufWriter().message(1, (w) => {
    w.blob(1, Buffer.from('48485a3953bb6124', 'hex')).blob(2, Buffer.from('6b221d5bc9e6496c', 'hex')).blob(3, Buffer.from(IDS.id, 'hex'));
    w.varint(4, 2).text(5, 'get').fixed64(6, 1_700_000_000_000_000n).varint(7, 1500).varint(12, 1).varint(13, 1);
    w.message(8, (inner) => endpoint(inner, 'shop')).message(9, (inner) => endpoint(inner, 'web'));
    w.message(10, (inner) => inner.fixed64(1, 1_700_000_000_000_001n).text(2, 'x')).message(11, (inner) => inner.text(1, 'k').text(2, 'v'));
  });
  const [stored] = read(readZipkinProtobuf, new Uint8Array(body.bytes())).spans;
  const local = { ipv4: '10.0.0.1', port: 80 };
  const same = one({
    traceId: '48485a3953bb6124',
    parentId: '6b221d5bc9e6496c',
    kind: 'SERVER',
    name: 'get',
    debug: true,
    shared: true,
    tags: { k: 'v' },
    localEndpoint: { serviceName: 'shop', ...local },
    remoteEndpoint: { serviceName: 'web', ...local },
    annotations: [{ timestamp: 1_700_000_000_000_001, value: 'x' }],
  });
  assert.deepEqual([stored?.source, stored?.span], [same.source, same.span]);
});

test('addresses of 16 bytes are written as people write them', () => {
  const address = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.padEnd(32, '0'), 'hex'));
  assert.equal(ipv6Text(address('20010db8000000000000000000000001')), '2001:db8::1');
  assert.equal(ipv6Text(address('00000000000000000000000000000001')), '::1');
  assert.equal(ipv6Text(address('')), '::');
  assert.equal(ipv6Text(address('20010db8000100020003000400050006')), '2001:db8:1:2:3:4:5:6');
});

const SIDES = [
  { timestamp: 1_700_000_000_000_000, value: 'cs', endpoint: { serviceName: 'web' } },
  { timestamp: 1_700_000_000_000_100, value: 'sr', endpoint: { serviceName: 'shop' } },
  { timestamp: 1_700_000_000_000_150, value: 'cached', endpoint: { serviceName: 'shop' } },
  { timestamp: 1_700_000_000_000_200, value: 'ss', endpoint: { serviceName: 'shop' } },
  { timestamp: 1_700_000_000_000_300, value: 'cr', endpoint: { serviceName: 'web' } },
];

test('a span of version 1 that both sides wrote becomes two', () => {
  const binaryAnnotations = [
    { key: 'http.path', value: '/', endpoint: { serviceName: 'web' } },
    { key: 'rows', value: '7', endpoint: { serviceName: 'shop' } },
    { key: 'sa', value: true, endpoint: { serviceName: 'shop', port: 80 } },
  ];
  const stored = spans(
    [{ ...IDS, name: 'get', timestamp: 1_700_000_000_000_000, duration: 300, annotations: SIDES, binaryAnnotations }],
    readZipkinV1Json,
  );
  const read = stored.map(({ span, source }) => ({
    kind: span.kind,
    service: attribute(source.resource, 'service.name'),
    took: span.endNs - span.startNs,
    attributes: record(span.attributes),
    events: span.events.map(({ name }) => name),
  }));
  const client = { 'http.path': '/', 'peer.service': 'shop', 'net.peer.port': 80n };
  assert.deepEqual(read, [
    { kind: 3, service: 'web', took: 300_000n, attributes: client, events: [] },
    { kind: 2, service: 'shop', took: 100_000n, attributes: { rows: '7' }, events: ['cached'] },
  ]);
  assert.deepEqual(
    stored.map(({ span }) => span.isShared),
    [undefined, true],
  );
});

test('a server of version 1 whose span has no times of its own is the other side of one', () => {
  const annotations = SIDES.slice(1, 4);
  assert.equal(one({ timestamp: undefined, annotations }, readZipkinV1Json).span.isShared, true);
  assert.equal(one({ annotations }, readZipkinV1Json).span.isShared, undefined);
});

test('a local span of version 1 has the component and service of its tags', () => {
  const binaryAnnotations = [{ key: 'lc', value: 'pool', endpoint: { serviceName: 'shop' } }];
  const { source, span } = one({ binaryAnnotations }, readZipkinV1Json);
  assert.deepEqual([record(source.resource), record(span.attributes), span.kind], [{ 'service.name': 'shop' }, { component: 'pool' }, 0]);
});

test('version 1 in Thrift', () => {
  const host = (w: ThriftWriter): ThriftWriter => w.i32(1, 0x0a000001).i16(2, 80).text(3, 'shop').stop();
  const body = new ThriftWriter().listOf(1, (span) => {
    span.i64(1, 0x48485a3953bb6124n).text(3, 'get').i64(4, 5n).i64(10, 1_700_000_000_000_000n).i64(11, 9n);
    span.list(6, 1, (w) => w.i64(1, 1_700_000_000_000_000n).text(2, 'sr').struct(3, host).stop());
    span.list(8, 2, (w, i) =>
      (i === 0
        ? w.text(1, 'a').text(2, 'b').i32(3, 6)
        : w
            .text(1, 'n')
            .binary(2, Uint8Array.of(0, 0, 1, 0))
            .i32(3, 3)
      ).stop(),
    );
    span.stop();
  });
  const [stored] = read(readZipkinThrift, body.bytes()).spans;
  assert.ok(stored);
  assert.deepEqual([stored.span.kind, stored.span.name, stored.span.endNs - stored.span.startNs], [2, 'get', 9000n]);
  assert.deepEqual(record(stored.span.attributes), { a: 'b', n: 256n, 'net.host.ip': '10.0.0.1', 'net.host.port': 80n });
  assert.deepEqual(record(stored.source.resource), { 'service.name': 'shop' });
});
