// Push bodies, case by case, and the routes under the real server.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { compressSync } from 'snappy';
import { ProtobufWriter } from '../../base/protobuf-writer.ts';
import { RequestError } from '../../base/request-error.ts';
import { printLabels } from '../../query/labels.ts';
import { startTestServer } from '../../server/test-server.ts';
import { readLegacyPushJson, readPushJson } from './loki-json.ts';
import { readPushProtobuf } from './push-protobuf-reference.ts';
import { lokiPushRoutes } from './push-routes.ts';
import { RecordingLogWrite } from './recording-write.ts';
import { parseStreamLabels } from './stream-labels.ts';

function written(body: string, read = readPushJson): string {
  const write = new RecordingLogWrite();
  read(Buffer.from(body), write);
  return [...write.lines, ...write.refusals.map(({ reason }) => reason)].join('\n');
}

const JSON_BODIES: readonly (readonly [body: string, lines: string])[] = [
  ['{}', ''],
  ['{"streams":null}', ''],
  ['{"streams":[]}', ''],
  ['{"streams":[{"stream":{"a":"b"},"values":[["1","x"],["2","y"]]}]}', '{a="b"} 1 "x"\n{a="b"} 2 "y"'],
  // Times keep 64 bits.
  ['{"streams":[{"stream":{"a":"b"},"values":[["1700000000123456789",""]]}]}', '{a="b"} 1700000000123456789 ""'],
  ['{"streams":[{"stream":{"a":"b"},"values":[["-9223372036854775808","x"]]}]}', '{a="b"} -9223372036854775808 "x"'],
  // Structured metadata, with names that are no labels yet and values that may be empty; what stands behind it is passed over.
  ['{"streams":[{"stream":{"a":"b"},"values":[["1","x",{"trace.id":"7","e":""},5,[]]]}]}', '{a="b"} 1 "x" {e="", trace_id="7"}'],
  // Values before labels, fields that nobody knows, nulls.
  [' {"x":[{"y":[1e5,"]"]}],"Streams":[{"values":[["1","x"],null],"z":null,"stream":{"c":"d","a":""}}, null]} ', '{c="d"} 1 "x"'],
  ['{"streams":[{"stream":{"a":"b"},"values":null}]}', ''],
  // A stream without labels is for the store to refuse.
  ['{"streams":[{"values":[["1","x"]]}]}', '{} 1 "x"'],
  // Escapes, also halves of pairs.
  [
    '{"streams":[{"stream":{"a":"\\u00e9"},"values":[["1","a\\n\\"\\\\\\/\\ud83d\\ude00\\ud83d.\\u0041"]]}]}',
    '{a="é"} 1 "a\\n\\"\\\\/😀\ufffd.A"',
  ],
  // What cannot be a label refuses the lines, not the request.
  [
    '{"streams":[{"stream":{"a-b":"c"},"values":[["1","x"],["2","x"]]},{"stream":{"a":"b"},"values":[["1","x"]]}]}',
    '{a="b"} 1 "x"\ninvalid_labels\ninvalid_labels',
  ],
  ['{"streams":[{"stream":{"a":"b"},"values":[["1","x",{"":"c"}]]}]}', 'invalid_labels'],
];

test('JSON bodies', () => {
  for (const [body, lines] of JSON_BODIES) assert.equal(written(body), lines, body);
});

const value = (entry: string): string => `{"streams":[{"stream":{"a":"b"},"values":[${entry}]}]}`;

const JSON_REFUSED: readonly string[] = [
  '',
  '7',
  '[]',
  '{"streams":[',
  '{"streams":{}}',
  '{"streams":[]} x',
  '{"streams":[{"stream":{"a":5},"values":[]}]}',
  '{"streams":[{"stream":["a"],"values":[]}]}',
  value('["1",{"x":"y"}]'),
  value('[1,"x"]'),
  value('["1.5","x"]'),
  value('["9223372036854775808","x"]'),
  value('["","x"]'),
  value('[]'),
  value('{"ts":"1"}'),
  value('["1","x",["y"]]'),
  value('["1","x",{"y":1}]'),
  value('["1","x"'),
  value('["1","x\\q"]'),
  value('["1","\\ud8"]'),
  value('["1","x",{"y":"z"},tru]'),
  value('["1","a\tb"]'),
];

test('malformed JSON is refused with its place', () => {
  for (const body of JSON_REFUSED) assert.throws(() => written(body), /malformed (?:JSON: .|push request: .)/, body.slice(0, 90));
});

test('the older JSON body', () => {
  const body =
    '{"streams":[{"labels":"{a=\\"b\\"}","entries":[{"ts":"2026-01-01T00:00:00.123456789+01:00","line":"x"},{"line":"y","ts":"1970-01-01T00:00:00Z","structuredMetadata":[{"name":"c","value":"d"}]}]}]}';
  assert.equal(written(body, readLegacyPushJson), '{a="b"} 1767222000123456789 "x"\n{a="b"} 0 "y" {c="d"}');
  assert.throws(() => written('{"streams":[{"labels":"{a=\\"b\\"}","entries":[{"ts":"5","line":"x"}]}]}', readLegacyPushJson), /RFC 3339/);
  assert.throws(() => written('{"streams":[{"labels":"{a=\\"b","entries":[]}]}', readLegacyPushJson), /couldn't parse labels/);
});

test('the text of labels', () => {
  for (const [text, labels] of [
    ['{}', '{}'],
    [' { b = "2" , a="1", } ', '{a="1", b="2"}'],
    ['{a="x\\"\\u00e9\\n", b=`\\n`, c=\'d\', e=""}', '{a="x\\"é\\n", b="\\\\n", c="d"}'],
  ] as const)
    assert.equal(printLabels(parseStreamLabels(text)), labels);
  for (const text of [
    '',
    '{',
    'a="b"',
    '{a}',
    '{a=}',
    '{a=b}',
    '{a="b"',
    '{a="b" c="d"}',
    '{a-b="c"}',
    '{a="b"} x',
    '{a="b",a="c"}',
    '{1="a"}',
    '{a="\\q"}',
    '{,}',
  ])
    assert.throws(() => parseStreamLabels(text), RequestError, text);
});

/** A stream as protobuf, its labels in front or behind. */
function streamOf(
  labels: string,
  entries: readonly (readonly [seconds: bigint, nanos: number, line: string, metadata?: string])[],
  last = false,
): Buffer {
  const writer = new ProtobufWriter();
  if (!last) writer.text(1, labels);
  for (const [seconds, nanos, line, metadata] of entries) {
    writer.message(2, (entry) => {
      entry.message(1, (ts) => ts.varint(1, seconds).varint(2, nanos)).text(2, line);
      if (metadata !== undefined) entry.message(3, (pair) => pair.text(1, metadata).text(2, 'v'));
    });
  }
  if (last) writer.text(1, labels);
  return new ProtobufWriter().blob(1, writer.varint(3, 77).bytes()).bytes();
}

test('protobuf bodies', () => {
  const read = (body: Uint8Array): string => {
    const write = new RecordingLogWrite();
    readPushProtobuf(body, write);
    return [...write.lines, ...write.refusals.map(({ reason }) => reason)].join('\n');
  };
  assert.equal(
    read(
      streamOf('{a="b"}', [
        [1700000000n, 123456789, 'x', 'trace.id'],
        [-1n, 5, 'é'],
      ]),
    ),
    '{a="b"} 1700000000123456789 "x" {trace_id="v"}\n{a="b"} -999999995 "é"',
  );
  assert.equal(read(streamOf('{a="b"}', [[1n, 0, 'x']], true)), '{a="b"} 1000000000 "x"');
  assert.equal(read(streamOf('broken', [])), '');
  assert.equal(
    read(
      streamOf('{a="b"}', [
        [2n ** 62n, 0, 'x'],
        [1n, 0, 'y', ''],
      ]),
    ),
    'invalid_timestamp\ninvalid_labels',
  );
  assert.throws(() => read(streamOf('{a="b"', [[1n, 0, 'x']])), /couldn't parse labels/);
  assert.throws(() => read(streamOf('{a="b"}', [[1n, 0, 'x']]).subarray(0, 9)), /malformed protobuf/);
});

test('the routes: forms, codings and answers', async () => {
  const writes: RecordingLogWrite[] = [];
  let failure: Error | undefined;
  const open = (): RecordingLogWrite => {
    const write = new RecordingLogWrite();
    write.failure = failure;
    writes.push(write);
    return write;
  };
  await using server = await startTestServer({ routes: lokiPushRoutes({ open, readProtobuf: readPushProtobuf }) });
  const post = (path: string, body: Uint8Array, headers: Record<string, string>): Promise<Response> =>
    fetch(server.url + path, { method: 'POST', headers, body: new Uint8Array(body) });
  const push = '/loki/api/v1/push';
  const json = Buffer.from('{"streams":[{"stream":{"a":"b"},"values":[["1","x"]]}]}');
  const protobuf = streamOf('{a="b"}', [[0n, 1, 'x']]);
  const type = { 'content-type': 'application/json; charset=utf-8' };
  const accepted: readonly (readonly [body: Uint8Array, headers: Record<string, string>])[] = [
    [json, { 'content-type': 'application/json' }],
    [gzipSync(json), { ...type, 'content-encoding': 'gzip' }],
    [deflateSync(json), { ...type, 'content-encoding': 'deflate' }],
    [deflateRawSync(json), { ...type, 'content-encoding': 'deflate' }],
    [zstdCompressSync(json), { ...type, 'content-encoding': 'zstd' }],
    [compressSync(protobuf), { 'content-type': 'application/x-protobuf' }],
    [compressSync(protobuf), { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' }],
    [gzipSync(compressSync(protobuf)), { 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' }],
  ];
  for (const [body, headers] of accepted) {
    const response = await post(push, body, headers);
    assert.deepEqual(
      [response.status, await response.text(), writes.at(-1)?.lines, writes.at(-1)?.committed],
      [204, '', ['{a="b"} 1 "x"'], true],
    );
  }
  const refused: readonly (readonly [body: Uint8Array, headers: Record<string, string>, status: number])[] = [
    [json, { 'content-type': 'application/jsonn' }, 400],
    [json, { 'content-type': 'application/json; charsetutf-8' }, 400],
    [protobuf, { 'content-type': 'application/x-protobuf' }, 400],
    [Buffer.from(''), type, 400],
    [json, { ...type, 'content-encoding': 'br' }, 415],
    [Buffer.from('{"streams":[{"stream":{"a-b":"c"},"values":[["1","x"]]}]}'), type, 400],
  ];
  for (const [body, headers, status] of refused) assert.equal((await post(push, body, headers)).status, status, JSON.stringify(headers));
  const legacy = await post(
    '/api/prom/push',
    Buffer.from('{"streams":[{"labels":"{a=\\"b\\"}","entries":[{"ts":"1970-01-01T00:00:01Z","line":"x"}]}]}'),
    type,
  );
  assert.deepEqual([legacy.status, writes.at(-1)?.lines], [204, ['{a="b"} 1000000000 "x"']]);
  failure = new RequestError('rate_limited', 'slow down', { retryAfterS: 3 });
  const limited = await post(push, json, type);
  assert.deepEqual([limited.status, limited.headers.get('retry-after'), await limited.text()], [429, '3', 'slow down\n']);
});
