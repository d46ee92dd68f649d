// Attribute lists by their bytes: the same bytes are the same object, whatever else the message holds.

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import test from 'node:test';
import { ProtobufReader } from '../base/protobuf.ts';
import type { Attributes } from './any-value.ts';
import { AttributeMemory } from './attribute-memory.ts';
import { ProtobufWriter } from '../base/protobuf-writer.ts';

const entry = (key: string, value: string) => (kv: ProtobufWriter) => kv.text(1, key).message(2, (v) => v.text(1, value));

/** The lists of a message's runs of field 7. */
function lists(memory: AttributeMemory, message: Uint8Array): Attributes[] {
  const reader = new ProtobufReader(message);
  const found: Attributes[] = [];
  while (reader.next()) {
    if (reader.field === 7) found.push(memory.read(reader, Buffer.from(message)));
    else reader.skip();
  }
  return found;
}

test('equal runs are one object', () => {
  const memory = new AttributeMemory();
  const message = new ProtobufWriter()
    .message(7, entry('a', '1'))
    .message(7, entry('b', 'ü'))
    .varint(8, 1)
    .message(7, entry('a', '1'))
    .message(7, entry('b', 'ü'))
    .varint(8, 1)
    .message(7, entry('a', '2'))
    .bytes();
  const [first, second, third] = lists(memory, message);
  assert.deepEqual(first, [
    { key: 'a', value: '1' },
    { key: 'b', value: 'ü' },
  ]);
  assert.equal(second, first);
  assert.deepEqual(third, [{ key: 'a', value: '2' }]);
  assert.equal(lists(memory, message)[0], first); // with the next request too
});

test('long lists and long tags are read all the same', () => {
  const memory = new AttributeMemory();
  const long = 'x'.repeat(5000);
  const message = new ProtobufWriter().message(7, entry('a', long)).bytes();
  assert.deepEqual(lists(memory, message), [[{ key: 'a', value: long }]]);
  // 0x3a written in two bytes.
  const content = new ProtobufWriter().message(7, entry('a', '1')).bytes();
  assert.deepEqual(lists(memory, Uint8Array.of(0xba, 0x00, ...content.slice(1))), [[{ key: 'a', value: '1' }]]);
});

test('what is cut off is refused', () => {
  const message = new ProtobufWriter().message(7, entry('a', '1')).bytes();
  for (let end = 1; end < message.length; end++) {
    assert.throws(() => lists(new AttributeMemory(), message.slice(0, end)), /malformed protobuf at byte/);
  }
});
