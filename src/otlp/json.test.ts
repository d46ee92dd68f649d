// OTLP/JSON and protobuf give one shape: values, times, ids; and what is malformed is refused by name.

import assert from 'node:assert/strict';
import test from 'node:test';
import { ProtobufReader } from '../base/protobuf.ts';
import { RequestError } from '../base/request-error.ts';
import { valueText } from './any-value.ts';
import type { AnyValue } from './any-value.ts';
import { anyValue, attributesField, enumField, idField, parseOtlpJson, resourceField, timestampField, uintField } from './json.ts';
import { readAnyValue, readId, readTimestamp } from './protobuf.ts';
import { ProtobufWriter } from '../base/protobuf-writer.ts';
import { compareTime } from './timestamp.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const parse = (text: string) => parseOtlpJson(bytes(text));

/** The `AnyValue` in field 1 of a message. */
function fromProtobuf(write: (value: ProtobufWriter) => void): AnyValue {
  const reader = new ProtobufReader(new Uint8Array(new ProtobufWriter().message(1, write).bytes()));
  reader.next();
  return readAnyValue(reader);
}

const VALUES: readonly (readonly [json: string, write: (value: ProtobufWriter) => void, value: AnyValue, text: string])[] = [
  ['{"stringValue":"grün"}', (v) => v.text(1, 'grün'), 'grün', 'grün'],
  ['{"string_value":""}', (v) => v.text(1, ''), '', ''],
  ['{"boolValue":true}', (v) => v.varint(2, 1), true, 'true'],
  ['{"boolValue":false}', (v) => v.varint(2, 0), false, 'false'],
  ['{"intValue":"-7"}', (v) => v.varint(3, -7), -7n, '-7'],
  ['{"intValue":42}', (v) => v.varint(3, 42), 42n, '42'],
  // Beyond what a double holds, as text and as a bare number.
  ['{"intValue":"9223372036854775807"}', (v) => v.varint(3, 2n ** 63n - 1n), 9223372036854775807n, '9223372036854775807'],
  ['{"intValue":-9223372036854775808}', (v) => v.varint(3, -(2n ** 63n)), -9223372036854775808n, '-9223372036854775808'],
  ['{"doubleValue":1.5}', (v) => v.double(4, 1.5), 1.5, '1.5'],
  ['{"doubleValue":"NaN"}', (v) => v.double(4, NaN), NaN, 'NaN'],
  ['{"doubleValue":"-Infinity"}', (v) => v.double(4, -Infinity), -Infinity, '-Inf'],
  ['{"doubleValue":1e21}', (v) => v.double(4, 1e21), 1e21, '1e+21'],
  ['{"bytesValue":"+/8="}', (v) => v.blob(7, Uint8Array.of(0xfb, 0xff)), Uint8Array.of(0xfb, 0xff), '+/8='],
  ['{"bytesValue":"-_8"}', (v) => v.blob(7, Uint8Array.of(0xfb, 0xff)), Uint8Array.of(0xfb, 0xff), '+/8='],
  [
    '{"arrayValue":{"values":[{"stringValue":"a<b"},{"intValue":1},{}]}}',
    (v) =>
      v.message(5, (a) =>
        a
          .message(1, (x) => x.text(1, 'a<b'))
          .message(1, (x) => x.varint(3, 1))
          .message(1, () => undefined),
      ),
    ['a<b', 1n, null],
    '["a\\u003cb",1,null]',
  ],
  [
    '{"kvlistValue":{"values":[{"key":"z","value":{"doubleValue":0.5}},{"key":"a","value":{"arrayValue":{}}}]}}',
    (v) =>
      v.message(6, (m) =>
        m
          .message(1, (e) => e.text(1, 'z').message(2, (x) => x.double(4, 0.5)))
          .message(1, (e) => e.text(1, 'a').message(2, (x) => x.message(5, () => undefined))),
      ),
    new Map<string, AnyValue>([
      ['z', 0.5],
      ['a', []],
    ]),
    '{"a":[],"z":0.5}',
  ],
  ['{}', () => undefined, null, ''],
  ['{"stringValue":null,"unknownField":[1,{"x":2}]}', (v) => v.text(99, 'later'), null, ''],
];

test('a value is the same from either encoding, and has one text', () => {
  for (const [json, write, value, text] of VALUES) {
    assert.deepEqual(anyValue(parse(json)), value, json);
    assert.deepEqual(fromProtobuf(write), value, `${json} in protobuf`);
    assert.equal(valueText(value), text, json);
  }
});

test('times keep their nanoseconds', () => {
  for (const digits of ['0', '1', '999999', '1000000', '1700000000000999999', '1700000000000000001', '18446744073709551615']) {
    const json = timestampField(parse(`{"timeUnixNano":"${digits}"}`), 'timeUnixNano');
    const reader = new ProtobufReader(new ProtobufWriter().fixed64(1, BigInt(digits)).bytes());
    reader.next();
    const time = readTimestamp(reader);
    assert.deepEqual(json, time, digits);
    assert.equal(BigInt(time.ms) * 1_000_000n + BigInt(time.nanos), BigInt(digits));
  }
  // A bare number of that size is read by its digits.
  assert.deepEqual(timestampField(parse('{"t":1700000000000999999}'), 't'), { ms: 1700000000000, nanos: 999999 });
  assert.ok(compareTime({ ms: 1, nanos: 2 }, { ms: 1, nanos: 3 }) < 0);
});

test('ids are lower-case hex, and absent when all zero', () => {
  const id = (json: string) => idField(parse(json), 'traceId', 2);
  assert.equal(id('{"traceId":"ABcd"}'), 'abcd');
  assert.equal(id('{"trace_id":"0000"}'), '');
  assert.equal(id('{}'), '');
  for (const hex of ['abcd', '0000']) {
    const reader = new ProtobufReader(new ProtobufWriter().blob(1, Buffer.from(hex, 'hex')).bytes());
    reader.next();
    assert.equal(readId(reader), hex === '0000' ? '' : hex);
  }
});

test('names are taken in both forms, enums as names or numbers, unknown fields ignored', () => {
  const names = { RED: 1 };
  assert.equal(enumField(parse('{"theColor":"RED"}'), 'theColor', names), 1);
  assert.equal(enumField(parse('{"the_color":7}'), 'theColor', names), 7);
  assert.equal(enumField(parse('{"theColor":"2"}'), 'theColor', names), 2);
  assert.equal(uintField(parse('{"bucket_count":"18446744073709551615"}'), 'bucketCount'), 2 ** 64);
  assert.deepEqual(resourceField(parse('{"resource":{"attributes":[{"key":"a","value":{"intValue":1}},{"key":"b"}]},"x":1}')), {
    attributes: [
      { key: 'a', value: 1n },
      { key: 'b', value: null },
    ],
  });
});

test('what is malformed is refused, and named', () => {
  const refuses = (run: () => unknown, message: RegExp): void => {
    assert.throws(run, (error) => error instanceof RequestError && error.code === 'bad_data' && message.test(error.message));
  };
  refuses(() => parse('{'), /malformed OTLP\/JSON: .*position 1/); // cut off
  refuses(() => parse('[]'), /body: expected an object/);
  refuses(() => parseOtlpJson(Uint8Array.of(0x22, 0xff, 0x22)), /malformed/); // not UTF-8
  refuses(() => attributesField(parse('{"attributes":{}}')), /attributes: expected an array/);
  refuses(() => attributesField(parse('{"attributes":[1]}')), /attributes: expected an object, got 1/);
  refuses(() => attributesField(parse('{"attributes":[{"key":1}]}')), /key: expected a string/);
  refuses(() => anyValue(parse('{"stringValue":"\\ud800"}')), /stringValue: expected a string of whole/); // half a surrogate pair
  refuses(() => anyValue(parse('{"intValue":1.5}')), /intValue: expected a 64-bit/);
  refuses(() => anyValue(parse('{"intValue":"9223372036854775808"}')), /64-bit/); // one too large
  refuses(() => anyValue(parse('{"doubleValue":"zwei"}')), /doubleValue: expected a number/);
  refuses(() => anyValue(parse('{"bytesValue":"a b"}')), /base64/);
  refuses(() => uintField(parse('{"count":-1}'), 'count'), /count: expected an unsigned/);
  refuses(() => timestampField(parse('{"t":"-5"}'), 't'), /t: expected nanoseconds/);
  refuses(() => idField(parse('{"traceId":"abc"}'), 'traceId', 2), /4 hexadecimal digits/);
  const deep = '{"arrayValue":{"values":['.repeat(200) + '{}' + ']}}'.repeat(200);
  refuses(() => anyValue(parse(deep)), /at most 100 nested/);
});
