// Fuzz: a push body, whole, damaged or random, ends in lines or in `bad_data`; JSON that is right is read as `JSON.parse` reads it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ProtobufWriter } from '../../base/protobuf-writer.ts';
import { RequestError } from '../../base/request-error.ts';
import { labelsOfRecord, printLabels } from '../../query/labels.ts';
import { readLegacyPushJson, readPushJson } from './loki-json.ts';
import { readPushProtobuf } from './push-protobuf-reference.ts';
import { RecordingLogWrite } from './recording-write.ts';
import { metadataFor, metadataSet, parseStreamLabels } from './stream-labels.ts';

const readers = [readPushJson, readLegacyPushJson, readPushProtobuf];

function written(body: Uint8Array, read: (typeof readers)[number]): readonly string[] {
  const write = new RecordingLogWrite();
  try {
    read(body, write);
  } catch (error) {
    assert.ok(error instanceof RequestError && error.code === 'bad_data', String(error));
    return [error.code];
  }
  return write.lines;
}

const text = fc.string({ maxLength: 12, unit: 'grapheme' });
const name = fc.constantFrom('app', 'host', 'a_b', '_x');
const time = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String);
const labels = fc.dictionary(name, text, { maxKeys: 3, noNullPrototype: true });
const entry = fc.oneof(fc.tuple(time, text), fc.tuple(time, text, labels));
const stream = fc.record({ stream: labels, values: fc.array(entry, { maxLength: 4 }) });
const pushed = fc.record({ streams: fc.array(stream, { maxLength: 3 }) });

test('JSON that is right', () => {
  fc.assert(
    fc.property(pushed, fc.boolean(), (body, reversed) => {
      const write = new RecordingLogWrite();
      const streams = body.streams.map(({ stream: own, values }) => (reversed ? { values, stream: own } : { stream: own, values }));
      for (const { stream: own, values } of body.streams)
        for (const [ts, line, metadata = {}] of values)
          write.entry(labelsOfRecord(own), { tsNs: BigInt(ts), line, metadata: metadataFor(write, Object.entries(metadata)) ?? [] });
      assert.deepEqual(written(Buffer.from(JSON.stringify({ streams })), readPushJson), write.lines);
    }),
    { seed: 5, numRuns: 1500 },
  );
});

test('damaged JSON', () => {
  const damaged = fc
    .tuple(pushed, fc.nat(), fc.constantFrom('{', '}', '[', ']', '"', ',', ':', '\\', ' ', 'n', 'u', '0'))
    .map(([body, at, char]) => {
      const json = JSON.stringify(body);
      const place = at % json.length;
      return json.slice(0, place) + char + json.slice(place + (at % 3));
    });
  fc.assert(
    fc.property(fc.oneof(damaged, fc.json(), text), (body) => {
      for (const read of readers) written(Buffer.from(body), read);
    }),
    { seed: 6, numRuns: 2500 },
  );
});

test('damaged protobuf', () => {
  const body = fc
    .array(
      fc.tuple(
        fc.oneof(
          text,
          labels.map((own) => printLabels(labelsOfRecord(own))),
        ),
        fc.nat(),
        text,
      ),
      { maxLength: 3 },
    )
    .map((streams) => {
      const writer = new ProtobufWriter();
      for (const [own, seconds, line] of streams)
        writer.message(1, (inner) => inner.text(1, own).message(2, (each) => each.message(1, (ts) => ts.varint(1, seconds)).text(2, line)));
      return writer.bytes();
    });
  fc.assert(
    fc.property(fc.oneof(body, fc.uint8Array({ maxLength: 60 })), fc.nat(), fc.nat(255), (bytes, at, byte) => {
      const damaged = Uint8Array.from(bytes);
      if (damaged.length > 0) damaged[at % damaged.length] = byte;
      written(damaged, readPushProtobuf);
    }),
    { seed: 7, numRuns: 2500 },
  );
});

test('label text is what it prints', () => {
  fc.assert(
    fc.property(labels, (record) => {
      const own = labelsOfRecord(record);
      assert.deepEqual(parseStreamLabels(printLabels(own)), own);
    }),
    { seed: 8, numRuns: 1000 },
  );
});

test('metadata is sorted by name, few entries as many', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text), { maxLength: 50 }), (pairs) => {
      const expected = [...new Map(pairs)].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))).flat();
      assert.deepEqual(metadataSet(pairs), expected);
    }),
    { seed: 9, numRuns: 500 },
  );
});
