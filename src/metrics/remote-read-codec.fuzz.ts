// Whatever the bytes of a remote read: queries or `bad_data`; and what is encoded reads back.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { ProtobufReader } from '../base/protobuf.ts';
import { ProtobufWriter } from '../base/protobuf-writer.ts';
import { RequestError } from '../base/request-error.ts';
import { decodeReadRequest, encodeReadResponse, encodeTimeSeries } from './remote-read-codec.ts';
import { wordsOf } from './value.ts';

const SEED = 20_260_102;

function decodes(bytes: Uint8Array): void {
  try {
    decodeReadRequest(bytes);
  } catch (error) {
    assert.ok(error instanceof RequestError && error.code === 'bad_data', String(error));
  }
}

function request(ops: readonly number[]): Uint8Array {
  const out = new ProtobufWriter();
  out.message(1, (query) => {
    query.varint(1, -5);
    query.varint(2, 1_700_000_000_000);
    for (const op of ops) {
      query.message(3, (matcher) => {
        matcher.varint(1, op);
        matcher.text(2, 'job');
        matcher.text(3, 'a|b');
      });
    }
  });
  out.varint(2, 0);
  out.varint(2, 1);
  return out.bytes();
}

test('a request reads back', () => {
  assert.deepEqual(decodeReadRequest(request([0, 3])), {
    queries: [
      {
        fromMs: -5,
        toMs: 1_700_000_000_000,
        matchers: [
          { name: 'job', op: '=', value: 'a|b' },
          { name: 'job', op: '!~', value: 'a|b' },
        ],
      },
    ],
    accepts: ['samples', 'chunks'],
  });
  assert.throws(() => decodeReadRequest(request([4])), { code: 'bad_data' });
});

test('any bytes, and any damage to a request', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), decodes), { numRuns: 3000, seed: SEED });
  const whole = request([0, 1, 2, 3]);
  const damage = fc.tuple(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length));
  fc.assert(
    fc.property(damage, ([at, byte, length]) => {
      const bytes = whole.slice(0, length);
      if (at < bytes.length) bytes[at] = byte;
      decodes(bytes);
    }),
    { numRuns: 3000, seed: SEED },
  );
});

test('samples keep the bits of their values', () => {
  const bits = [0x7ff0000000000002n, 0x7ff8000000000001n, 0x8000000000000000n, 0x3ff0000000000000n];
  const values = new Float64Array(new BigUint64Array(bits).buffer);
  const times = Float64Array.from([-1, 0, 2 ** 40, 2 ** 52]);
  const response = encodeReadResponse([
    [encodeTimeSeries(['a', 'b'], { times, values, words: wordsOf(values), length: 4, mayBeStale: true }, [])],
  ]);
  const reader = new ProtobufReader(response);
  const read: [bigint, number][] = [];
  reader.next();
  reader.enter();
  reader.next();
  reader.enter();
  while (reader.next()) {
    if (reader.field !== 2) {
      reader.skip();
      continue;
    }
    const outer = reader.enter();
    reader.next();
    reader.fixed64();
    const value = (BigInt(reader.high) << 32n) | BigInt(reader.low);
    reader.next();
    read.push([value, reader.int()]);
    reader.leave(outer);
  }
  assert.deepEqual(
    read,
    bits.map((value, i) => [value, times[i]]),
  );
});
