// A trace as Tempo's clients read it: JSON of both versions, protobuf of both versions, and a large one in pieces.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProtobufReader } from '../../base/protobuf.ts';
import { traceJson, type TraceForm } from './otlp-trace-json.ts';
import { traceProtobuf } from './otlp-trace-protobuf.ts';
import type { StoredTrace } from '../stored-trace.ts';
import type { Span, SpanSource } from '../write.ts';

const SOURCE: SpanSource = {
  resource: [{ key: 'service.name', value: 'shop' }],
  resourceSchemaUrl: 'https://r',
  scopeName: 'lib',
  scopeVersion: '1',
  scopeAttributes: [{ key: 'a', value: true }],
  scopeSchemaUrl: 'https://s',
};
const PLAIN: SpanSource = { ...SOURCE, scopeName: '', scopeVersion: '', scopeAttributes: [], scopeSchemaUrl: '' };
const SPAN: Span = {
  traceId: new Uint8Array(16).fill(10),
  spanId: new Uint8Array(8).fill(11),
  parentId: new Uint8Array(0),
  traceState: '',
  flags: 0,
  name: '',
  kind: 0,
  startNs: 1n,
  endNs: 2n,
  attributes: [],
  droppedAttributes: 0,
  events: [],
  droppedEvents: 0,
  links: [],
  droppedLinks: 0,
  status: 0,
  statusMessage: '',
};
const FULL: Span = {
  ...SPAN,
  parentId: new Uint8Array(8).fill(12),
  traceState: 'x=y',
  flags: 257,
  name: 'GET "/"',
  kind: 2,
  startNs: 1_700_000_000_123_456_789n,
  endNs: 1_700_000_001_000_000_000n,
  attributes: [
    { key: 's', value: 'ü' },
    { key: 'i', value: -(2n ** 63n) },
    { key: 'd', value: 1.5 },
    { key: 'inf', value: -Infinity },
    { key: 'b', value: false },
    { key: 'n', value: null },
    { key: 'x', value: Uint8Array.of(1, 2) },
    { key: 'l', value: [1n, 'a'] },
    { key: 'm', value: new Map([['k', 'v']]) },
  ],
  droppedAttributes: 1,
  events: [{ timeNs: 5n, name: 'e', attributes: [{ key: 'k', value: 'v' }], droppedAttributes: 2 }],
  droppedEvents: 3,
  links: [{ traceId: new Uint8Array(16), spanId: new Uint8Array(8), traceState: 't', attributes: [], droppedAttributes: 4, flags: 5 }],
  droppedLinks: 6,
  status: 2,
  statusMessage: 'no',
};
const TRACE_ID = 'CgoKCgoKCgoKCgoKCgoKCg==';
const SPAN_ID = 'CwsLCwsLCws=';
const plain = { traceId: TRACE_ID, spanId: SPAN_ID, startTimeUnixNano: '1', endTimeUnixNano: '2', status: {} };
const full = {
  traceId: TRACE_ID,
  spanId: SPAN_ID,
  traceState: 'x=y',
  parentSpanId: 'DAwMDAwMDAw=',
  flags: 257,
  name: 'GET "/"',
  kind: 'SPAN_KIND_SERVER',
  startTimeUnixNano: '1700000000123456789',
  endTimeUnixNano: '1700000001000000000',
  attributes: [
    { key: 's', value: { stringValue: 'ü' } },
    { key: 'i', value: { intValue: '-9223372036854775808' } },
    { key: 'd', value: { doubleValue: 1.5 } },
    { key: 'inf', value: { doubleValue: '-Infinity' } },
    { key: 'b', value: { boolValue: false } },
    { key: 'n', value: {} },
    { key: 'x', value: { bytesValue: 'AQI=' } },
    { key: 'l', value: { arrayValue: { values: [{ intValue: '1' }, { stringValue: 'a' }] } } },
    { key: 'm', value: { kvlistValue: { values: [{ key: 'k', value: { stringValue: 'v' } }] } } },
  ],
  droppedAttributesCount: 1,
  events: [{ timeUnixNano: '5', name: 'e', attributes: [{ key: 'k', value: { stringValue: 'v' } }], droppedAttributesCount: 2 }],
  droppedEventsCount: 3,
  links: [{ traceId: 'AAAAAAAAAAAAAAAAAAAAAA==', spanId: 'AAAAAAAAAAA=', traceState: 't', droppedAttributesCount: 4, flags: 5 }],
  droppedLinksCount: 6,
  status: { code: 'STATUS_CODE_ERROR', message: 'no' },
};
const batches = [
  {
    resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
    scopeSpans: [
      {
        scope: { name: 'lib', version: '1', attributes: [{ key: 'a', value: { boolValue: true } }] },
        spans: [full],
        schemaUrl: 'https://s',
      },
      { scope: {}, spans: [plain, plain] },
    ],
    schemaUrl: 'https://r',
  },
];
const TRACE: StoredTrace = {
  traceId: '0a'.repeat(16),
  groups: [
    { source: SOURCE, spans: [FULL] },
    { source: { ...PLAIN, resource: [{ key: 'service.name', value: 'shop' }] }, spans: [SPAN, SPAN] },
  ],
  partial: undefined,
};

async function json(trace: StoredTrace, form: TraceForm): Promise<unknown> {
  return JSON.parse((await Array.fromAsync(traceJson(trace, form))).join(''));
}

test('JSON: what stands at its default is left out, scopes stand under their resource', async () => {
  assert.deepEqual(await json(TRACE, 'v1'), { batches });
  assert.deepEqual(await json(TRACE, 'v2'), { trace: { resourceSpans: batches }, metrics: {} });
  const partial = { ...TRACE, partial: 'too many' };
  assert.deepEqual(await json(partial, 'v2'), { trace: { resourceSpans: batches }, metrics: {}, status: 'PARTIAL', message: 'too many' });
  const other = await json({ ...TRACE, groups: [{ source: { ...PLAIN, resource: [], resourceSchemaUrl: '' }, spans: [] }] }, 'v1');
  assert.deepEqual(other, { batches: [{ resource: {}, scopeSpans: [{ scope: {}, spans: [] }] }] });
});

test('protobuf: the second version holds the first, and says what is missing', async () => {
  const v1 = Buffer.concat(await Array.fromAsync(traceProtobuf(TRACE, 'v1')));
  const v2 = Buffer.concat(await Array.fromAsync(traceProtobuf({ ...TRACE, partial: 'too many' }, 'v2')));
  const r = new ProtobufReader(v2);
  const fields: unknown[] = [];
  while (r.next()) fields.push([r.field, r.field === 3 ? r.uint() : Buffer.from(r.slice()).toString('hex')]);
  assert.deepEqual(fields, [
    [1, v1.toString('hex')],
    [2, ''],
    [3, 1],
    [4, Buffer.from('too many').toString('hex')],
  ]);
});

test('a large trace comes in pieces', async () => {
  const spans = Array.from({ length: 2000 }, () => FULL);
  const large: StoredTrace = { ...TRACE, groups: [{ source: SOURCE, spans }] };
  const pieces = await Array.fromAsync(traceJson(large, 'v1'));
  assert.ok(pieces.length > 10 && pieces.every((piece) => piece.length < 100_000));
  const read: unknown = JSON.parse(pieces.join(''));
  assert.deepEqual(read, { batches: [{ ...batches[0], scopeSpans: [{ ...batches[0]?.scopeSpans[0], spans: spans.map(() => full) }] }] });
  for (const form of ['v1', 'v2'] as const) {
    const bytes = await Array.fromAsync(traceProtobuf(large, form));
    assert.ok(bytes.length > 10 && bytes.every((piece) => piece.length < 100_000));
    const r = new ProtobufReader(Buffer.concat(bytes));
    // Down to the list of spans: the trace where it has an envelope, the resource, the scope.
    for (const fields of form === 'v1' ? [[1], [2]] : [[1], [1], [2]]) {
      while (r.next() && !fields.includes(r.field)) r.skip();
      r.enter();
    }
    let count = 0;
    while (r.next()) {
      if (r.field === 2) count++;
      r.skip();
    }
    assert.equal(count, 2000);
  }
});
