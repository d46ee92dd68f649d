// Readers of Zipkin's and Jaeger's spans under bytes and documents of every kind: what comes is spans, or an error that is the caller's.

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import test from 'node:test';
import fc from 'fast-check';
import { RequestError } from '../../base/request-error.ts';
import { readJaegerProtobuf } from './jaeger-protobuf.ts';
import { JaegerTranslation } from './jaeger-span.ts';
import { readJaegerThrift } from './jaeger-thrift.ts';
import { RecordingSpanWrite } from './recording-span-write.ts';
import { ThriftWriter } from './test-thrift-writer.ts';
import { BinaryThriftReader, CompactThriftReader } from './thrift-reader.ts';
import { readZipkinJson } from './zipkin-json.ts';
import { readZipkinProtobuf } from './zipkin-protobuf.ts';
import { ZipkinTranslation } from './zipkin-span.ts';
import { readZipkinThrift } from './zipkin-thrift.ts';
import { readZipkinV1Json } from './zipkin-v1-json.ts';

const SEED = 20_260_101;
const run = { seed: SEED, numRuns: 2000 };

type Read = (body: Uint8Array, write: RecordingSpanWrite) => void;

const READERS: Readonly<Record<string, Read>> = {
  'Jaeger binary': (body, write) => readJaegerThrift(body, new JaegerTranslation(write), 'binary'),
  'Jaeger compact': (body, write) => readJaegerThrift(body, new JaegerTranslation(write), 'compact'),
  'Jaeger protobuf': (body, write) => readJaegerProtobuf(body, new JaegerTranslation(write)),
  'Zipkin JSON': (body, write) => readZipkinJson(body, new ZipkinTranslation(write, 1n)),
  'Zipkin protobuf': (body, write) => readZipkinProtobuf(body, new ZipkinTranslation(write, 1n)),
  'Zipkin 1 JSON': (body, write) => readZipkinV1Json(body, new ZipkinTranslation(write, 1n)),
  'Zipkin 1 Thrift': (body, write) => readZipkinThrift(body, new ZipkinTranslation(write, 1n)),
};

/** Spans and refusals of a body, or the caller's error. No body gives more spans than it has bytes. */
function check(read: Read, body: Uint8Array): void {
  const write = new RecordingSpanWrite();
  try {
    read(body, write);
  } catch (error) {
    assert.ok(error instanceof RequestError, String(error));
    assert.equal(error.code, 'bad_data');
  }
  assert.ok(write.spans.length + write.refusals.length <= body.length * 2);
  for (const { span } of write.spans)
    assert.deepEqual([span.traceId.length, span.spanId.length, span.endNs >= span.startNs], [16, 8, true]);
}

test('any bytes', () => {
  for (const read of Object.values(READERS)) {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (body) => check(read, body)),
      run,
    );
  }
});

function batch(protocol: 'binary' | 'compact'): Uint8Array {
  const w = new ThriftWriter(protocol).struct(1, (process) => process.text(1, 'shop').stop());
  w.list(2, 2, (span, i) => {
    span
      .i64(1, 9n)
      .i64(2, 0n)
      .i64(3, BigInt(i + 1))
      .i64(4, 4n)
      .text(5, 'get')
      .i32(7, 1)
      .i64(8, 1_700_000_000_000_000n)
      .i64(9, 5n);
    span.list(10, 1, (tag) => tag.text(1, 'k').i32(2, 0).text(3, 'v').stop()).stop();
  });
  return w.stop().bytes();
}

test('bodies with a few bytes that are others', () => {
  const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 });
  for (const protocol of ['binary', 'compact'] as const) {
    const whole = batch(protocol);
    const read: Read = (body, write) => readJaegerThrift(body, new JaegerTranslation(write), protocol);
    fc.assert(
      fc.property(changes, fc.nat(whole.length), (changed, length) => {
        const body = whole.slice(0, Math.max(whole.length - (length % 8), 1));
        for (const [at, byte] of changed) body[at % body.length] = byte;
        check(read, body);
      }),
      run,
    );
  }
});

test('JSON of every form', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.constantFrom('cs', 'sr', 'lc', 'sa', 'a|{}|1', '00000000000000a1', 'CLIENT'),
  );
  const value = fc.oneof(text, fc.integer(), fc.double(), fc.boolean(), fc.constant(null));
  const endpoint = fc.record({ serviceName: text, ipv4: text, port: fc.nat(65535) }, { requiredKeys: [] });
  const annotation = fc.record({ timestamp: fc.nat(), value: text, key: text, endpoint }, { requiredKeys: [] });
  const span = fc.record(
    {
      traceId: fc.oneof(fc.constant('a1'), text),
      id: fc.oneof(fc.constant('b2'), text),
      parentId: text,
      name: text,
      kind: fc.constantFrom('CLIENT', 'SERVER', ''),
      timestamp: fc.oneof(fc.nat(), value),
      duration: fc.oneof(fc.nat(), value),
      localEndpoint: endpoint,
      remoteEndpoint: endpoint,
      annotations: fc.array(annotation, { maxLength: 3 }),
      binaryAnnotations: fc.array(annotation, { maxLength: 3 }),
      tags: fc.dictionary(text, text, { maxKeys: 3 }),
    },
    { requiredKeys: ['traceId', 'id'] },
  );
  for (const name of ['Zipkin JSON', 'Zipkin 1 JSON']) {
    const read = READERS[name];
    assert.ok(read);
    fc.assert(
      fc.property(fc.array(span, { maxLength: 3 }), (spans) => check(read, Buffer.from(JSON.stringify(spans)))),
      { ...run, numRuns: 400 },
    );
  }
});

test('passing over a value ends where reading it ends', () => {
  const values = fc.array(fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.string(), fc.boolean(), fc.double()), {
    maxLength: 20,
  });
  for (const protocol of ['binary', 'compact'] as const) {
    fc.assert(
      fc.property(values, (list) => {
        const w = new ThriftWriter(protocol).list(3, 1, (inner) => {
          list.forEach((value, i) => {
            if (typeof value === 'bigint') inner.i64(i * 20 + 1, value);
            else if (typeof value === 'string') inner.text(i * 20 + 1, value);
            else if (typeof value === 'boolean') inner.bool(i * 20 + 1, value);
            else inner.double(i * 20 + 1, value);
          });
          inner.stop();
        });
        const body = w.stop().bytes();
        const r = protocol === 'binary' ? new BinaryThriftReader(body) : new CompactThriftReader(body);
        r.struct(() => r.skip());
        assert.equal(r.pos, body.length);
      }),
      { ...run, numRuns: 500 },
    );
  }
});
