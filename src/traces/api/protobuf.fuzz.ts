// Decoders of gRPC requests: any bytes end in a message or in `bad_data`, and what is encoded comes back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ProtobufWriter } from '../../base/protobuf-writer.ts';
import { RequestError } from '../../base/request-error.ts';
import { decodeMetricsRequest, decodeSearchRequest, decodeTagsRequest, decodeTagValuesRequest } from './protobuf.ts';

const DECODERS = [decodeSearchRequest, decodeTagsRequest, decodeTagValuesRequest, decodeMetricsRequest];

/** Fields of any numbers and wire types, some of them cut short. */
const almost = fc
  .array(
    fc.tuple(
      fc.integer({ min: 1, max: 20 }),
      fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.string(), fc.uint8Array({ maxLength: 20 })),
    ),
  )
  .chain((fields) => {
    const out = new ProtobufWriter();
    for (const [field, value] of fields) {
      if (typeof value === 'bigint') out.varint(field, value);
      else if (typeof value === 'string') out.text(field, value);
      else out.blob(field, value);
    }
    const bytes = out.bytes();
    return fc.nat(bytes.length).map((cut) => (cut % 3 === 0 ? bytes.subarray(0, cut) : bytes));
  });

test('any bytes are a request or refused', () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), almost), (bytes) => {
      for (const decode of DECODERS) {
        try {
          decode(bytes);
        } catch (error) {
          assert.ok(error instanceof RequestError && error.code === 'bad_data', String(error));
        }
      }
    }),
    { seed: 7, numRuns: 2000 },
  );
});

test('a search comes back as it was asked', () => {
  const text = fc.string({ unit: 'binary' });
  const number = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  fc.assert(
    fc.property(fc.dictionary(text, text), text, fc.tuple(number, number, number, number, number, number), (tags, query, numbers) => {
      const out = new ProtobufWriter();
      for (const [key, value] of Object.entries(tags)) out.message(1, (entry) => entry.text(1, key).text(2, value));
      [2, 3, 4, 5, 6, 9].forEach((field, i) => out.varint(field, numbers[i] ?? 0));
      const [minDurationMs, maxDurationMs, limit, start, end, spansPerSpanset] = numbers;
      const expected = {
        tags: new Map(Object.entries(tags)),
        minDurationMs,
        maxDurationMs,
        limit,
        start: BigInt(start),
        end: BigInt(end),
        query,
        spansPerSpanset,
      };
      assert.deepEqual(decodeSearchRequest(out.text(8, query).bytes()), expected);
    }),
    { seed: 7, numRuns: 500 },
  );
});
