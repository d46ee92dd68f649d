// Jaeger's forms of spans, each as it comes over the wire, against what is made of them.

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import test from 'node:test';
import { ProtobufWriter } from '../../base/protobuf-writer.ts';
import { attribute } from '../../otlp/any-value.ts';
import type { AnyValue, Attributes, KeyValue } from '../../otlp/any-value.ts';
import type { Span, StoredSpan } from '../write.ts';
import { readJaegerProtobuf } from './jaeger-protobuf.ts';
import { jaegerRoutes } from './jaeger-routes.ts';
import { JaegerTranslation } from './jaeger-span.ts';
import type { JaegerSpan } from './jaeger-span.ts';
import { readJaegerThrift } from './jaeger-thrift.ts';
import { RecordingSpanWrite } from './recording-span-write.ts';
import { ThriftWriter } from './test-thrift-writer.ts';

const TRACE_ID = Uint8Array.from(Buffer.from('463ac35c9f6413ad48485a3953bb6124', 'hex'));
const SPAN_ID = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 5);
const PARENT_ID = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 4);
const START_US = 1_700_000_000_000_000n;

const PLAIN: JaegerSpan = {
  traceId: TRACE_ID,
  spanId: SPAN_ID,
  parentId: new Uint8Array(0),
  name: 'get',
  references: [],
  flags: 1,
  startNs: START_US * 1000n,
  durationNs: 5000n,
  tags: [],
  logs: [],
};

function translated(span: Partial<JaegerSpan>, process = { serviceName: 'shop', tags: [] as Attributes }): StoredSpan {
  const write = new RecordingSpanWrite();
  new JaegerTranslation(write).add(process, { ...PLAIN, ...span }, 1);
  const [stored] = write.spans;
  assert.ok(stored, JSON.stringify(write.refusals));
  return stored;
}

function list(values: Readonly<Record<string, AnyValue>>): readonly KeyValue[] {
  return Object.entries(values).map(([key, value]) => ({ key, value }));
}

function record(attributes: Attributes): Record<string, AnyValue> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value]));
}

function thriftBatch(protocol: 'binary' | 'compact'): Uint8Array {
  const w = new ThriftWriter(protocol);
  w.list(2, 1, (span) => {
    span.i64(1, 0x48485a3953bb6124n).i64(2, 0x463ac35c9f6413adn).i64(3, 5n).i64(4, 4n).text(5, 'get');
    span.list(6, 1, (r) => r.i32(1, 1).i64(2, 7n).i64(3, 0n).i64(4, 8n).stop());
    span.i32(7, 1).i64(8, START_US).i64(9, 5n);
    span.list(10, 5, (tag, i) => thriftTag(tag, i).stop());
    span.list(11, 1, (log) =>
      log
        .i64(1, START_US + 1n)
        .list(2, 1, (tag) => tag.text(1, 'event').i32(2, 0).text(3, 'sent').stop())
        .stop(),
    );
    span.bool(12, false).stop();
  });
  // The process stands behind the spans.
  w.struct(1, (process) =>
    process
      .text(1, 'shop')
      .list(2, 1, (tag) => tag.text(1, 'hostname').i32(2, 0).text(3, 'a').stop())
      .stop(),
  );
  return w.stop().bytes();
}

function thriftTag(w: ThriftWriter, i: number): ThriftWriter {
  const tag = w.text(1, `t${i}`).i32(2, i);
  // Some clients send every field.
  if (i === 0) return tag.text(3, 'text').double(4, 0).bool(5, false).i64(6, 0n).binary(7, new Uint8Array(0));
  if (i === 1) return tag.double(4, 0.5);
  if (i === 2) return tag.bool(5, true);
  return i === 3 ? tag.i64(6, -(2n ** 62n)) : tag.binary(7, Uint8Array.of(1, 2));
}

function protobufBatch(): Uint8Array {
  const tag = (w: ProtobufWriter, name: string): ProtobufWriter => w.text(1, name);
  const process = (w: ProtobufWriter, service: string): ProtobufWriter =>
    w.text(1, service).message(2, (inner) => tag(inner, 'hostname').text(3, 'a'));
  const time = (us: bigint) => (w: ProtobufWriter) => void w.varint(1, us / 1_000_000n).varint(2, (us % 1_000_000n) * 1000n);
  const span = (w: ProtobufWriter): void => {
    w.blob(1, TRACE_ID).blob(2, SPAN_ID).text(3, 'get').varint(5, 1).message(6, time(START_US)).message(7, time(5n));
    w.message(4, (r) => r.blob(1, TRACE_ID).blob(2, PARENT_ID));
    w.message(4, (r) =>
      r
        .blob(1, Uint8Array.of(...SPAN_ID.subarray(0, 7), 7))
        .blob(2, Uint8Array.of(...SPAN_ID.subarray(0, 7), 8))
        .varint(3, 1),
    );
    w.message(8, (t) => tag(t, 't0').text(3, 'text')).message(8, (t) => tag(t, 't1').varint(2, 3).double(6, 0.5));
    w.message(8, (t) => tag(t, 't2').varint(2, 1).varint(4, 1)).message(8, (t) =>
      tag(t, 't3')
        .varint(2, 2)
        .varint(5, -(2n ** 62n)),
    );
    w.message(8, (t) => tag(t, 't4').varint(2, 4).blob(7, Uint8Array.of(1, 2)));
    w.message(9, (log) => log.message(1, time(START_US + 1n)).message(2, (t) => tag(t, 'event').text(3, 'sent')));
  };
  return new Uint8Array(new ProtobufWriter().message(1, (batch) => batch.message(2, (w) => process(w, 'shop')).message(1, span)).bytes());
}

function readAll(read: (into: JaegerTranslation) => void): RecordingSpanWrite {
  const write = new RecordingSpanWrite();
  read(new JaegerTranslation(write));
  return write;
}

test('every form says the same', () => {
  const forms = {
    binary: readAll((into) => readJaegerThrift(thriftBatch('binary'), into, 'binary')),
    compact: readAll((into) => readJaegerThrift(thriftBatch('compact'), into, 'compact')),
    protobuf: readAll((into) => readJaegerProtobuf(protobufBatch(), into)),
  };
  for (const [form, { spans }] of Object.entries(forms)) {
    const [stored] = spans;
    assert.ok(stored, form);
    const { span, source } = stored;
    assert.deepEqual(record(source.resource), { 'service.name': 'shop', 'host.name': 'a' }, form);
    assert.deepEqual([span.traceId, span.spanId, span.parentId], [TRACE_ID, SPAN_ID, PARENT_ID], form);
    assert.deepEqual([span.name, span.flags, span.startNs, span.endNs], ['get', 1, START_US * 1000n, (START_US + 5n) * 1000n], form);
    const tags = { t0: 'text', t1: 0.5, t2: true, t3: -(2n ** 62n), t4: Uint8Array.of(1, 2) };
    assert.deepEqual(record(span.attributes), tags, form);
    assert.deepEqual(
      span.links.map(({ traceId, spanId, attributes }) => [traceId[15], spanId[7], record(attributes)]),
      [[7, 8, { 'opentracing.ref_type': 'follows_from' }]],
      form,
    );
    assert.deepEqual(span.events, [{ timeNs: (START_US + 1n) * 1000n, name: 'sent', attributes: [], droppedAttributes: 0 }], form);
  }
});

test('tags of a status become the status', () => {
  const cases: readonly (readonly [Readonly<Record<string, AnyValue>>, number, string])[] = [
    [{}, 0, ''],
    [{ error: true }, 2, ''],
    [{ error: 'true' }, 2, ''], // clients that know texts only
    [{ error: false }, 0, ''],
    [{ error: true, 'otel.status_code': 'OK', 'otel.status_description': 'no' }, 2, 'no'],
    [{ error: true, 'http.status_message': 'gone' }, 2, 'gone'],
    [{ 'otel.status_code': 'OK' }, 1, ''],
    [{ 'otel.status_code': 'error', 'otel.status_description': 'no' }, 2, 'no'],
    [{ 'http.status_code': 503n }, 2, ''],
    [{ 'http.status_code': '404', 'span.kind': 'client' }, 2, ''],
    [{ 'http.status_code': 404n, 'span.kind': 'server' }, 0, ''], // the client's mistake
    [{ 'http.status_code': 200n }, 0, ''],
  ];
  for (const [tags, status, message] of cases) {
    const { span } = translated({ tags: list(tags) });
    assert.deepEqual([span.status, span.statusMessage], [status, message], JSON.stringify(Object.keys(tags)));
    assert.equal(attribute(span.attributes, 'otel.status_code'), undefined);
  }
});

test('a parent is given, or is the first reference within the trace', () => {
  const other = { traceId: Uint8Array.from(TRACE_ID).fill(1), spanId: Uint8Array.of(1, 1, 1, 1, 1, 1, 1, 1) };
  const follows = { kind: 'followsFrom', traceId: TRACE_ID, spanId: SPAN_ID } as const;
  const child = { kind: 'childOf', traceId: TRACE_ID, spanId: PARENT_ID } as const;
  const shown = ({ parentId, links }: Span): unknown => [parentId, links.map(({ spanId }) => spanId)];
  assert.deepEqual(shown(translated({ references: [follows, child] }).span), [PARENT_ID, [SPAN_ID]]);
  assert.deepEqual(shown(translated({ references: [follows] }).span), [SPAN_ID, [SPAN_ID]]);
  assert.deepEqual(shown(translated({ references: [{ kind: 'childOf', ...other }] }).span), [new Uint8Array(0), [other.spanId]]);
  assert.deepEqual(shown(translated({ parentId: PARENT_ID, references: [child] }).span), [PARENT_ID, []]);
});

test('tags that say what a span is are no attributes', () => {
  const tags = list({ 'span.kind': 'producer', 'otel.scope.name': 'lib', 'otel.scope.version': '1', 'w3c.tracestate': 'a=b', x: 1n });
  const { span, source } = translated({ tags });
  assert.deepEqual(
    [span.kind, span.traceState, source.scopeName, source.scopeVersion, record(span.attributes)],
    [4, 'a=b', 'lib', '1', { x: 1n }],
  );
  assert.equal(translated({ tags: list({ 'otel.library.name': 'old' }) }).source.scopeName, 'old');
});

test('a log is named by its event, or by its message', () => {
  const fields = [list({ event: 'e', message: 'm' }), list({ message: 'm', n: 1n }), list({ level: 'info' })];
  const { span } = translated({ logs: fields.map((each) => ({ timeNs: 5n, fields: each })) });
  assert.deepEqual(
    span.events.map(({ name, attributes }) => [name, record(attributes)]),
    [
      ['e', { message: 'm' }],
      ['m', { n: 1n }],
      ['', { level: 'info' }],
    ],
  );
});

test('what is malformed is said with its place', () => {
  const refuses = (read: (into: JaegerTranslation) => void, message: RegExp): void => {
    assert.throws(() => readAll(read), { code: 'bad_data', message }, String(message));
  };
  const thrift =
    (w: ThriftWriter): ((into: JaegerTranslation) => void) =>
    (into) =>
      readJaegerThrift(w.bytes(), into, 'binary');
  refuses(thrift(new ThriftWriter()), /malformed Thrift at byte 0: 1 bytes past the end/); // nothing
  refuses(thrift(new ThriftWriter().list(2, 1, (w) => w.text(1, 'x').stop()).stop()), /span 0: malformed Thrift .* integer belongs/);
  refuses(
    thrift(new ThriftWriter().list(2, 1, (w) => w.list(10, 1, (tag) => tag.text(1, 'k').i32(2, 9).stop()).stop()).stop()),
    /tag "k": vType 9/,
  );
  refuses((into) => readJaegerThrift(Uint8Array.of(15, 0, 2, 12, 127, 255, 255, 255), into, 'binary'), /2147483647 elements past the end/);
  refuses(
    (into) => readJaegerThrift(Uint8Array.of(...Array.from({ length: 300 }, () => [12, 0, 9]).flat()), into, 'binary'),
    /more than 64 nested/,
  );
  const badReference = new ProtobufWriter().message(1, (b) => b.message(1, (s) => s.message(4, (r) => r.blob(1, Uint8Array.of(1)))));
  refuses((into) => readJaegerProtobuf(badReference.bytes(), into), /a reference to ids of 1 and 0 bytes/);
  // A span without ids is well written, and refused by itself.
  const empty = readAll(thrift(new ThriftWriter().list(2, 1, (w) => w.text(5, 'get').stop()).stop()));
  assert.deepEqual(
    empty.refusals.map(({ reason }) => reason),
    ['invalid_trace_id'],
  );
});

test('a request is answered when it is stored, and says what was refused', async () => {
  const write = new RecordingSpanWrite();
  const { http, grpc } = jaegerRoutes({ beginWrite: () => write });
  const request = { id: '', tenants: ['a'], signal: new AbortController().signal };
  const posted = await grpc[0]?.handle({ ...request, message: protobufBatch() });
  assert.deepEqual([posted, write.committed, write.spans.length], [new Uint8Array(0), true, 1]);
  const body = new ThriftWriter()
    .list(2, 1, (w) => w.text(5, 'get').stop())
    .stop()
    .bytes();
  const sent = { ...request, method: 'POST', path: '', params: {}, query: new URLSearchParams(), accept: '', headers: {}, body } as const;
  const answer = async (type: string): Promise<unknown> => http[0]?.handle({ ...sent, contentType: { type, params: {} } });
  await assert.rejects(answer('application/x-thrift'), {
    code: 'bad_data',
    message: /^1 spans were refused, 1 are stored; invalid_trace_id \(1\)/,
  });
  await assert.rejects(answer('application/json'), { code: 'unsupported_media' });
});
